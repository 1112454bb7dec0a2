"""What a document says of the workflow as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kagzi_dsl.dsl.model import ConcurrencyLimits, Defaults, Node, RunSettings, Workflow
from kagzi_dsl.dsl.parsing.fields import Fields

if TYPE_CHECKING:
    from kagzi_dsl.dsl.schedule import Schedule

HEADER = frozenset(
    {"workflow", "version", "description", "input", "output_schema", "activities", "queue", "timeout", "run"}
    | {"defaults", "output", "schedule"}
)
"""The keys of the root mapping that belong to the workflow, not to its root node."""


_LOWEST_PRIORITY = -(2**31)


def read_header(read: Fields, root: Node) -> Workflow:
    """The workflow of a root mapping around its root node."""
    given: dict[str, Any] = {}
    if "queue" in read:
        given["queue"] = read.text("queue", "default")
    if "run" in read:
        given["run"] = _run_settings(read.mapping("run"))
    if "defaults" in read:
        given["defaults"] = _defaults(read.mapping("defaults"))
    return Workflow(
        name=read.required_text("workflow"),
        root=root,
        version=read.text("version") or None,
        input_schema=read.data_schema("input"),
        output_schema=read.data_schema("output_schema"),
        timeout=read.duration("timeout"),
        output=read.template("output"),
        **given,
    )


def activities_of(read: Fields) -> tuple[str, ...] | None:
    """Where the document says its functions are; None when it does not say."""
    return read.names("activities") if "activities" in read else None


def schedule_of(read: Fields) -> Schedule | None:
    """When the document wants runs to be started by themselves; None when it does not say, or not rightly."""
    if "schedule" not in read:
        return None
    from kagzi_dsl.dsl.schedule import MAX_CATCHUP, OVERLAPS, Schedule, as_overlap  # the calendar, time zones

    given = read.mapping("schedule")
    catchup = given.whole("max_catchup", least=0)
    schedule = Schedule(
        id=given.text("id") or read.text("workflow"),
        cron=given.text("cron") or None,
        interval=given.milliseconds("interval"),
        timezone=given.text("timezone") or None,
        input=given.values.get("input", {}),
        max_catchup=MAX_CATCHUP if catchup is None else catchup,
        overlap=as_overlap(given.word("overlap", OVERLAPS)),
        jitter=given.milliseconds("jitter") or 0,
    )
    if any(key in given and getattr(schedule, key) is None for key in ("cron", "interval")):
        return None  # when it fires is not known, and that was told
    return schedule


def _run_settings(read: Fields) -> RunSettings:
    given: dict[str, Any] = {"retry": read.retry("retry")} if "retry" in read else {}
    priority = read.whole("priority", least=_LOWEST_PRIORITY)
    if priority is not None:
        given["priority"] = priority
    if "labels" in read:
        given["labels"] = _labels(read.mapping("labels"))
    if "concurrency" in read:
        given["concurrency"] = _concurrency(read)
    return RunSettings(**given)


def _concurrency(read: Fields) -> ConcurrencyLimits:
    listed = isinstance(read.values["concurrency"], list)
    given: dict[str, Any] = {}
    for one in read.mappings("concurrency") if listed else [read.mapping("concurrency")]:
        # The first of each counts; that there is another is for a rule of the checker to tell.
        if "key" in one:
            given.setdefault("key", one.template("key"))
            given.setdefault("key_limit", one.whole("limit"))
        else:
            given.setdefault("limit", one.whole("limit"))
    return ConcurrencyLimits(**given)


def _labels(read: Fields) -> Mapping[str, str]:
    return {name: read.text(name) for name in read.values}


def _defaults(read: Fields) -> Defaults:
    return Defaults(retry=read.retry("retry"), timeout=read.duration("timeout"))
