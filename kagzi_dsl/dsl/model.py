"""A workflow as data: one frozen dataclass a node kind, a closed union.

Nothing here knows where it stood in a file; positions live beside the model, in `parse.Document`. Durations are whole
milliseconds, or an expression that gives a duration when the node runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from kagzi_dsl.dsl.expressions import Expression
from kagzi_dsl.dsl.template import Template
from kagzi_dsl.retry import Retry

Duration: TypeAlias = int | Expression
OnError = Literal["cancel", "wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every node has. `timeout` of an activity bounds one attempt, of any other node all of it."""

    kind: ClassVar[str]
    id: str
    when: Expression | None = None
    timeout: Duration | None = None
    compensate: Node | None = None
    output: Template | None = None

    def children(self) -> Iterator[Node]:
        """The nodes directly inside this one, its `compensate` last."""
        if self.compensate is not None:
            yield self.compensate


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Common):
    """Calls a registered function; its output is what the function returns."""

    kind: ClassVar[str] = "activity"
    activity: str
    with_: Template
    retry: Retry = Retry()
    queue: str | None = None
    heartbeat: Duration | None = None
    idempotency_key: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seq(Common):
    """One node after the other; its output is the last one's."""

    kind: ClassVar[str] = "seq"
    body: tuple[Node, ...]

    def children(self) -> Iterator[Node]:
        yield from self.body
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Common):
    """Branches side by side; its output is an object by branch name, or a list when the branches have none."""

    kind: ClassVar[str] = "parallel"
    branches: tuple[Node, ...]
    names: tuple[str, ...] | None
    limit: int | None = None
    on_error: OnError = "cancel"

    def children(self) -> Iterator[Node]:
        yield from self.branches
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga(Common):
    """As `seq`; when it does not complete, what was done inside is compensated."""

    kind: ClassVar[str] = "saga"
    body: tuple[Node, ...]
    order: Literal["reverse", "parallel"] = "reverse"
    on_compensation_error: Literal["continue", "halt"] = "continue"
    on_failure: Node | None = None

    def children(self) -> Iterator[Node]:
        yield from self.body
        if self.on_failure is not None:
            yield self.on_failure
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep(Common):
    """Waits for a duration, or until a moment (RFC 3339 text or an expression giving it). Exactly one is set."""

    kind: ClassVar[str] = "sleep"
    duration: Duration | None = None
    until: Expression | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One branch of a switch; `when` is None for the `else`."""

    when: Expression | None
    do: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Common):
    """Takes the first branch whose `when` holds; its output is that branch's, or null."""

    kind: ClassVar[str] = "switch"
    cases: tuple[Case, ...]

    def children(self) -> Iterator[Node]:
        for case in self.cases:
            yield case.do
        yield from Common.children(self)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many items of a foreach may fail: a count, or a percentage of all (then `percent` is true)."""

    amount: int
    percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreach(Common):
    """Runs `do` once for each item; its output is a list in the order of the items."""

    kind: ClassVar[str] = "foreach"
    items: Template
    item_name: str = "item"
    do: Node
    limit: int = 64
    on_error: OnError = "cancel"
    tolerate: Tolerance | None = None

    def children(self) -> Iterator[Node]:
        yield self.do
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Common):
    """Runs `do` again and again until `until` holds; at most `max` rounds, `every` apart."""

    kind: ClassVar[str] = "repeat"
    do: Node
    until: Expression
    every: Duration | None = None
    max: int

    def children(self) -> Iterator[Node]:
        yield self.do
        yield from Common.children(self)


@dataclass(frozen=True, slots=True)
class Handler:
    """One `catch` of a try: which errors (none named: all), the name the error is bound to, and what to do."""

    errors: tuple[str, ...]
    error_name: str
    do: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Try(Common):
    """Runs `body`; a failure goes to the first handler that matches; `finally` runs in any case."""

    kind: ClassVar[str] = "try"
    body: Node
    handlers: tuple[Handler, ...] = ()
    finally_: Node | None = None

    def children(self) -> Iterator[Node]:
        yield self.body
        for handler in self.handlers:
            yield handler.do
        if self.finally_ is not None:
            yield self.finally_
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Race(Common):
    """Branches side by side; the first to complete wins; its output is {winner, output}."""

    kind: ClassVar[str] = "race"
    branches: tuple[Node, ...]
    names: tuple[str, ...]

    def children(self) -> Iterator[Node]:
        yield from self.branches
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor(Common):
    """Waits for a signal; its output is the payload, or that of `else_` when `timeout` passes first."""

    kind: ClassVar[str] = "wait_for"
    signal: str
    schema: Mapping[str, Any] | None = None
    else_: Node | None = None

    def children(self) -> Iterator[Node]:
        if self.else_ is not None:
            yield self.else_
        yield from Common.children(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Common):
    """Sends a signal to a run (`to`: run id or external id; left out: this run). Its output is null."""

    kind: ClassVar[str] = "signal"
    signal: str
    to: Template | None = None
    with_: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Common):
    """Runs another workflow; its output is that one's, or {run_id} when detached.

    `workflow` is a workflow's name, or a file's path (it holds a `/` or ends in .yaml, .yml or .json) until the
    document is linked, which puts the name in its place.
    """

    kind: ClassVar[str] = "call"
    workflow: str
    with_: Template
    detach: bool = False
    retry: Retry = Retry(max_attempts=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(Common):
    """Makes a value; its output is the template's."""

    kind: ClassVar[str] = "set"
    value: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Assert(Common):
    """Fails with PreconditionFailed unless its condition holds; its output is null."""

    kind: ClassVar[str] = "assert"
    condition: Expression
    message: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(Common):
    """Fails with an error of the author's own making."""

    kind: ClassVar[str] = "fail"
    code: str = "Internal"
    type: str = ""
    message: Template
    details: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Common):
    """Ends the run with this output; nothing is compensated."""

    kind: ClassVar[str] = "return"
    value: Template


Node: TypeAlias = (
    Activity
    | Seq
    | Parallel
    | Saga
    | Sleep
    | Switch
    | Foreach
    | Repeat
    | Try
    | Race
    | WaitFor
    | Signal
    | Call
    | Set
    | Assert
    | Fail
    | Return
)

KINDS: tuple[str, ...] = tuple(
    kind.kind
    for kind in (
        Activity,
        Seq,
        Parallel,
        Saga,
        Sleep,
        Switch,
        Foreach,
        Repeat,
        Try,
        Race,
        WaitFor,
        Signal,
        Call,
        Set,
        Assert,
        Fail,
        Return,
    )
)
"""Every kind key, in the order the documentation tells them."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every activity of a workflow unless it says otherwise; `timeout` in ms."""

    retry: Retry = Retry()
    timeout: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyLimits:
    """How many runs are at work at once: `limit` of all, `key_limit` of those with the same `key`. None: any number."""

    limit: int | None = None
    key: Template | None = None
    key_limit: int | None = None


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of the run as a whole."""

    retry: Retry = Retry(max_attempts=1)
    priority: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    concurrency: ConcurrencyLimits = ConcurrencyLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A whole workflow: its header and its root node. `timeout`, `queue` and `output` are the run's."""

    name: str
    root: Node
    version: str | None = None
    input_schema: Mapping[str, Any] | None = None
    output_schema: Mapping[str, Any] | None = None
    queue: str = "default"
    timeout: Duration | None = None
    output: Template | None = None
    run: RunSettings = RunSettings()
    defaults: Defaults = Defaults()


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything inside it, in document order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(current.children())))
