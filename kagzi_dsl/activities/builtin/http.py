"""`http.request`: calls a web service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from weakref import WeakKeyDictionary

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.plain import Described

if TYPE_CHECKING:
    import asyncio

    from kagzi_dsl.activities.builtin.http_transport import GuardedPool

_OUTPUT = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": {},
        "encoding": {"const": "base64"},
    },
    "required": ["status", "headers", "body"],
    "additionalProperties": False,
}
_SCALARS = {"type": ["string", "number", "boolean", "null"]}
_PAIRS = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"anyOf": [_SCALARS, {"type": "array", "items": _SCALARS}]}},
        {"type": "null"},
    ]
}
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, GuardedPool] = WeakKeyDictionary()


@activity(name="http.request")
async def request(
    context: ActivityContext,
    url: str,
    method: str = "GET",
    headers: dict[str, str | int] | None = None,
    params: Annotated[dict[str, Any] | None, Described(_PAIRS)] = None,
    json: Any = None,
    body: str | None = None,
    form: Annotated[dict[str, Any] | None, Described(_PAIRS)] = None,
    timeout: str = "30s",
    follow_redirects: bool = False,
    expect: list[int | str] | int | str | None = None,
) -> Annotated[dict[str, Any], Described(_OUTPUT)]:
    """Sends one HTTP request and returns `{status, headers, body}`; body is parsed where it is JSON, else text.

    `params` are added to the URL's query; null ones are left out. At most one of `json`, `body` (text) and `form` is
    sent. `timeout` (duration text) bounds all of it. `expect` lists the statuses to accept, such as `[200, 404]` or
    `2xx`; by default those below 400. A redirect is returned, or followed with `follow_redirects`. Methods that may
    change something carry the header `idempotency-key`, and all carry `traceparent`. A body that is neither JSON nor
    text comes in base64, and `encoding` says so.
    """
    # Lazily, here and below: httpx takes 150 ms to import, and most runs do without.
    from kagzi_dsl.activities.builtin.http_call import checked_call
    from kagzi_dsl.activities.builtin.http_exchange import exchange

    call = checked_call(
        url=url,
        method=method,
        headers=headers or {},
        params=params or {},
        json=json,
        body=body,
        form=form,
        timeout=timeout,
        follow_redirects=follow_redirects,
        expect=expect,
        idempotency_key=context.idempotency_key,
        traceparent=context.traceparent,
    )
    answer: dict[str, Any] = await exchange(_pool(), call)
    return answer


def _pool() -> GuardedPool:
    """The connections of the running event loop: they belong to the loop they were opened in."""
    import asyncio

    from kagzi_dsl.activities.builtin.http_policy import HttpPolicy
    from kagzi_dsl.activities.builtin.http_transport import GuardedPool

    loop = asyncio.get_running_loop()
    if loop not in _pools:
        _pools[loop] = GuardedPool(HttpPolicy.from_env())
    return _pools[loop]


async def close() -> None:
    """Closes the connections that belong to the running event loop."""
    import asyncio

    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.aclose()
