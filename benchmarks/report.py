"""`python -m benchmarks.report`: makes docs/performance.md of the figures in results/measured.json."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.catalogue import OWN, SET_WHERE, Benchmark
from benchmarks.harness.aim import Aim
from benchmarks.harness.figure import Figure, readable
from benchmarks.peers.table import CONTESTS
from benchmarks.record import Record

MEASURED = Path(__file__).parent / "results" / "measured.json"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_COMPARED = {
    "steps/s, one worker process": ("queue.one_worker", "queue.bare_one", "workers_1"),
    "steps/s, two worker processes": ("queue.two_workers", "queue.bare_two", "workers_2"),
    "steps/s, eight worker processes": ("", "", "workers_8"),
    "ms a step, 1,000 in a row": ("sequence.short", "sequence.bare", "sequence"),
    "s for 1,000 steps at once in one run": ("fanout.parallel", "", "parallel"),
    "ms from start to done, idle system, median": ("latency.p50", "latency.bare_p50", "p50"),
    "ms from start to done, idle system, 99 in 100": ("latency.p99", "latency.bare_p99", "p99"),
    "MB in a worker": ("memory.live_rss", "", "worker_memory"),
}
"""What stands side by side: our figure, that of the bare loop, and the peers'."""
_HOW_OTHERS = """\
Each does the same work, in its own way, on the same server: runs of five steps that return a small object, all in the
queue at once while its workers wait. Each is set as its documentation says. Afterwards its own tables are asked whether
every run and every step is there."""


def main() -> None:
    """Writes the page."""
    if not MEASURED.exists():
        sys.exit("there are no figures yet: python -m benchmarks")
    record = Record.read(MEASURED)
    if record.quick:
        sys.exit("figures of a quick run say nothing: python -m benchmarks")
    PAGE.write_text(page(record))


def page(record: Record) -> str:
    """The page, as Markdown."""
    parts = [_head(record), _aims(record), _peers(record), *(_section(one, record) for one in OWN), _contests(record)]
    return "\n\n".join(parts) + "\n"


def _head(record: Record) -> str:
    machine, server = record.machine, record.server
    facts = {
        "machine": f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB",
        "system": f"{machine['system']}, {machine['filesystem']}; an fsync takes {machine['ms_an_fsync']} ms",
        "load before": f"{machine['load_before']} processes at work{_unquiet(record)}",
        "PostgreSQL": f"{server['server_version']}, fsync {server['fsync']}, synchronous_commit "
        f"{server['synchronous_commit']}, shared_buffers {server['shared_buffers']}",
        "versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
        "taken": f"{record.at}, in {record.took_s // 60} min",
    }
    return f"""\
# Performance

Figures anyone can take again, on a machine of theirs:

```sh
python -m benchmarks.peers install    # other engines, each in a folder of its own; may be left out
{record.command}
python -m benchmarks.report           # makes this page
```

Nothing here is typed by hand. Every figure is the median of several rounds, with the smallest and the largest beside
it; what is compared was measured in the same run. Workers are processes of their own (`kagzi-dsl worker`), and the
database is a PostgreSQL that keeps what it is given.

{_table(["", ""], ([f"**{name}**", text] for name, text in facts.items()))}"""


def _unquiet(record: Record) -> str:
    load, cores = record.machine["load_before"], record.machine["cores"]
    return f", on {cores} cores: **the machine was busy with something else**" if load > cores / 4 else ""


def _aims(record: Record) -> str:
    rows = list(_aim_rows(record))
    missed = sum(row[-1] == "**missed**" for row in rows)
    told = "All aims are met." if not missed else f"{missed} of {len(rows)} aims are missed."
    table = _table(["What", "", "Measured", "Aim", ""], rows)
    return f"## Aims\n\n{told}{_elsewhere(record)}\n\n{table}{_failures(record)}"


