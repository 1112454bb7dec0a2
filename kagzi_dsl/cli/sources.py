"""Where a resumed run's activities come from, and whether all are there."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.cli.checking import ActivitySet, default_set, load_set, loadable
from kagzi_dsl.dsl.model import Activity, walk
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.records import Run


def origin_of(file: str, sets: Sequence[ActivitySet]) -> dict[str, Any]:
    """Where a run is started from: `{host, file, activities, base}`, for people and for `resume`."""
    base = sets[0].base if sets else Path(file).parent.resolve()
    specs = [spec if one.base == base else _from_anywhere(spec, one.base) for one in sets for spec in one.specs]
    return {
        "host": socket.gethostname(),
        "file": str(Path(file).resolve()),
        "activities": list(dict.fromkeys(specs)),
        "base": str(base),
    }


def _from_anywhere(spec: str, base: Path) -> str:
    return str((base / spec).resolve()) if "/" in spec or spec.endswith(".py") else spec


async def registry_for(
    client: Client, run: Run, given: Sequence[str], *, own: Registry | None = None
) -> tuple[Registry, str | None]:
    """The activities to go on with, and what to tell of where they come from.

    `own` where that has all of the run's; else those `given` by the user, else those the run was started with, else,
    where these are not there any more, `activities.py` in the working directory. Raises RegistrationError when they
    cannot be loaded, or when one is missing.
    """
    activities = await _activities(client, run)
    for registry in (own, Registry() if not given else None):
        if registry is not None and all(node.activity in registry for node in activities):
            return registry, None
    chosen, told = _choose(run.origin, given)
    registry = load_set(chosen) if given else _load(chosen, activities)
    # What names a queue can be left to the workers of that queue.
    missing = sorted({node.activity for node in activities if node.queue is None and node.activity not in registry})
    if missing:
        raise RegistrationError(_complaint(run, missing, chosen, told))
    return registry, told


def _load(chosen: ActivitySet, activities: Sequence[Activity]) -> Registry:
    """The activities of a set; those that can be loaded, where only some that name a queue are not among them."""
    try:
        return load_set(chosen)
    except RegistrationError:
        rest = loadable([chosen])
        if all(node.activity in rest for node in activities if node.queue is None):
            return rest
        raise


async def _activities(client: Client, run: Run) -> list[Activity]:
    """The activities of the run's definition and of every one it may call."""
    workflows = [await client.library.workflow(digest) for digest in {run.digest, *run.pins.values()}]
    return [node for one in workflows for node in walk(one.root) if isinstance(node, Activity)]


def _choose(origin: Mapping[str, Any], given: Sequence[str]) -> tuple[ActivitySet, str]:
    if given:
        return ActivitySet(tuple(given), Path.cwd()), ", ".join(given)
    there = ActivitySet(tuple(origin.get("activities", ())), Path(origin.get("base", ".")))
    here = default_set(Path.cwd())
    if here.specs and not _is_there(there):
        return here, str(here)
    told = f"{there} in {there.base}, where the run was started from"
    return there, str(there) if there.base == here.base else told


def _is_there(chosen: ActivitySet) -> bool:
    """Whether this machine has the files of a set, as far as it names files."""
    files = [chosen.base / Path(spec).expanduser() for spec in chosen.specs if "/" in spec or spec.endswith(".py")]
    return bool(chosen.specs) and chosen.base.is_dir() and all(file.exists() for file in files)


def _complaint(run: Run, missing: Sequence[str], chosen: ActivitySet, told: str) -> str:
    names = ", ".join(missing)
    lacking = (
        f"run {run.id} needs {names}, and {told} has {'no such activity' if len(missing) == 1 else 'none of them'}"
    )
    specs = [_from_anywhere(spec, Path(run.origin.get("base", "."))) for spec in run.origin.get("activities", ())]
    if specs and [_from_anywhere(spec, chosen.base) for spec in chosen.specs] != specs:
        where = "" if run.origin.get("host") == socket.gethostname() else f" (on {run.origin.get('host')})"
        return f"{lacking}; it was started with{where} --activities {' --activities '.join(specs)}"
    return f"{lacking}; name the file that has {'it' if len(missing) == 1 else 'them'} with --activities"


def differs(file: str) -> str:
    """What to say of a file that was edited since, or whose run was migrated to another one."""
    return f"{file} differs from what the run goes by: the definition it was started with, or last migrated to"
