"""kill -9 before and after every SQL statement and every activity of every example."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from command_line import ROOT
from examples.example_files import FOLDER, example_names, header_of, masked
from faults import forked
from faults.conftest import Fault
from faults.forked import Command, Gone

QUICK = {
    # Longer than a run lingers: so it is parked, and claimed again.
    "order_processing.yaml": {"pause": "1.2s"},
    "welcome_email/welcome_email.yaml": {"wait": "60ms"},
    "polling/polling.yaml": {"rows": "20", "every": "30ms"},
}
"""Other values than those the headers name, for pauses somebody would have to wait for."""
HANGS_ON_TIME = {"polling/polling.yaml": "rounds"}
"""What differs with how long a run took."""
COMMITTING = ("commit", "append", "append_one", "append_and_leave", "append_and_end_one")
"""The statements that make an entry durable."""


@dataclass
class Play:
    """An example played once, under an external id of its own: typed, killed perhaps, and typed again."""

    name: str
    id: str
    folder: Path
    database: str
    shop: str
    words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.words = [*map(self._quick, header_of(self.name).run)]
        if "--id" in self.words:
            at = self.words.index("--id")
            del self.words[at : at + 2]
        self.words += ["--id", self.id]

    def _quick(self, word: str) -> str:
        key, sign, _ = word.partition("=")
        other = {"base_url": self.shop, **QUICK.get(self.name, {})}.get(key)
        return word if other is None else f"{key}{sign}{other}"

    def type(self, words: list[str], trail: str, dies_at: int = 0) -> Gone:
        environment = {"KAGZI_DB_URL": self.database, "KAGZI_SECRET_SHOP_TOKEN": "let-me-in", "NO_COLOR": "1"}
        return forked.run(Command(tuple(words), ROOT, self.folder / f"{self.id}-{trail}", environment, dies_at))

    def prepare(self) -> None:
        """Sends the signal an example waits for before anybody works on it."""
        if (signal := header_of(self.name).signal) is not None:
            for words in ([*self.words, "--detach"], ["signal", self.id, *signal[2:]]):
                assert self.type(words, words[0] + "-before").status == 0

    def outcome(self, gone: Gone) -> Any:
        """How a command ended, as far as a kill must not change it."""
        output = masked(json.loads(gone.out)) if gone.out else None
        if (key := HANGS_ON_TIME.get(self.name)) is not None:
            output.pop(key)
        return gone.status, output

    def family(self) -> Mapping[str, Any]:
        """The runs of this play: their ends, and their journals."""
        return asyncio.run(_family(self.database, self.id))


async def _family(database: str, external_id: str) -> Mapping[str, Any]:
    connection = await asyncpg.connect(database)
    try:
        runs = await connection.fetch(
            "select o.id, o.workflow, o.status, o.compensation from kagzi.overview o join kagzi.runs r"
            " on r.root_id = o.root_id where r.external_id = $1",
            external_id,
        )
        journal = await connection.fetch(
            "select run_id::text, seq, type, path from kagzi.journal where run_id = any($1) order by run_id, seq",
            [run["id"] for run in runs],
        )
        return {"runs": runs, "journal": journal}
    finally:
        await connection.close()


def ends(family: Mapping[str, Any]) -> Counter[tuple[str, str, str]]:
    """How the runs of a family ended."""
    return Counter((run["workflow"], run["status"], run["compensation"]) for run in family["runs"])


def finished(family: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The nodes that have a checkpoint."""
    return {(e["run_id"], e["path"]) for e in family["journal"] if e["type"] in ("node_completed", "node_failed")}


def executions(gone: Gone) -> Counter[tuple[str, str, str]]:
    """How often each attempt of each activity was begun."""
    begun = (line.split(" ")[2:] for line in gone.passed if line.startswith("before activity "))
    return Counter((run, path, attempt) for run, path, attempt in begun)


def is_one_line(name: str) -> bool:
    """Whether an example does one thing after the other, without branches side by side."""
    return re.search(r"\b(parallel|foreach|race|call):", (FOLDER / name).read_text()) is None


def too_early(play: Gone) -> list[str]:
    """The activities that began before what their run's last one came to was written, to the end of the statement."""
    ended, sent, early = set[str](), set[str](), list[str]()
    for line in play.passed:
        moment, what, *rest = line.split(" ")
        match moment, what == "activity", what in COMMITTING:
            case "before", True, _:
                early += [line] if rest[0] in ended | sent else []
            case "after", True, _:
                ended.add(rest[0])
            case "before", _, True:
                sent, ended = sent | ended, set()
            case "after", _, True:
                sent = set()
    return early


