"""What `http.request` is asked to do, checked and made into a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from kagzi_dsl.activities.builtin.http_answer import Expect, checked_expect
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.errors import ActivityError, Code
from kagzi_dsl.payload import Json, dumps

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110 §9.2.1
_DEFAULT_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "kagzi-dsl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that makes sense, and what is expected of its answer; `timeout` in ms."""

    request: httpx.Request
    timeout: int
    follow_redirects: bool
    expect: tuple[int | str, ...]

    @property
    def safe(self) -> bool:
        """Whether sending it changes nothing at the server."""
        return self.request.method in _SAFE


def checked_call(
    *,
    url: str,
    method: str,
    headers: Mapping[str, str | int],
    params: Mapping[str, Json],
    json: Json,
    body: str | None,
    form: Mapping[str, Json] | None,
    timeout: str,
    follow_redirects: bool,
    expect: Expect,
    idempotency_key: str,
    traceparent: str = "",
) -> Call:
    """The call these arguments ask for. Raises ActivityError (InvalidArgument) when they make no sense."""
    sent = _headers(headers)
    target = _url(url, params, sent)
    if method.upper() not in _SAFE:
        sent.setdefault("idempotency-key", idempotency_key)
    if traceparent:
        sent.setdefault("traceparent", traceparent)
    content = _content(json, body, form, sent)
    return Call(
        request=httpx.Request(method.upper(), target, headers=sent, content=content),
        timeout=_milliseconds(timeout),
        follow_redirects=follow_redirects,
        expect=checked_expect(expect),
    )


def shown(request: httpx.Request) -> str:
    """The method and URL as messages show them: without query and credentials, which may be secret."""
    url = request.url.copy_with(query=None, fragment=None, username=None, password=None)
    return f"{request.method} {str(url)[:200]}"


def _headers(given: Mapping[str, str | int]) -> httpx.Headers:
    try:
        sent = httpx.Headers({name: str(value) for name, value in given.items()})
    except UnicodeEncodeError as error:
        raise _invalid("a header holds characters beyond ASCII; encode them") from error
    for name, value in _DEFAULT_HEADERS.items():
        sent.setdefault(name, value)
    return sent


def _url(text: str, params: Mapping[str, Json], sent: httpx.Headers) -> httpx.URL:
    """The URL with `params` in its query; credentials in it become a header, as a browser has it."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise _invalid(f"{text[:200]!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _invalid(
            f"{text[:200]!r} is not an absolute http or https URL; write for example https://api.example.com/orders"
        )
    if url.userinfo:
        credentials = httpx.BasicAuth(url.username, url.password)
        sent.setdefault(
            "authorization", next(credentials.auth_flow(httpx.Request("GET", url))).headers["authorization"]
        )
        url = url.copy_with(username=None, password=None)
    pairs = _pairs("params", params)
    return url.copy_with(params=url.params.merge(pairs)) if pairs else url


def _content(json: Json, body: str | None, form: Mapping[str, Json] | None, sent: httpx.Headers) -> bytes | None:
    given = [name for name, value in (("json", json), ("body", body), ("form", form)) if value is not None]
    if len(given) > 1:
        raise _invalid(f"{' and '.join(given)} exclude each other; a request has one body")
    if json is not None:
        sent.setdefault("content-type", "application/json")
        return dumps(json).encode()
    if body is not None:
        sent.setdefault("content-type", "text/plain; charset=utf-8")
        return body.encode()
    if form is not None:
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
        return str(httpx.QueryParams(_pairs("form", form))).encode()
    return None


def _pairs(what: str, fields: Mapping[str, Json]) -> dict[str, str | list[str]]:
    """Fields as text; null ones are left out, lists repeat their field."""
    pairs: dict[str, str | list[str]] = {}
    for name, value in fields.items():
        if isinstance(value, list):
            pairs[name] = [_text(what, name, item) for item in value if item is not None]
        elif value is not None:
            pairs[name] = _text(what, name, value)
    return pairs


def _text(what: str, name: str, value: Json) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise _invalid(f"{what}.{name} holds an object or a list in a list; give text, a number or a list of those")


def _milliseconds(timeout: str) -> int:
    try:
        milliseconds = parse_duration(timeout)
    except ValueError as error:
        raise _invalid(f"its timeout: {error}") from error
    if milliseconds == 0:
        raise _invalid("its timeout is 0, which leaves no time for anything; write for example 30s")
    return milliseconds


def _invalid(message: str) -> ActivityError:
    return ActivityError(f"http.request: {message}", code=Code.INVALID_ARGUMENT)
