"""What `http.request` makes of a response: an output, or an error with a code."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias

from kagzi_dsl.errors import ActivityError, Code, Outcome, PayloadError
from kagzi_dsl.payload import Json, check, dumps, loads

Expect: TypeAlias = list[int | str] | int | str | None

_CODES = {
    401: Code.UNAUTHORIZED,
    403: Code.UNAUTHORIZED,
    404: Code.NOT_FOUND,
    407: Code.UNAUTHORIZED,
    408: Code.TIMEOUT,
    409: Code.CONFLICT,
    410: Code.NOT_FOUND,
    412: Code.PRECONDITION_FAILED,
    413: Code.PAYLOAD_TOO_LARGE,
    423: Code.CONFLICT,
    425: Code.UNAVAILABLE,
    428: Code.PRECONDITION_FAILED,
    429: Code.UNAVAILABLE,
    504: Code.TIMEOUT,
}
_SURELY_NOT_DONE = frozenset({425, 429})
_SNIPPET = 300
_DETAIL = 10_000
_LONG = re.compile(rb"[0-9]{19}")
"""So many digits may be too many for 64 bits."""
_RANGE = re.compile(r"([1-5])xx", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response read to its end. `safe`: its method changes nothing at the server (RFC 9110 §9.2.1)."""

    request: str
    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes
    charset: str | None
    safe: bool

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def checked_expect(expect: Expect) -> tuple[int | str, ...]:
    """The statuses to accept, as a tuple. Raises ActivityError for one that is neither a status nor a range."""
    wanted = expect if isinstance(expect, list) else [] if expect is None else [expect]
    for each in wanted:
        if not (100 <= each <= 599 if isinstance(each, int) else _RANGE.fullmatch(each)):
            raise ActivityError(
                f"expect takes statuses from 100 to 599 and ranges such as 2xx, not {each!r}",
                code=Code.INVALID_ARGUMENT,
            )
    return tuple(wanted)


def output_of(answer: Answer, expect: tuple[int | str, ...]) -> Json:
    """`{status, headers, body}` of an accepted response. Raises ActivityError for any other."""
    if not is_accepted(answer.status, expect):
        raise _error(answer, expect)
    body, encoding = _body(answer)
    output = {"status": answer.status, "headers": _joined(answer.headers), "body": body}
    return output if encoding is None else {**output, "encoding": encoding}


def is_accepted(status: int, expect: tuple[int | str, ...]) -> bool:
    """Whether a status is one to return, not to fail with."""
    if not expect:
        return status < 400
    return any(each == status if isinstance(each, int) else each[0] == str(status)[0] for each in expect)


def _error(answer: Answer, expect: tuple[int | str, ...]) -> ActivityError:
    status = answer.status
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    body = _body(answer)[0]
    text = body if isinstance(body, str) else "" if body is None else dumps(body)
    wanted = f", not {' or '.join(map(str, expect))}" if expect and status < 400 else ""
    snippet = f": {text[:_SNIPPET]}" if text else ""
    code = _code(status)
    return ActivityError(
        f"{answer.request} answered {status} {reason}".rstrip() + wanted + snippet,
        code=code,
        type=f"Http{status}",
        retry_after=retry_after(answer.header("retry-after"), time.time()),
        details={"status": status, "body": body if len(text) <= _DETAIL else text[:_DETAIL]},
        outcome=_outcome(answer, code),
    )


def _code(status: int) -> Code:
    if status in _CODES:
        return _CODES[status]
    if status < 400:
        return Code.PRECONDITION_FAILED
    return Code.INVALID_ARGUMENT if status < 500 else Code.UNAVAILABLE


def _outcome(answer: Answer, code: Code) -> Outcome:
    """Whether the effect may have happened: a server that fails, or answers in an unexpected way, may have done it."""
    if answer.safe or answer.status in _SURELY_NOT_DONE:
        return "none"
    return "unknown" if answer.status < 400 or code in (Code.UNAVAILABLE, Code.TIMEOUT) else "none"


def retry_after(value: str | None, now: float) -> float | None:
    """The seconds a Retry-After header asks for (RFC 9110 §10.2.3), None when there is none that makes sense."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _joined(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers by name in lower case; several of one name become a list with commas (RFC 9110 §5.3)."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _body(answer: Answer) -> tuple[Json, str | None]:
    """The body as JSON, text or, with its encoding named, base64; null when there is none."""
    if not answer.content:
        return None, None
    media = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        try:
            return _exactly(answer.content), None
        except PayloadError:
            pass  # it calls itself JSON and is none, or has numbers nobody could store: shown as the text it is
    text = _text(answer)
    if text is None:
        return base64.b64encode(answer.content).decode(), "base64"
    return text, None


def _exactly(content: bytes) -> Json:
    """The value of a JSON text. Raises PayloadError, for integers beyond 64 bits too, of which `loads` makes floats."""
    value = loads(content)
    if _LONG.search(content):
        try:
            check(json.loads(content))
        except ValueError:  # more digits than int() reads in linear time
            raise PayloadError("an integer does not fit in 64 bits") from None
    return value


def _text(answer: Answer) -> str | None:
    try:
        text = answer.content.decode(answer.charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return None
    return None if "\0" in text else text
