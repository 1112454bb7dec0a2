"""Ports for servers that cannot choose one by themselves."""

from __future__ import annotations

import contextlib
import secrets
import socket


def free_port() -> int:
    """A TCP port of this machine that nobody listens on.

    It is none of those that the system gives to whoever connects somewhere, so nobody gets it in the meantime.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
