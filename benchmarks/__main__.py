"""`python -m benchmarks [NAME …]`: measures, prints the figures beside their aims, and writes them as JSON."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.catalogue import BENCHMARKS, BY_NAME, Benchmark
from benchmarks.harness.figure import Figure
from benchmarks.harness.machine import machine, versions
from benchmarks.harness.stage import DURABLE, Stage, stage, undurable


def main() -> None:
    """Runs what is asked for."""
    options = _parser().parse_args()
    unknown = sorted(set(options.names) - set(BY_NAME))
    if unknown:
        _parser().error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    chosen = [BY_NAME[name] for name in options.names] or list(BENCHMARKS)
    with stage(options.db) as where:
        taken = uvloop.run(measure(where, chosen, quick=options.quick, rounds=options.rounds))
    if options.output is not None:
        options.output.write_text(json.dumps(taken, indent=1, ensure_ascii=False) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=_epilog(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all of it when left out")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything still runs")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is repeated")
    parser.add_argument("--db", metavar="URL", help="a server to use instead of an embedded one")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the figures as JSON")
    return parser


def _epilog() -> str:
    return "\n".join(["benchmarks:", *(f"  {one.name:<14} {one.what}" for one in BENCHMARKS)])


async def measure(
    where: Stage, chosen: Sequence[Benchmark], *, quick: bool = False, rounds: int | None = None
) -> dict[str, Any]:
    """Runs benchmarks one after the other, prints each when it is done, and gives everything there is to keep."""
    began, at, settings = time.monotonic(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), await where.settings()
    if (wrong := undurable(settings)) and not quick:
        sys.exit(f"the server is not durable, so figures would say nothing: {wrong} instead of {DURABLE}")
    about = {
        "command": _command(), "quick": quick, "at": at, "machine": machine(where.scratch), "versions": versions(),
        "server": settings,
    }  # fmt: skip
    figures: dict[str, Figure] = {}
    for one in chosen:
        print(f"{one.name}: {one.what}", flush=True)
        found = await one.run(where, quick=quick, rounds=rounds)
        figures.update({f"{one.name}.{name}": figure for name, figure in found.items()})
        _tell(one, figures, aims=not quick)
    told = {name: figure.as_json() for name, figure in figures.items()}
    return {**about, "took_s": round(time.monotonic() - began), "figures": told}


def _tell(one: Benchmark, figures: Mapping[str, Figure], *, aims: bool) -> None:
    for name, figure in figures.items():
        if name.startswith(f"{one.name}."):
            spread = f"({figure.least:,.5g} to {figure.most:,.5g})"
            print(f"  {name:<34} {figure.median:>10,.5g} {figure.unit:<14} {spread}")
    for aim in one.aims if aims else ():
        if (value := aim.reached(figures)) is not None:
            word = "met" if aim.is_met(figures) else "MISSED"
            print(f"  {word:<7} {aim.what}: {value:,.4g} {aim.unit(figures)}, aim {aim.kind} {aim.bound:,g}")
    print(flush=True)


def _command() -> str:
    """What was typed, without the address of the server."""
    words = sys.argv[1:]
    kept = [word for index, word in enumerate(words) if not word.startswith("--db") and words[index - 1] != "--db"]
    return shlex.join(["python", "-m", "benchmarks", *kept])


if __name__ == "__main__":
    main()
