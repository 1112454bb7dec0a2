"""Measuring a peer: its adapter in its own environment, on a database of our server, and what it really did."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness.figure import Figures, figure
from benchmarks.harness.process import environment
from benchmarks.harness.stage import Stage
from benchmarks.peers.home import Peer

ADAPTERS = Path(__file__).with_name("adapters")
FOLDER = "BENCHMARKS_PEER"
_ROOT = Path(__file__).parents[2]


class NotInstalled(Exception):
    """A peer that is to be measured is not there."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(f"{peer.name} is not installed; python -m benchmarks.peers install {peer.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much a peer has to do: the same as is asked of this project, in fewer rounds and samples where it is slow."""

    runs: int = 1_000
    steps: int = 5
    row: int = 1_000
    width: int = 1_000
    samples: int = 100
    rounds: int = 3
    workers: tuple[int, ...] = (1, 2)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A peer, its adapter, and how its own tables tell what has completed: one query each for runs and for steps.

    `how` says, for readers, how it is set up.
    """

    peer: Peer
    adapter: str
    how: str
    runs: str
    steps: str
    sizes: Sizes = Sizes()

    def measure(self, stage: Stage, **sizes: Any) -> Coroutine[Any, Any, Figures]:
        """Its figures. Raises NotInstalled, and RuntimeError when it fails or did not do what it says."""
        return _measure(self, stage, {**asdict(self.sizes), **sizes})


async def _measure(contest: Contest, stage: Stage, sizes: Mapping[str, Any]) -> Figures:
    if not contest.peer.is_installed:
        raise NotInstalled(contest.peer)
    async with stage.database(contest.peer.name) as url:
        told = await _ask(contest, stage, {"url": url, **sizes})
        async with stage.connected(url) as connection:
            done = {"runs": await connection.fetchval(contest.runs), "steps": await connection.fetchval(contest.steps)}
    if done != {"runs": told["runs"], "steps": told["steps"]}:
        raise RuntimeError(f"{contest.peer.name} has completed {done}, not {told['runs']} runs, {told['steps']} steps")
    return {name: figure(one["unit"], one["rounds"]) for name, one in told["figures"].items() if one["rounds"]}


async def _ask(contest: Contest, stage: Stage, task: Mapping[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *_command(contest), json.dumps(task),
        cwd=_ROOT, env={**environment(), "PYTHONPATH": str(_ROOT), FOLDER: str(contest.peer.folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, errors = await process.communicate()
    lines = told.decode().splitlines()
    if process.returncode or not lines:
        raise RuntimeError(f"{contest.peer.name} failed: {errors.decode()[-3_000:]}")
    answered: dict[str, Any] = json.loads(lines[-1])
    return answered


def _command(contest: Contest) -> list[str | Path]:
    if contest.peer.node:
        return [shutil.which("node") or "node", ADAPTERS / contest.adapter, "measure"]
    return [contest.peer.command("python"), "-m", f"benchmarks.peers.adapters.{contest.adapter}", "measure"]