def check_checkpoints(family: Mapping[str, Any]) -> None:
    """Every entry has its number, none twice and none left out; every node that ended did so once."""
    for run in family["runs"]:
        entries = [e for e in family["journal"] if e["run_id"] == str(run["id"])]
        assert [e["seq"] for e in entries] == [*range(1, len(entries) + 1)]
        ended = Counter(e["path"] for e in entries if e["type"].startswith("node_"))
        assert set(ended.values()) <= {1}, ended
    assert {run["status"] for run in family["runs"]} <= {"completed", "failed"}


@dataclass(frozen=True, slots=True)
class Kill:
    """The point one died at, and how many attempts were made once more."""

    at: str
    extra: int


@dataclass
class Sweep:
    """An example, killed at point after point; what its plays have in common with one that nobody killed."""

    name: str
    fault: Fault
    new: Callable[[str], Play]
    kills: list[Kill] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.chance = self.fault.chance(self.name)
        undisturbed = self.new("undisturbed")
        undisturbed.prepare()
        self.whole = whole = undisturbed.type(undisturbed.words, "run")
        self.points = len(whole.passed)
        self.expected = undisturbed.outcome(whole), ends(undisturbed.family())

    def everywhere(self) -> None:
        """Kills at every point there is, until a play comes to its end before it."""
        at = 1
        while (kill := self.killed(at, self.chance.random())) is not None or at < self.points:
            self.kills += [kill] if kill is not None else []
            at += 1
        self.points = at - 1

    def somewhere(self, times: int) -> None:
        """Kills at some points, by chance; side by side, for there is much to wait for."""
        with ThreadPoolExecutor(times) as threads:
            # When and how often the background looks at the database differs from play to play: the last may not come.
            while (left := times - len(self.kills)) > 0:
                points = [self.chance.randint(1, self.points) for _ in range(left)]
                dice = [self.chance.random() for _ in range(left)]
                self.kills += [kill for kill in threads.map(self.killed, points, dice) if kill is not None]

    def killed(self, at: int, die: float) -> Kill | None:
        """Plays once with a kill before point `at`, goes on, and compares; None when it ended before that point.

        `die` decides by which of two commands it goes on.
        """
        play = self.new(f"killed-at-{at}-{next(self.numbers)}")
        play.prepare()
        first = play.type(play.words, "killed", dies_at=at)
        if not first.killed:
            assert (play.outcome(first), ends(play.family())) == self.expected, first.err
            return None
        before = play.family()
        again = ["resume", play.id] if before["runs"] and die < 0.5 else play.words
        second = play.type(again, "again")
        place = f"killed {first.died_at} (point {at}), then `{shlex.join(again)}`\n{first.err}\n{second.err}"
        return Kill(str(first.died_at), self._compared(play, first, second, finished(before), place))

    def _compared(self, play: Play, first: Gone, second: Gone, done: set[tuple[str, str]], place: str) -> int:
        """How many attempts were made once more."""
        family = play.family()
        assert (play.outcome(second), ends(family)) == self.expected, place
        check_checkpoints(family)
        begun, again = executions(first), executions(second)
        assert not {(run, path) for run, path, _ in again} & done, place
        assert {*begun.values(), *again.values()} <= {1}, place
        extra = begun.keys() & again.keys()
        # Durable before dependent: where one waits for the other, the first is in the journal when the second begins.
        if is_one_line(self.name):
            assert len(extra) <= 1, place
            assert not [early for one in (self.whole, first, second) for early in too_early(one)], place
        return len(extra)

    def tell(self) -> None:
        kinds = {" ".join(kill.at.split()[:2]) for kill in self.kills}
        self.fault.tell(
            Path(self.name).stem, "Killed with -9 before or after any SQL statement or activity, a run ends as if "
            "nothing had happened, with every checkpoint once and nothing done again that had finished.",
            case="kills", held=len(self.kills), of=len(self.kills), boundaries=self.points,
            kinds_of_boundaries=len(kinds), extra_executions=sum(kill.extra for kill in self.kills),
            kills_at_activities=sum(" activity " in kill.at for kill in self.kills),
        )  # fmt: skip


@pytest.mark.parametrize("name", example_names())
def test_a_kill_at_any_boundary_changes_nothing(
    name: str, fault: Fault, database_url: str, shop: str, tmp_path: Path
) -> None:
    sweep = Sweep(name, fault, lambda play: Play(name, play, tmp_path, database_url, shop))
    if fault.long:
        sweep.everywhere()
    else:
        sweep.somewhere(3)
    sweep.tell()
