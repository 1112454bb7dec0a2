"""The activities of polling.yaml. The job service of this example needs three milliseconds for each row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kagzi_dsl import ActivityContext, activity


@dataclass
class Job:
    id: str
    done_at: datetime


@dataclass
class State:
    state: Literal["running", "done"]
    url: str | None = None


@activity
async def start_export(rows: int, context: ActivityContext) -> Job:
    """Starts the job."""
    return Job(id=f"export-{rows}", done_at=context.now() + timedelta(milliseconds=3 * rows))


@activity
async def check_export(job: Job, context: ActivityContext) -> State:
    """Asks how the job is."""
    if context.now() < job.done_at:
        return State("running")
    return State("done", f"https://files.example.org/{job.id}.csv")
