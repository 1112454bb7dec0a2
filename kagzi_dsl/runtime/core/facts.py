"""What a run is given at its start."""

from __future__ import annotations

from dataclasses import dataclass

from kagzi_dsl.payload import Json
from kagzi_dsl.retry import Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a run is given at its start. `input` has its defaults filled in.

    `scheduled_for` is the fire of the schedule that started it. `retry` goes before what the workflow says of trying
    the whole run again. `deadline` (ms) is when the run times out, if its `timeout` does not pass before.
    """

    id: str
    workflow: str
    version: str | None = None
    namespace: str = "default"
    external_id: str | None = None
    scheduled_for: str | None = None
    input: Json = None
    retry: Retry | None = None
    deadline: int | None = None
