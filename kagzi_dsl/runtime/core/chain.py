"""The chain through a run's journal: each entry carries the SHA-256 of the entry before it, and its own.

The digest of an entry is taken of the digest before it and, behind that, of its columns as a JSON array in the order of
`columns_of`, compact and in UTF-8; output and failure stand in it as the texts that are stored. What the first entry
carries is the SHA-256 of the run's id as text, so that a journal cannot be passed off as another run's. So a change is
found at the entry it was made in, and whoever knows the digest of one entry, the head, can tell whether anything up to
it was made anew.

Entries of versions that had no chain carry nothing. They can only stand at the beginning, and they count as if each
carried the digest of the one before: the first entry with digests seals all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias, cast

import orjson

from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.core.journal import Entry

Columns: TypeAlias = tuple[str | int | None, ...]
"""What a store keeps of an entry beside run and digests: seq, type, at, path, node, status, attempt, started_at,
output, failure, due, note; `output` and `failure` as JSON text.
"""
_COLUMNS = Entry._fields.index("previous")
_FAILURE = Entry._fields.index("failure")
_UNCHAINED = b"unchained"


def columns_of(entry: Entry) -> Columns:
    """The columns of an entry, as they are stored and as its digest covers them."""
    if entry.failure is None:
        return cast(Columns, entry[:_COLUMNS])
    failure = dumps(entry.failure.to_record())
    return cast(Columns, (*entry[:_FAILURE], failure, *entry[_FAILURE + 1 : _COLUMNS]))


def beginning(run_id: str) -> bytes:
    """What the first entry of a run carries."""
    return sha256(run_id.encode()).digest()


def linked(entry: Entry, previous: bytes) -> Entry:
    """The entry with the digest of the one before it, and its own."""
    columns = columns_of(entry)
    digest = sha256(previous + orjson.dumps(columns)).digest()
    kept = columns if entry.failure is None else entry[:_COLUMNS]
    return tuple.__new__(Entry, (*kept, previous, digest))


def head(run_id: str, entries: Sequence[Entry]) -> bytes:
    """The digest of the last entry of a journal: what the next one carries."""
    link = beginning(run_id)
    if entries and entries[-1].digest is not None:
        return entries[-1].digest
    for entry in entries:
        link = entry.digest or _digest(_UNCHAINED + link, columns_of(entry))
    return link


def _digest(before: bytes, columns: Columns) -> bytes:
    return sha256(before + orjson.dumps(columns)).digest()


# -- verifying


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as a store has it, nothing read into it."""

    columns: Columns
    previous: bytes | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with the entry `seq`, which stands behind `after` (0: it stands first).

    `changed`: it is not what its own digest was taken of. `missing`: what stood before it is gone. `apart`: it does not
    carry the digest of the one before, so one of the two was replaced. `bare`: it has no digests, though others before
    it have.
    """

    seq: int
    after: int
    kind: Literal["changed", "missing", "apart", "bare"]


@dataclass(slots=True)
class Verified:
    """What a look at a chain found.

    `head` is the digest of the last entry, `asked` the head that was looked for and `head_at` the entry it is the
    digest of (0: of none, the journal was empty then). `unchained` counts the entries at the beginning without digests.
    """

    head: bytes
    asked: bytes | None = None
    entries: int = 0
    unchained: int = 0
    head_at: int | None = None
    damage: list[Damage] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there is proof that nothing was changed: digests, or the head that was asked for."""
        if self.asked is not None:
            return not self.damage and self.head_at is not None
        return not self.damage and (self.unchained < self.entries or not self.entries)


def verify(run_id: str, journal: Iterable[Stored], *, head: bytes | None = None) -> Verified:
    """Looks for entries that are not as they were written, and for the one whose digest is `head`.

    Whoever can write to the database can make the whole chain anew, or cut off its end: then only `head` is missed.
    """
    link = beginning(run_id)
    found = Verified(link, head, head_at=0 if head == link else None)
    after = 0
    for stored in journal:
        seq = stored.columns[0]
        assert isinstance(seq, int)
        if stored.previous is None and stored.digest is None and found.unchained == found.entries:
            found.unchained += 1
            actual = link = _digest(_UNCHAINED + link, stored.columns)
        else:
            actual = _digest(stored.previous or b"", stored.columns)
            if (kind := _damage(stored, actual, link, seq - after)) is not None:
                found.damage.append(Damage(seq, after, kind))
            link = stored.digest or actual
        after, found.head, found.entries = seq, actual, found.entries + 1
        if actual == head:
            found.head_at = seq
    return found


def _damage(
    stored: Stored, actual: bytes, link: bytes, step: int
) -> Literal["changed", "missing", "apart", "bare"] | None:
    if stored.previous is None or stored.digest is None:
        return "bare"
    if stored.digest != actual:
        return "changed"
    if stored.previous != link:
        return "apart" if step == 1 else "missing"
    return None if step == 1 else "missing"
