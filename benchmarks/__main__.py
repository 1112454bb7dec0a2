"""`python -m benchmarks [NAME …]`: measures, prints the figures beside their aims, and writes them as JSON."""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
from pathlib import Path

import asyncpg
import uvloop

from benchmarks.catalogue import BENCHMARKS, BY_NAME, OWN
from benchmarks.harness.process import compiled
from benchmarks.harness.stage import DURABLE, Stage, stage, undurable
from benchmarks.record import Record, measure
from benchmarks.report import MEASURED


def main() -> None:
    """Runs what is asked for."""
    parser = _parser()
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(BY_NAME))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds takes a number from 1")
    compiled()
    try:
        with stage(options.db) as where:
            record = uvloop.run(_measure(where, options))
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
    file = options.output or (None if options.names or options.quick else MEASURED)
    if file is not None:
        record.write(file)
        print(f"written to {file}; python -m benchmarks.report makes the page of it")
    # A peer that is not installed is no failure, unless it was asked for.
    if set(record.failed) & {*options.names, *(one.name for one in OWN)}:
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=_epilog(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all of it when left out")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything still runs")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is repeated")
    parser.add_argument("--no-peers", action="store_true", help="leave out other engines")
    parser.add_argument("--db", metavar="URL", help="a server to use instead of an embedded one")
    where = "where to write the figures [default: benchmarks/results, when all is measured]"
    parser.add_argument("--output", type=Path, metavar="FILE", help=where)
    return parser


def _epilog() -> str:
    return "\n".join(["benchmarks:", *(f"  {one.name:<14} {one.what}" for one in BENCHMARKS)])


async def _measure(where: Stage, options: argparse.Namespace) -> Record:
    try:
        wrong = undurable(await where.settings())
    except (OSError, asyncpg.PostgresError) as error:
        sys.exit(f"the server of --db does not answer: {error}")
    if wrong and not options.quick:
        sys.exit(f"the server is not durable, so figures would say nothing: {wrong} instead of {DURABLE}")
    chosen = [BY_NAME[name] for name in options.names] or (OWN if options.no_peers else BENCHMARKS)
    return await measure(where, chosen, command=_command(), quick=options.quick, rounds=options.rounds)


def _command() -> str:
    """What was typed, without the address of the server and the name of a file."""
    hidden = ("--db", "--output")
    pairs = itertools.pairwise(["", *sys.argv[1:]])
    kept = [word for before, word in pairs if before not in hidden and not word.startswith(hidden)]
    return shlex.join(["python", "-m", "benchmarks", *kept])


if __name__ == "__main__":
    main()
