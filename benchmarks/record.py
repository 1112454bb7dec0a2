"""A record of one run of benchmarks: what was typed, on what machine, and every figure."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from benchmarks.catalogue import Benchmark
from benchmarks.harness.aim import Aim
from benchmarks.harness.figure import Figure, from_json, readable
from benchmarks.harness.machine import machine, versions
from benchmarks.harness.stage import Stage
from benchmarks.peers.measure import NotInstalled
from benchmarks.peers.table import CONTESTS, PEERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`figures` go by `benchmark.name`; `failed` tells why a benchmark has none, `peers` how each of them was set."""

    command: str
    quick: bool
    at: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    server: Mapping[str, str]
    peers: dict[str, str] = field(default_factory=dict)
    took_s: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)

    def write(self, file: Path) -> None:
        """Writes it as JSON."""
        told = {**asdict(self), "figures": {name: one.as_json() for name, one in self.figures.items()}}
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads what `write` wrote."""
        told = json.loads(file.read_text())
        return cls(**{**told, "figures": {name: from_json(one) for name, one in told["figures"].items()}})

    def of(self, name: str) -> dict[str, Figure]:
        """The figures of one benchmark, by their own names."""
        mark = f"{name}."
        return {key.removeprefix(mark): figure for key, figure in self.figures.items() if key.startswith(mark)}


async def measure(
    where: Stage, chosen: Sequence[Benchmark], *, command: str, quick: bool = False, rounds: int | None = None
) -> Record:
    """Runs benchmarks one after the other and prints each when it is done; one that fails leaves the others alone."""
    began = time.monotonic()
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    record = Record(
        command=command, quick=quick, at=at, machine=machine(where.scratch), versions={**versions(), **_of_peers()},
        server=await where.settings(), peers={contest.peer.name: contest.how for contest in CONTESTS},
    )  # fmt: skip
    for one in chosen:
        print(f"{one.name}: {one.what}", flush=True)
        try:
            found = await one.run(where, quick=quick, rounds=rounds)
        except Exception as error:
            record.failed[one.name] = (
                str(error) if isinstance(error, NotInstalled) else f"{type(error).__name__}: {error}"
            )
            print(f"  not measured: {record.failed[one.name]}\n", flush=True)
            continue
        record.figures.update({f"{one.name}.{name}": figure for name, figure in found.items()})
        _tell(record.of(one.name))
        _tell_aims(() if quick else one.aims, record.figures)
        print(flush=True)
    if not quick:
        _tell_aims([aim for one in chosen for aim in one.compared], record.figures)
    return replace(record, took_s=round(time.monotonic() - began))


def _of_peers() -> dict[str, str]:
    """The versions of the peers that are installed."""
    found = [peer for peer in PEERS.values() if peer.is_installed]
    packages = {name: version for peer in found for name, version in peer.versions.items()}
    if any(peer.node for peer in found) and (node := shutil.which("node")):
        packages["node"] = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    return packages


def _tell(figures: Mapping[str, Figure]) -> None:
    for name, one in figures.items():
        print(f"  {name:<28} {readable(one.median):>9} {one.unit:<12} {readable(one.least)} – {readable(one.most)}")


def _tell_aims(aims: Sequence[Aim], figures: Mapping[str, Figure]) -> None:
    for aim in aims:
        if (value := aim.reached(figures)) is not None:
            word = "met" if aim.is_met(figures) else "MISSED"
            bound = f"aim {aim.kind} {readable(aim.bound)}"
            print(f"  {word:<7} {aim.what}: {readable(value)} {aim.unit(figures)}, {bound}")
