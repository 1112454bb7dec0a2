"""The activities of data_pipeline.yaml. What is large lies in files; the run only holds where, and how much it is."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl import ActivityContext, ActivityError, activity

STORE = Path(tempfile.gettempdir()) / "kagzi-data-pipeline"
"""Stands for a bucket: any worker that shares it can do any part."""


@dataclass
class Blob:
    """A large value by its place: `sha256` tells whether it is still what was written."""

    name: str
    size: int
    sha256: str


@dataclass
class Part:
    """Some lines of a blob, by their bytes."""

    start: int
    end: int


@activity
def extract(day: str, rows: int, context: ActivityContext) -> Blob:
    """Fetches a day's measurements and puts them into the store; done again, it writes the same file."""
    lines = (f"{day},{number},{number * 7 % 1000}\n" for number in range(rows))
    return _put(f"{context.idempotency_key}.csv", "".join(lines).encode())


@activity
def split(blob: Blob, parts: int) -> list[Part]:
    """Cuts a blob into parts of whole lines."""
    data = _get(blob)
    cuts = [0]
    for number in range(1, parts):
        at = max(1, cuts[-1], blob.size * number // parts)
        cuts.append(data.index(b"\n", at - 1) + 1)
    return [Part(start, end) for start, end in zip(cuts, [*cuts[1:], blob.size], strict=True) if end > start]


@activity
def aggregate(blob: Blob, part: Part) -> dict[str, int]:
    """Counts and sums the measurements of one part."""
    values = [int(line.rsplit(b",", 1)[1]) for line in _get(blob)[part.start : part.end].splitlines()]
    return {"rows": len(values), "total": sum(values)}


@activity
def discard(blob: Blob) -> None:
    """Takes a blob out of the store; done again, there is nothing left to do."""
    (STORE / blob.name).unlink(missing_ok=True)


def _put(name: str, data: bytes) -> Blob:
    """Writes a file in one go, so that nobody ever sees half of it."""
    STORE.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=STORE, delete=False) as file:
        file.write(data)
    os.replace(file.name, STORE / name)
    return Blob(name, len(data), hashlib.sha256(data).hexdigest())


def _get(blob: Blob) -> bytes:
    data = (STORE / blob.name).read_bytes()
    if hashlib.sha256(data).hexdigest() != blob.sha256:
        raise ActivityError(f"{blob.name} is not what was written", code="PreconditionFailed")
    return data
