"""`kagzi-dsl worker`: take up the runs of some queues until told to stop."""

from __future__ import annotations

import gc
import itertools
import logging
import signal
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kagzi_dsl import __version__
from kagzi_dsl.cli.exits import COMPLETED, FAILED
from kagzi_dsl.cli.options import activities_option, database_options, engine_options
from kagzi_dsl.cli.settings import setting_option, value_of
from kagzi_dsl.config import table
from kagzi_dsl.errors import StoreError

if TYPE_CHECKING:
    from kagzi_dsl.activities.registry import Registry
    from kagzi_dsl.cli.checking import Checked
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.worker import Worker, WorkerOptions


@click.command(short_help="Take up runs until told to stop.")
@setting_option(table.QUEUES)
@setting_option(table.CONCURRENCY)
@activities_option
@click.option(
    "--flows", metavar="DIR", help="A folder whose workflows are stored, so that they can be started by name."
)
@click.option(
    "--label", "labels", multiple=True, metavar="K=V", help="Tells people about this worker; may be repeated."
)
@click.option("--name", default="", help="What this worker is called [default: host and process].")
@setting_option(table.DRAIN)
@setting_option(table.HEALTH_PORT)
@setting_option(table.HEALTH_HOST)
@setting_option(table.RETENTION)
@engine_options
@database_options
def worker(
    activities: tuple[str, ...],
    flows: str | None,
    labels: tuple[str, ...],
    name: str,
    database: str | None,
    namespace: str,
) -> int:
    """Take up runs until told to stop.

    A run goes only to a worker that has its activities: those of --activities, else of ./activities.py, and those of
    the workflows in --flows, where what is for other queues alone may be missing. On SIGTERM (or Ctrl-C) it takes up
    nothing more, lets what runs come to its end, and hands the rest back; a second signal ends it at once.

    \b
    Example:
      kagzi-dsl worker --queue orders --queue mail --activities ./activities.py --health-port 8080
    """
    from kagzi_dsl.cli.logs import logged
    from kagzi_dsl.cli.open import engine_settings, with_client
    from kagzi_dsl.runtime.scheduler import SchedulerOptions
    from kagzi_dsl.runtime.worker import WorkerOptions

    queues = value_of(table.QUEUES)
    checked = _workflows(flows, queues)
    registry = _registry(activities, checked)
    retention = value_of(table.RETENTION)
    options = WorkerOptions(
        namespace=namespace, queues=queues, name=name, labels=_labels(labels),
        drain=value_of(table.DRAIN) / 1_000, health_port=value_of(table.HEALTH_PORT),
        health_host=value_of(table.HEALTH_HOST), settings=engine_settings(),
        retention=None if retention is None else retention / 1_000,
        scheduler=SchedulerOptions(
            interval=value_of(table.SCHEDULER_INTERVAL_SECS),
            batch_size=value_of(table.SCHEDULER_BATCH_SIZE),
            max_runs=value_of(table.SCHEDULER_MAX_WORKFLOWS_PER_TICK),
        ),
    )  # fmt: skip
    gc.collect()  # before what is left is set aside for good (loop.py)
    with logged(service=True):
        try:
            ended = with_client(database, namespace, lambda client: _work(client, registry, options, checked))
        except StoreError as error:  # what ends a worker is a record like all others
            _log(logging.ERROR, str(error))
            return FAILED
    return COMPLETED if ended else FAILED


def _log(level: int, message: str, **facts: object) -> None:
    logging.getLogger("kagzi_dsl.worker").log(level, "%s", message, extra=facts)


async def _work(client: Client, registry: Registry, options: WorkerOptions, checked: Sequence[Checked]) -> bool:
    import asyncio

    from kagzi_dsl.runtime.worker import Worker

    for one in checked:
        await client.save(one.linked)
    worker = Worker(client, registry, options)
    loop = asyncio.get_running_loop()
    times = itertools.count(1)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: _told_to_stop(worker, next(times)))
    facts = {"namespace": options.namespace, "queues": list(options.queues), "version": __version__}
    _log(logging.INFO, f"worker for {', '.join(options.queues)} in {options.namespace}", **facts)
    _log_unchecked(checked)
    ended = await worker.run()
    _log(logging.INFO, "stopped" if ended else "stopped; what was still running goes on elsewhere")
    return ended


def _log_unchecked(checked: Sequence[Checked]) -> None:
    """Says what other queues need and is not here, and why it could not be loaded."""
    from kagzi_dsl.cli.unchecked import UNKNOWN

    for reason in dict.fromkeys(one.message for each in checked for one in each.spared if one.code != UNKNOWN):
        _log(logging.WARNING, reason)
    if missing := sorted({one for each in checked for one in each.unchecked}):
        _log(logging.WARNING, f"not here, and of other queues than this worker's: {', '.join(map(str, missing))}")


def _told_to_stop(worker: Worker, times: int) -> None:
    again = "stopping at once: what runs is left to others"
    _log(logging.INFO, "stopping: what runs comes to its end first; once more ends it at once" if times == 1 else again)
    worker.stop()


def _workflows(flows: str | None, queues: Collection[str]) -> list[Checked]:
    """The workflows of a folder, checked, with the activities that some queues need. Raises DocumentError."""
    if flows is None:
        return []
    from kagzi_dsl.cli.checking import check_file
    from kagzi_dsl.cli.paths import files_of
    from kagzi_dsl.cli.unchecked import hinted, to_serve
    from kagzi_dsl.dsl.diagnostic import has_errors
    from kagzi_dsl.errors import DocumentError

    spared = f"a worker of {', '.join(queues)} needs what is for these queues; what is for others may be missing"
    found = []
    for file in files_of([flows]):
        checked = check_file(file, needed=to_serve(queues))
        if has_errors(checked.diagnostics):
            raise DocumentError(hinted(checked.diagnostics, spared))
        found.append(checked)
    return found


def _registry(activities: Sequence[str], checked: Sequence[Checked]) -> Registry:
    from kagzi_dsl.cli.checking import ActivitySet, default_set, load_set, merged

    here = Path.cwd()
    own = load_set(ActivitySet(tuple(activities), here) if activities else default_set(here))
    return merged([own, *(one.registry for one in checked if one.registry is not None)])


def _labels(pairs: Sequence[str]) -> dict[str, str]:
    labels = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise click.UsageError(f"--label {pair!r} is not of the form K=V")
        labels[key] = value
    return labels
