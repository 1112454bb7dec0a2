"""Traces: which larger piece of work a run belongs to, as W3C Trace Context tells it (https://www.w3.org/TR/trace-context).

A run is given a `traceparent` and a correlation id at its start, or they are made: its whole family has the trace id
that its root run's id is, and that id as correlation id. Each attempt of an activity is a span of its own, whose id is
hashed from run, path and attempts, so that it is the same whoever asks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kagzi_dsl.errors import ConfigError

if TYPE_CHECKING:
    from kagzi_dsl.runtime.store.records import Run

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_LONGEST = 200


def origin_with(origin: Mapping[str, Any], traceparent: str | None, correlation_id: str | None) -> dict[str, Any]:
    """What is kept with a run of where it comes from, with the ids that were given. Raises ConfigError."""
    kept = dict(origin)
    if traceparent is not None:
        kept["traceparent"] = _checked(traceparent)
    if correlation_id is not None:
        kept["correlation_id"] = _checked_id(correlation_id)
    return kept


def _checked(traceparent: str) -> str:
    if _FORM.fullmatch(traceparent) is None:
        example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        raise ConfigError(f"{traceparent[:80]!r} is not a traceparent; one looks like {example}")
    return traceparent


def _checked_id(correlation_id: str) -> str:
    if not correlation_id.strip() or len(correlation_id) > _LONGEST or not correlation_id.isprintable():
        raise ConfigError(f"a correlation id is 1 to {_LONGEST} printable characters, not {correlation_id[:80]!r}")
    return correlation_id


def trace_id(run: Run) -> str:
    """The 32 hexadecimal digits that name the trace a run belongs to."""
    given: str | None = run.origin.get("traceparent")
    return run.root_id.hex if given is None else given[3:35]


def correlation_id(run: Run) -> str:
    """The text a run and its family are found by in logs."""
    given: str | None = run.origin.get("correlation_id")
    return str(run.root_id) if given is None else given


def traceparent(run: Run, path: str, attempt: int, run_attempt: int) -> str:
    """The trace context of an attempt, for what it calls."""
    given: str | None = run.origin.get("traceparent")
    span = hashlib.sha256(f"{run.id}\0{path}\0{attempt}\0{run_attempt}".encode()).hexdigest()[:16]
    # A span id of zeros alone would mean none.
    return f"00-{trace_id(run)}-{span if span != '0' * 16 else '1' * 16}-{'01' if given is None else given[-2:]}"