def _elsewhere(record: Record) -> str:
    """How fast this machine is, compared with the one the aims were set on."""
    pairs = [
        f"{readable(there)} {what} there, {_value(record.figures[name])} here"
        for name, (what, there) in SET_WHERE.items()
        if name in record.figures
    ]
    return f" They were set on another machine: {'; '.join(pairs)}." if pairs else ""


def _aim_rows(record: Record) -> Iterator[list[str]]:
    for one in OWN:
        for aim in (*one.aims, *one.compared):
            yield [
                f"[{one.name}](#{one.name})",
                aim.what,
                _reached(aim, record),
                _bound(aim, record),
                _word(aim, record),
            ]


def _reached(aim: Aim, record: Record) -> str:
    value = aim.reached(record.figures)
    return "not measured" if value is None else _with_unit(value, aim.unit(record.figures))


def _bound(aim: Aim, record: Record) -> str:
    known = aim.reached(record.figures) is not None
    return f"{aim.kind} {_with_unit(aim.bound, aim.unit(record.figures) if known else '')}".strip()


def _word(aim: Aim, record: Record) -> str:
    return {True: "met", False: "**missed**", None: ""}[aim.is_met(record.figures)]


def _failures(record: Record) -> str:
    lines = [f"- {name}: {why.splitlines()[0]}" for name, why in record.failed.items()]
    return "\n\nNot measured:\n\n" + "\n".join(lines) if lines else ""


def _peers(record: Record) -> str:
    names = [contest.peer.name for contest in CONTESTS]
    titles = [contest.peer.title for contest in CONTESTS]
    rows = [
        [what, *(_value(record.figures.get(key)) for key in (own, loop, *(f"{name}.{theirs}" for name in names)))]
        for what, (own, loop, theirs) in _COMPARED.items()
    ]
    inserts, awaited = record.figures.get("queue.pgbench_16"), record.figures.get("sequence.awaited_insert")
    notes = (
        f"The floor: pgbench with 16 clients makes {_value(inserts)} inserts a second, one a transaction; an asyncpg\n"
        f"that awaits one insert after another needs {_value(awaited)} ms for each. The bare loop only claims runs\n"
        "and makes their steps durable, many in one commit, with nothing around it (`benchmarks/bare/loop.py`).\n\n"
        "Memory here is that of a worker with 1,000 live runs; elsewhere the most a worker had during the queue's runs."
    )
    return f"## Beside others\n\n{_table(['', 'kagzi-dsl', 'bare loop', *titles], rows)}\n\n{notes}"


def _section(one: Benchmark, record: Record) -> str:
    module = inspect.getmodule(one.measure)
    how = inspect.getdoc(module) or ""
    figures = record.of(one.name)
    told = _figures(figures) if figures else "Not measured."
    return f"## {one.name}\n\n{_capital(one.what)}.\n\n```sh\npython -m benchmarks {one.name}\n```\n\n{how}\n\n{told}"


def _contests(record: Record) -> str:
    parts = [f"## How the others are measured\n\n{_HOW_OTHERS}"]
    for contest in CONTESTS:
        name, figures = contest.peer.name, record.of(contest.peer.name)
        told = _figures(figures) if figures else "Not measured."
        command = f"```sh\npython -m benchmarks {name}\n```"
        parts.append(f"### {contest.peer.title}\n\n{command}\n\n{record.peers[name]}\n\n{told}")
    return "\n\n".join(parts)


def _figures(figures: dict[str, Figure]) -> str:
    rows = (
        [
            name.replace("_", " "),
            _value(one),
            f"{readable(one.least)} – {readable(one.most)}",
            one.unit,
            str(len(one.rounds)),
        ]
        for name, one in figures.items()
    )
    return _table(["", "Median", "Least – most", "", "Rounds"], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _value(one: Figure | None) -> str:
    return "–" if one is None else readable(one.median)


def _with_unit(value: float, unit: str) -> str:
    return f"{readable(value)} {unit}".strip()


def _capital(text: str) -> str:
    return text if text.startswith("`") else text[:1].upper() + text[1:]


if __name__ == "__main__":
    main()
