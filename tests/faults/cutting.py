"""A TCP proxy that knows the messages of PostgreSQL's protocol and, at the n-th one, breaks the connection it is on."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

from faults.failpoints import name_of

How: TypeAlias = Literal["cut", "reset", "stall"]
"""An orderly end, an RST, or silence without an end."""

WORDS = {
    ("to", "Q"): "Query", ("to", "P"): "Parse", ("to", "B"): "Bind", ("to", "D"): "Describe", ("to", "E"): "Execute",
    ("to", "S"): "Sync", ("to", "H"): "Flush", ("to", "C"): "Close", ("to", "X"): "Terminate", ("to", ""): "Startup",
    ("to", "p"): "Password", ("from", "R"): "Authentication", ("from", "S"): "ParameterStatus",
    ("from", "K"): "BackendKeyData", ("from", "Z"): "ReadyForQuery", ("from", "T"): "RowDescription",
    ("from", "D"): "DataRow", ("from", "C"): "CommandComplete", ("from", "1"): "ParseComplete",
    ("from", "2"): "BindComplete", ("from", "t"): "ParameterDescription", ("from", "n"): "NoData",
    ("from", "A"): "NotificationResponse", ("from", "E"): "ErrorResponse", ("from", "N"): "NoticeResponse",
    ("from", "I"): "EmptyQueryResponse", ("from", "s"): "PortalSuspended", ("from", "3"): "CloseComplete",
}  # fmt: skip
"""PostgreSQL manual, "Message Formats": what goes to the server, and what comes from it."""


class Cutter:
    """Passes messages on until the `at`-th (0: for ever). `broke` is what was broken there, and on which connection.

    `of` makes it the `at`-th answer that a statement of this name has been done. `done` are all of these, by name.
    `noticed`: when a client gives up a connection that is silent, its server comes to know, as it does by keep-alives.
    """

    def __init__(self, url: str, at: int = 0, how: How = "cut", *, of: str = "", noticed: bool = False) -> None:
        self._target = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self._database = urlsplit(url).path
        self._user = urlsplit(url).username
        self.at = at
        self.how = how
        self.of = of
        self.noticed = noticed
        self.count = 0
        self.done: Counter[str] = Counter()
        self.broke = ""
        self.url = ""
        self._accepted: set[asyncio.Task[None]] = set()
        self._ways: set[asyncio.Future[None]] = set()

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"postgresql://{self._user}@127.0.0.1:{port}{self._database}?sslmode=disable&connect_timeout=2"
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._accepted.add(task)
        server_reader, server_writer = await asyncio.open_unix_connection(self._target)
        ends = (writer, server_writer)
        connection = _Connection(self, ends)
        ways = {
            asyncio.ensure_future(connection.pass_on(reader, server_writer, "to", first=True)),
            asyncio.ensure_future(connection.pass_on(server_reader, writer, "from", first=False)),
        }
        self._ways |= ways
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.transport.abort()
        for way in ways:
            way.cancel()
        for ended in await asyncio.gather(*ways, return_exceptions=True):
            if not isinstance(ended, ConnectionError | asyncio.IncompleteReadError | asyncio.CancelledError):
                raise AssertionError(ended)

    def is_it(self, word: str, statement: str) -> bool:
        """Takes one more message into account; whether it is the one to break the connection at."""
        self.count += 1
        done = word == "CommandComplete"
        self.done[statement] += done
        if self.of:
            return done and statement == self.of and self.done[statement] == self.at
        return self.count == self.at

    async def close(self) -> None:
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._accepted)


class _Connection:
    def __init__(self, cutter: Cutter, ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        self._cutter = cutter
        self._ends = ends
        self._silent = asyncio.Event()
        self._names: dict[bytes, str] = {}
        self._statement = ""

    async def pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str, *, first: bool
    ) -> None:
        while True:
            # The first message of a client has no type.
            kind = b"" if first else await reader.readexactly(1)
            first = False
            length = await reader.readexactly(4)
            message = kind + length + await reader.readexactly(struct.unpack("!I", length)[0] - 4)
            cutter = self._cutter
            word = WORDS.get((way, kind.decode()), str(kind))
            self._follow(word, message[5:])
            if cutter.is_it(word, self._statement):
                cutter.broke = f"{cutter.how} {way} the server: {word}"
                self._break()
            if self._silent.is_set():
                while cutter.noticed and await reader.read(65_536):
                    pass
                if cutter.noticed:
                    raise ConnectionResetError
                await asyncio.Event().wait()
            writer.write(message)
            await writer.drain()

    def _follow(self, word: str, body: bytes) -> None:
        """Keeps in mind which statement the server is asked to do."""
        match word, body.split(b"\0"):
            case "Query", [text, *_]:
                self._statement = name_of(text.decode())
            case "Parse", [name, text, *_]:
                self._names[name] = name_of(text.decode())
            case "Bind", [_, name, *_]:
                self._statement = self._names[name]

    def _break(self) -> None:
        match self._cutter.how:
            case "cut":
                for end in self._ends:
                    end.close()
                raise ConnectionResetError
            case "reset":
                client = self._ends[0].get_extra_info("socket")
                # To close a socket that lingers for no time sends an RST.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise ConnectionResetError
            case "stall":
                self._silent.set()


@asynccontextmanager
async def cutting(
    url: str, at: int = 0, how: How = "cut", *, of: str = "", noticed: bool = False
) -> AsyncIterator[Cutter]:
    """A proxy in front of the server at `url`."""
    cutter = Cutter(url, at, how, of=of, noticed=noticed)
    server = await cutter.serve()
    try:
        yield cutter
    finally:
        server.close()
        await cutter.close()
