"""One call of `http.request`: sent, redirected where that is wanted, read, and answered within the time it has."""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import Any

import httpcore
import httpx

from kagzi_dsl.activities.builtin.http_answer import Answer, is_accepted, output_of
from kagzi_dsl.activities.builtin.http_call import Call, shown
from kagzi_dsl.activities.builtin.http_transport import GuardedPool
from kagzi_dsl.duration import format_duration
from kagzi_dsl.errors import ActivityError, Code, Outcome
from kagzi_dsl.payload import Json

_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_A_BODY = frozenset({"content-length", "content-type", "transfer-encoding"})
_KEPT_ELSEWHERE = _OF_A_BODY | {"accept", "accept-encoding", "accept-language", "user-agent"}
"""Headers that may follow a redirect to another origin; any other may be a credential."""
_ERROR_BYTES = 65_536
"""How much is read of the body of an error."""
_BROKEN = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpx.DecodingError,
)


class _Progress:
    """How far a call got: whether a server may have seen any of it."""

    began = False

    async def note(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's trace hook."""
        if event.endswith("send_request_headers.started"):
            self.began = True

    def outcome(self, call: Call) -> Outcome:
        """Whether the effect may have happened."""
        return "unknown" if self.began and not call.safe else "none"


async def exchange(pool: GuardedPool, call: Call) -> Json:
    """`{status, headers, body}` of the answer. Raises ActivityError for every way it can go wrong."""
    progress = _Progress()
    try:
        async with asyncio.timeout(call.timeout / 1_000):
            answer = await _answer(pool, call, progress)
    except TimeoutError as error:
        message = f"{shown(call.request)} had no answer within {format_duration(call.timeout)}"
        raise ActivityError(message, code=Code.TIMEOUT, type="HttpTimeout", outcome=progress.outcome(call)) from error
    except _BROKEN as error:
        raise _broken(error, call, progress) from error
    return output_of(answer, call.expect)


async def _answer(pool: GuardedPool, call: Call, progress: _Progress) -> Answer:
    request = call.request
    for _ in range(_MOST_REDIRECTS + 1):
        request.extensions["trace"] = progress.note
        response = await pool.send(request)
        try:
            following = _following(request, response) if call.follow_redirects else None
            if following is None:
                return await _read(response, request, call, pool.policy.max_bytes)
        finally:
            await response.aclose()
        request = following
    raise ActivityError(
        f"{shown(call.request)} was redirected more than {_MOST_REDIRECTS} times",
        code=Code.PRECONDITION_FAILED,
        type="TooManyRedirects",
        outcome=progress.outcome(call),
    )


def _following(request: httpx.Request, response: httpx.Response) -> httpx.Request | None:
    """The request a redirect asks for (RFC 9110 §15.4), None for a response that asks for none that can be made."""
    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or location is None:
        return None
    try:
        url = request.url.join(location)
    except httpx.InvalidURL:
        return None
    if url.scheme not in ("http", "https") or not url.host:
        return None
    method = _method_after(request.method, response.status_code)
    headers = request.headers.copy()
    dropped = {"host", "content-length"} | (_OF_A_BODY if method != request.method else set())
    if _origin(url) != _origin(request.url):
        dropped |= {name for name in headers if name not in _KEPT_ELSEWHERE}
    for name in dropped & set(headers):
        del headers[name]
    return httpx.Request(method, url, headers=headers, content=request.content if method == request.method else None)


def _method_after(method: str, status: int) -> str:
    """The method to follow with: what browsers do for POST, and what RFC 9110 §15.4.4 says of 303."""
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        return "GET"
    return method


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(response: httpx.Response, request: httpx.Request, call: Call, max_bytes: int) -> Answer:
    accepted = is_accepted(response.status_code, call.expect)
    limit = max_bytes if accepted else _ERROR_BYTES
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > limit:
            break
    if accepted and len(content) > limit:
        raise _too_large(request, limit, call)
    return Answer(
        request=shown(request),
        status=response.status_code,
        headers=response.headers.multi_items(),
        content=bytes(content[:limit]),
        charset=response.charset_encoding,
        safe=call.safe,
    )


def _too_large(request: httpx.Request, limit: int, call: Call) -> ActivityError:
    return ActivityError(
        f"{shown(request)} answered with more than {limit:,} bytes; fetch it in an activity of your own",
        code=Code.PAYLOAD_TOO_LARGE,
        outcome="none" if call.safe else "unknown",
    )


def _broken(error: Exception, call: Call, progress: _Progress) -> ActivityError:
    """The error for a connection that could not be made, or broke, or a request that could not be written."""
    where = shown(call.request)
    match error:
        case httpcore.LocalProtocolError() | httpcore.UnsupportedProtocol():
            return ActivityError(f"{where} cannot be sent: {error}", code=Code.INVALID_ARGUMENT, type="BadRequest")
        case httpcore.ConnectError() | httpcore.ConnectTimeout():
            message = f"{where} could not connect: {_reason(error)}"
            return ActivityError(message, code=Code.UNAVAILABLE, type="ConnectError", outcome=progress.outcome(call))
        case _:
            message = f"{where} broke off: {_reason(error)}"
            return ActivityError(message, code=Code.UNAVAILABLE, type="HttpBroken", outcome=progress.outcome(call))


def _reason(error: BaseException) -> str:
    """What the innermost cause says: the layers above it say only that something failed."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
