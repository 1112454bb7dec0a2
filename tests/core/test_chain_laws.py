"""Laws of the chain through a journal: whatever is done to a journal, `verify` finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from documents import any_workflow
from driver import FACTS, Driver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.chain import Stored, verify

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
RUN = FACTS.id


def played(random: Random) -> list[Stored]:
    """The journal of some run, as a store has it."""
    driver = Driver(any_workflow(random), random, failing=20)
    list(driver.play())
    return [Stored(chain.columns_of(e), e.previous, e.digest) for e in driver.entries]


def other_value(random: Random, value: object) -> str | int | None:
    """A value that is not `value`, as a column might have it."""
    others: list[str | int | None] = [None, 0, 7, "", "other", '{"n": 1}', '{"n":1}']
    return random.choice([other for other in others if other != value or type(other) is not type(value)])


def change_a_column(random: Random, journal: list[Stored], at: int) -> None:
    columns = list(journal[at].columns)
    column = random.randrange(1, len(columns))
    columns[column] = other_value(random, columns[column])
    journal[at] = replace(journal[at], columns=tuple(columns))


def change_a_space(random: Random, journal: list[Stored], at: int) -> None:
    """The smallest change there is: JSON that means the same."""
    columns = [f"{value} " if type(value) is str and value[:1] == "{" else value for value in journal[at].columns]
    journal[at] = replace(journal[at], columns=tuple(columns))
    if tuple(columns) == journal[at].columns:
        change_a_column(random, journal, at)


def change_a_digest(random: Random, journal: list[Stored], at: int) -> None:
    other = random.choice([None, b"", random.randbytes(32)])
    name = random.choice(["previous", "digest"])
    journal[at] = replace(journal[at], **{name: other})


def renumber(random: Random, journal: list[Stored], at: int) -> None:
    columns = journal[at].columns
    journal[at] = replace(journal[at], columns=(len(journal) + 7, *columns[1:]))
    journal.sort(key=number)


def remove(random: Random, journal: list[Stored], at: int) -> None:
    """Removes any entry but the last: without that the rest is as it was."""
    if at == len(journal) - 1:
        at -= 1
    del journal[at]


def insert(random: Random, journal: list[Stored], at: int) -> None:
    """Copies an entry to another place and moves up those behind it."""
    copy = random.choice(journal)
    journal.insert(at, copy)
    journal[:] = [replace(s, columns=(seq, *s.columns[1:])) for seq, s in enumerate(journal, start=1)]


def swap(random: Random, journal: list[Stored], at: int) -> None:
    other = (at + 1) % len(journal)
    one, two = journal[at], journal[other]
    journal[at] = replace(two, columns=(number(one), *two.columns[1:]))
    journal[other] = replace(one, columns=(number(two), *one.columns[1:]))


def number(stored: Stored) -> int:
    seq = stored.columns[0]
    assert isinstance(seq, int)
    return seq


DAMAGES: list[Callable[[Random, list[Stored], int], None]] = [
    change_a_column, change_a_space, change_a_digest, renumber, remove, insert, swap,
]  # fmt: skip


@thorough
@given(seeds, st.sampled_from(DAMAGES))
def test_whatever_is_changed_in_a_journal_is_found(
    seed: int, damage: Callable[[Random, list[Stored], int], None]
) -> None:
    random = Random(seed)
    journal = played(random)
    assert verify(RUN, journal).ok
    was = list(journal)
    damage(random, journal, random.randrange(len(journal)))
    assert journal != was
    found = verify(RUN, journal)
    assert not found.ok
    assert found.damage


@thorough
@given(seeds)
def test_the_entry_that_was_changed_is_named(seed: int) -> None:
    random = Random(seed)
    journal = played(random)
    at = random.randrange(len(journal))
    change_a_column(random, journal, at)
    [found] = verify(RUN, journal).damage
    assert (found.seq, found.kind) == (at + 1, "changed")


@thorough
@given(seeds)
def test_a_lost_end_and_a_chain_made_anew_are_found_by_the_head_alone(seed: int) -> None:
    random = Random(seed)
    journal = played(random)
    head = verify(RUN, journal).head
    cut = journal[: random.randrange(len(journal))]
    assert verify(RUN, cut).ok
    assert not verify(RUN, cut, head=head).ok
    forged = forge(journal, random.randrange(len(journal)))
    assert verify(RUN, forged).ok
    assert not verify(RUN, forged, head=head).ok


def forge(journal: list[Stored], at: int) -> list[Stored]:
    """The journal with another note at one entry, and every digest from there on made anew."""
    forged = journal[:at]
    link = forged[-1].digest if forged else chain.beginning(RUN)
    assert link is not None
    for stored in journal[at:]:
        columns = stored.columns if forged[at:] else (*stored.columns[:-1], "forged")
        digest = chain._digest(link, columns)
        forged.append(Stored(columns, link, digest))
        link = digest
    return forged


@thorough
@given(seeds)
def test_a_head_vouches_for_what_came_before_it(seed: int) -> None:
    random = Random(seed)
    journal = played(random)
    at = random.randrange(len(journal) + 1)
    found = verify(RUN, journal, head=verify(RUN, journal[:at]).head)
    assert found.ok
    assert found.head_at == at
    assert not verify("another run", journal, head=found.asked).ok


@thorough
@given(seeds)
def test_entries_from_before_there_was_a_chain_are_sealed_by_the_first_that_has_digests(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    at = random.randrange(1, len(driver.entries) + 1)
    entries = [entry._replace(previous=None, digest=None) for entry in driver.entries[:at]]
    for entry in driver.entries[at:]:
        entries.append(chain.linked(entry._replace(previous=None, digest=None), chain.head(RUN, entries)))
    journal = [Stored(chain.columns_of(e), e.previous, e.digest) for e in entries]
    found = verify(RUN, journal)
    assert (found.unchained, found.damage) == (at, [])
    # Nothing proves anything yet while all of them are bare; a head does.
    assert found.ok == (at < len(journal))
    assert verify(RUN, journal, head=found.head).ok
    change_a_column(random, journal, random.randrange(at))
    assert not verify(RUN, journal).ok
    assert not verify(RUN, journal, head=found.head).ok
