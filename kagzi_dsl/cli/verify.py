"""`kagzi-dsl verify`: is a run's journal what it was when it was written?"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import click

from kagzi_dsl.cli.exits import COMPLETED, FAILED
from kagzi_dsl.cli.options import database_options, json_option, run_argument
from kagzi_dsl.cli.output import write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kagzi_dsl.runtime.core.chain import Damage, Verified


def _digest(context: click.Context, parameter: click.Parameter, value: str | None) -> bytes | None:
    try:
        digest = None if value is None else bytes.fromhex(value)
    except ValueError:
        digest = b""
    if digest is not None and len(digest) != 32:
        raise click.BadParameter("a head is 64 hexadecimal digits, as `kagzi-dsl verify RUN` prints it")
    return digest


@click.command(short_help="Verify that a run's journal was not changed.")
@run_argument
@click.option(
    "--head", metavar="HEX", callback=_digest, help="A head that was printed before: is it still in the journal?"
)
@json_option
@database_options
def verify(reference: str, head: bytes | None, as_json: bool, database: str | None, namespace: str) -> int:
    """Verify that a run's journal is as it was written.

    Each entry carries the SHA-256 of the one before it. The digest of the last one, the head, is printed: kept
    elsewhere and given with --head later, it also proves that nobody made the journal anew or cut off its end. A run
    that has gone on since then still has that head, and is told at which entry.

    \b
    Examples:
      kagzi-dsl verify order-A-1
      kagzi-dsl verify order-A-1 --head 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    """
    from kagzi_dsl.cli.open import with_client

    run, found = with_client(database, namespace, lambda client: client.verify(reference, head=head))
    if as_json:
        write_json(_record(str(run.id), found))
    else:
        write_text("\n".join(_lines(found)))
    return COMPLETED if found.ok else FAILED


def _record(run_id: str, found: Verified) -> dict[str, object]:
    damage = [{"seq": one.seq, "kind": one.kind, "message": _told(one)} for one in found.damage]
    return {
        "run_id": run_id, "ok": found.ok, "entries": found.entries, "head": found.head.hex(),
        "head_at": found.head_at, "unchained": found.unchained, "damage": damage,
    }  # fmt: skip


def _lines(found: Verified) -> Iterator[str]:
    if found.ok:
        yield f"ok: {_entries(found.entries)}, head {found.head.hex()}"
    for one in found.damage:
        yield f"damaged: {_told(one)}"
    if found.asked is not None:
        yield _about_the_head(found)
    if found.unchained:
        yield _about_older(found)


def _told(one: Damage) -> str:
    match one.kind:
        case "changed":
            return f"entry {one.seq} is not as it was written"
        case "bare":
            return f"entry {one.seq} has lost its digests, or was added"
        case "missing" if one.after == 0:
            return f"what stood before entry {one.seq} is gone"
        case "missing":
            return f"what stood between entry {one.after} and entry {one.seq} is gone"
        case "apart" if one.after == 0:
            return f"entry {one.seq} is not the first of this run: it was replaced"
        case "apart":
            return f"entry {one.seq} does not follow from entry {one.after}: one of the two was replaced"
        case _:
            assert_never(one.kind)


def _about_the_head(found: Verified) -> str:
    if found.head_at is None:
        return "tampered with: no entry has that head, so the journal was made anew or its end was cut off"
    if found.head_at == found.entries:
        return "the head that was given is that of the last entry"
    return f"the head that was given is that of entry {found.head_at}; it says nothing of what came after"


def _about_older(found: Verified) -> str:
    older = found.unchained
    if older == found.entries:
        proof = "the head that was given vouches for it" if found.ok else "only --head can vouch for it"
        return f"the journal was written by a version without digests: {proof}"
    return f"{_entries(older)} had no digests when written; entry {older + 1} vouches for what they were then"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
