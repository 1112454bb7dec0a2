"""How `http.request` reaches a server: by an address that was checked, and by no other way.

httpcore opens every connection through its network backend, those a redirect leads to as well. Here that backend
resolves the name, has each address checked, and connects to one that passed; TLS and the Host header still go by the
name. Nothing resolves the name a second time, so an answer that changes in between changes nothing. A proxy would do
the resolving itself, which is why none is taken from the environment.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from functools import cache
from typing import Any

import certifi
import httpcore
import httpx

from kagzi_dsl.activities.builtin.http_policy import Address, HttpPolicy, address_of
from kagzi_dsl.errors import ActivityError, Code

_NEXT_ADDRESS_AFTER = 3.0
"""Seconds after which the next address of a host is tried."""


class GuardedPool:
    """Connections that `policy` has passed, kept open for the next request, all of one event loop."""

    def __init__(self, policy: HttpPolicy) -> None:
        self.policy = policy
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            max_connections=1_000,
            max_keepalive_connections=100,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(policy),
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The response to one request, its body unread: whoever asks closes it. Follows no redirect, keeps no cookie.

        Raises ActivityError for a target the policy refuses, and what httpcore raises.
        """
        if reason := self.policy.why_not_host(request.url.host):
            raise refused(request.url.host, reason)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                _core_url(request.url),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name itself and connects to addresses `policy` passes."""

    def __init__(self, policy: HttpPolicy) -> None:
        self._policy = policy
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to `host`, at the first of its permitted addresses that answers."""
        *others, last = self._permitted(host, await _resolved(host, port))
        for address in others:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout=_NEXT_ADDRESS_AFTER)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(str(last), port, timeout=timeout)

    def _permitted(self, host: str, addresses: list[Address]) -> list[Address]:
        permitted: list[Address] = []
        for address in addresses:
            reason = self._policy.why_not_address(host, address)
            if reason is None:
                permitted.append(address)
        if not permitted:
            raise refused(f"{host} ({addresses[0]})" if host != str(addresses[0]) else host, reason or "")
        return permitted

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Refused: a URL never names one."""
        raise refused(path, "sockets of this machine are never reached")

    async def sleep(self, seconds: float) -> None:
        """As httpcore asks of a backend."""
        await asyncio.sleep(seconds)


def refused(target: str, reason: str) -> ActivityError:
    """The error for a target the policy does not let through; nothing was sent."""
    return ActivityError(
        f"http.request may not reach {target}: {reason}",
        code=Code.UNAUTHORIZED,
        type="HttpTargetRefused",
        outcome="none",
    )


async def _resolved(host: str, port: int) -> list[Address]:
    """The addresses of `host`, in the resolver's order; a literal one in any notation comes out as it is meant."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ActivityError(
            f"the host {host} cannot be resolved: {getattr(error, 'strerror', None) or error}",
            code=Code.UNAVAILABLE,
            type="DnsError",
            outcome="none",
        ) from error
    return list(dict.fromkeys(address_of(str(sockaddr[0])) for *_, sockaddr in found))


@cache
def _tls(*named: str | None) -> ssl.SSLContext:
    """Trust in the system's authorities, SSL_CERT_FILE included, and in certifi's: containers often lack the former."""
    # OpenSSL reads the variables itself; they are arguments so that a change of them makes another context.
    context = ssl.create_default_context(cafile=certifi.where())
    context.set_default_verify_paths()
    context.set_alpn_protocols(["http/1.1"])
    return context
