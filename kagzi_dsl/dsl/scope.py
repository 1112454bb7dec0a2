"""What an expression can see: the roots its names start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

ROOTS: Mapping[str, str] = {
    "input": "the run's input",
    "steps": "the outputs of earlier nodes, by id",
    "run": "facts of the run: id, workflow, version, namespace, attempt, started_at, external_id, scheduled_for",
    "item": "the current item of a foreach (or the name its `as` gives)",
    "index": "the position of that item, from 0",
    "previous": "the output of the round before, in a repeat",
    "error": "the failure that is being handled",
    "result": "the node's own output, in its `output`",
    "forward": "what a compensation undoes: outcome, output, error, idempotency_key",
    "secrets": "secrets, by name, in an activity's `with`",
}
"""Every root there is and what it holds; which of them a node sees depends on where it stands."""


class Scope(Protocol):
    """Where expressions read from. Values are plain JSON; whoever reads them never changes them."""

    def get(self, root: str) -> Json:
        """The value of a root other than `steps` and `secrets`. Raises LookupError for one that is not bound here."""

    def step(self, step_id: str) -> Json:
        """The output of a step; None when it was skipped or is not done."""

    def secret(self, name: str) -> str:
        """A secret. Raises LookupError when there is none of this name."""


@dataclass(frozen=True, slots=True)
class MappingScope:
    """A scope over one plain object: {"input": …, "steps": {id: output}, "secrets": {name: text}, …}."""

    values: Mapping[str, Json]

    def get(self, root: str) -> Json:
        """The value under `root`."""
        try:
            return self.values[root]
        except KeyError:
            bound = ", ".join(sorted(self.values)) or "nothing"
            raise ExpressionError(f"`{root}` is not bound here; what is: {bound}") from None

    def step(self, step_id: str) -> Json:
        """The output of a step, None when there is none."""
        return self.values.get("steps", {}).get(step_id)

    def secret(self, name: str) -> str:
        """The secret of this name."""
        try:
            return str(self.values.get("secrets", {})[name])
        except KeyError:
            raise ExpressionError(f"there is no secret `{name}`") from None
