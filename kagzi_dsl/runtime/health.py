"""`/healthz` and `/readyz` for supervisors: whether the process is well, and whether it takes up runs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

from kagzi_dsl.errors import ConfigError

Check = Callable[[], str]
"""Says what is wrong, "" when nothing is."""
_LONGEST_REQUEST = 8_192
_SECONDS_A_REQUEST = 5.0


@contextlib.asynccontextmanager
async def health_server(port: int, *, healthy: Check, ready: Check, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Answers on a port (0: any that is free) while the context lasts; gives the port.

    Raises ConfigError when the port cannot be had.
    """
    checks = {"/healthz": healthy, "/readyz": ready}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, EOFError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_SECONDS_A_REQUEST):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_response(head, checks))
            await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(answer, host, port, limit=_LONGEST_REQUEST, start_serving=False)
    except OSError as error:
        raise ConfigError(f"health checks cannot be answered at {host}:{port}: {_why(error)}") from error
    async with server:
        await server.start_serving()  # here, where it is closed should that be cancelled
        yield server.sockets[0].getsockname()[1]


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another process has this port"
    if error.errno == errno.EACCES:
        return "this user may not open this port"
    if isinstance(error, socket.gaierror):
        return "this machine has no address of that name"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no address like that"
    return error.strerror or str(error)


def _response(head: bytes, checks: dict[str, Check]) -> bytes:
    method, path = head.split(b"\r\n")[0].decode("latin-1").split(" ")[:2]
    check = checks.get(path.partition("?")[0])
    if check is None:
        return _message(HTTPStatus.NOT_FOUND, f"there are {' and '.join(checks)}", method)
    if method not in ("GET", "HEAD"):
        return _message(HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD", method)
    problem = check()
    return _message(HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK, problem or "ok", method)


def _message(status: HTTPStatus, text: str, method: str) -> bytes:
    body = f"{text}\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
