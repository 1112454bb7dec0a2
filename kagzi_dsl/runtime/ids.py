"""Identifiers: UUID version 7 (RFC 9562 §5.7), so that ids sort by the time they were made."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 0b10 << 62
_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new id. Within a process each is greater than the one before.

    The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562 §6.2, method 3); where the clock
    stands still or goes back, they count on from the id before.
    """
    global _last
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    moment = milliseconds << 12 | rest * 4096 // 1_000_000
    with _lock:
        _last = moment = max(moment, _last + 1)
    return _assemble(moment >> 12, moment & 0xFFF, secrets.randbits(62))


def derived_uuid7(at_ms: int, *parts: object) -> UUID:
    """The id that belongs to `parts` (each as its `str`) and a moment in ms: the same arguments give the same id.

    The bits that are random in `uuid7` are taken from a SHA-256 of the parts.
    """
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        digest.update(len(text).to_bytes(8, "big") + text)
    bits = int.from_bytes(digest.digest()[:16], "big")
    return _assemble(at_ms, bits >> 64 & 0xFFF, bits & (1 << 62) - 1)


def first_id_at(at_ms: int) -> UUID:
    """The lowest id of a moment (ms), from 0 to 2^48 - 1; moments outside that are taken as the nearest one inside."""
    return UUID(int=min(max(at_ms, 0), (1 << 48) - 1) << 80)


def time_of(run_id: UUID) -> int:
    """The moment (ms) an id was made."""
    return run_id.int >> 80


def _assemble(milliseconds: int, high: int, low: int) -> UUID:
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _VERSION | high << 64 | _VARIANT | low)
