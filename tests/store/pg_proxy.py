"""A man in the middle of a store and its PostgreSQL, who can lose a request or an answer at a chosen moment."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes bytes on between a socket of its own (`url`) and the server at the URL it is made with."""

    def __init__(self, url: str) -> None:
        self._target = f"{parse_qs(urlsplit(url).query)['host'][0]}/{SOCKET}"
        self._folder = tempfile.mkdtemp(prefix="proxy-")
        self.url = f"{url.partition('?')[0]}?host={quote(self._folder, safe='')}&port=5432"
        self.open = asyncio.Event()
        self.open.set()
        self.lost = 0
        self.loss = asyncio.Event()
        self._request: bytes | None = None
        self._reply: bytes | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def lose_request(self, containing: bytes = b"") -> None:
        """Cuts the connection instead of passing on the next request that contains these bytes."""
        self._request = containing

    def lose_reply(self, to: bytes = b"") -> None:
        """Passes on the next request that contains these bytes, and cuts the connection when the answer comes."""
        self._reply = to

    def cut(self) -> None:
        """Cuts every connection there is."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._accept, f"{self._folder}/{SOCKET}")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open.is_set():
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        server_reader, server_writer = await asyncio.open_unix_connection(self._target)
        both = {writer, server_writer}
        self._writers |= both
        losing = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._requests(reader, server_writer, losing))
                group.create_task(self._replies(server_reader, writer, losing))
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= both
            for end in both:
                end.transport.abort()

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        while data := await reader.read(1 << 20):
            if self._request is not None and self._request in data:
                self._request = None
                self._lose()
            if self._reply is not None and self._reply in data:
                self._reply = None
                losing.set()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event) -> None:
        while data := await reader.read(1 << 20):
            if losing.is_set():
                self._lose()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    def _lose(self) -> None:
        self.lost += 1
        self.loss.set()
        raise ConnectionResetError

    async def close(self) -> None:
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self._folder)


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the server at `url`."""
    proxy = Proxy(url)
    server = await proxy.serve()
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
