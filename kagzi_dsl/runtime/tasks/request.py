"""What goes from the owner of a run to whoever makes an attempt for it, and what comes back, both as JSON text.

No secret goes either way. Where the arguments hold one, they are not sent at all: what their expressions read besides
is, and whoever makes the attempt evaluates them with the secrets of its own environment.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from kagzi_dsl.dsl.template import Template
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json, dumps, loads
from kagzi_dsl.runtime.core.events import AttemptFailed, Event, NodeCompleted, NodeFailed

if TYPE_CHECKING:
    from kagzi_dsl.dsl.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An attempt as it is asked for; times in ms. `node` is the id of the node in the definition `digest`.

    `scope` holds what arguments with secrets read, None where `arguments` are complete.
    """

    digest: str
    node: str
    arguments: Json
    scope: dict[str, Json] | None
    idempotency_key: str
    timeout: int | None
    heartbeat: int | None
    first_started_at: int | None
    traceparent: str
    correlation_id: str

    def text(self) -> str:
        """The JSON text that `read` understands. Raises PayloadError."""
        return dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Request:
        """The request of a text."""
        return cls(**loads(text))


@dataclass(frozen=True, slots=True)
class SentScope:
    """A scope made of what was sent; it answers as the original one for the expressions it was made for."""

    values: dict[str, Json]

    def get(self, root: str) -> Json:
        return self.values.get(root)

    def step(self, step_id: str) -> Json:
        return self.values.get("steps", {}).get(step_id)

    def secret(self, name: str) -> str:
        raise LookupError(name)


def read_by(template: Template, scope: Scope) -> dict[str, Json]:
    """Everything the expressions of a template read in `scope`, but secrets."""
    found: dict[str, Json] = {}
    for embedded in template.expressions:
        for reference in embedded.expression.references:
            match reference.root:
                case "secrets":
                    pass
                case "steps":
                    found.setdefault("steps", {})[reference.path[0]] = scope.step(reference.path[0])
                case root:
                    found[root] = scope.get(root)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an attempt. A failure with `due` (ms) is to be tried again then."""

    path: str
    attempt: int
    started_at: int
    output: Json = None
    failure: Failure | None = None
    due: int | None = field(default=None)

    @classmethod
    def of(cls, event: Event) -> Answer:
        """The answer that an event is."""
        match event:
            case NodeCompleted(path, output, _, attempt, started_at, _):
                return cls(path=path, attempt=attempt, started_at=started_at, output=output)
            case NodeFailed(path, failure, attempt, started_at, _):
                return cls(path=path, attempt=attempt, started_at=started_at, failure=failure)
            case AttemptFailed(path, failure, attempt, started_at, due, _):
                return cls(path=path, attempt=attempt, started_at=started_at, failure=failure, due=due)
            case _:
                raise TypeError(f"{event} answers no attempt")

    def event(self, now: int) -> Event:
        """The event it is at `now`."""
        if self.failure is None:
            return NodeCompleted(self.path, self.output, dumps(self.output), self.attempt, self.started_at, now)
        if self.due is None:
            return NodeFailed(self.path, self.failure, self.attempt, self.started_at, now)
        return AttemptFailed(self.path, self.failure, self.attempt, self.started_at, self.due, now)

    def text(self) -> str:
        """The JSON text that `read` understands. Raises PayloadError."""
        failure = None if self.failure is None else self.failure.to_record()
        record = {"path": self.path, "attempt": self.attempt, "started_at": self.started_at, "output": self.output}
        return dumps({**record, "failure": failure, "due": self.due})

    @classmethod
    def read(cls, value: Json) -> Answer:
        """The answer of a JSON value."""
        failure = value["failure"]
        return cls(**{**value, "failure": None if failure is None else Failure.from_record(failure)})
