"""Frames: nodes being run.

A frame is one execution of one node. It is started by its parent, finishes exactly once with an outcome, and tells
its parent so. Nothing here calls back into a parent directly: starting and finishing go through the machine's agenda,
so that a chain of ten thousand nodes needs no deep stack.

Three ways to end early, and the first one wins: a child fails or returns, the frame's own timeout passes, or it is
cancelled from outside. Each winds the frame down: what it will end as is kept in `ending`, the children still active
are cancelled, and when the last of them has ended the frame is `drained` and finishes so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.template import Template
from kagzi_dsl.duration import format_duration, parse_duration
from kagzi_dsl.errors import Code, ExpressionError, Failure, PayloadError, PayloadTooLarge
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.events import AttemptFailed, NodeCompleted, NodeFailed, Purpose
from kagzi_dsl.runtime.core.ledger import Due, Ledger
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome, Returned, Skipped

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.agenda import Agenda
    from kagzi_dsl.runtime.core.env import Env

N = TypeVar("N", bound=model.Common, covariant=True)


class Parent(Protocol):
    """Whoever waits for a frame to end: another frame, or the run."""

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        """Called once for each child, from the agenda."""


class Frame(Generic[N]):
    """One execution of one node; kinds differ in `run`, `cancel` and what they do with their children."""

    __slots__ = (
        "begun", "done", "ending", "env", "key", "ledger", "machine", "node", "own_ledger", "own_row", "parent", "path",
        "prefix", "started_at", "timers", "unknown",
    )  # fmt: skip

    stores_output = False
    """Whether its own entry holds the output; false where the output is derived from other entries."""

    def __init__(
        self, machine: Agenda, node: N, parent: Parent, env: Env, prefix: str, key: int, ledger: Ledger | None
    ) -> None:
        self.machine = machine
        self.node = node
        self.parent = parent
        self.env = env
        self.prefix = prefix
        self.path = prefix + node.id
        self.key = key
        self.ledger = ledger
        self.own_ledger = self._ledger_for_children()
        self.started_at = machine.at
        self.timers: tuple[Purpose, ...] = ()
        self.ending: Outcome | None = None
        self.begun = False
        self.done = False
        self.own_row = True  # false where an event's own entry says how the node ended
        self.unknown = False  # true once the outcome of an attempt was unknown

    def _ledger_for_children(self) -> Ledger | None:
        return Ledger() if self.ledger is not None and self.node.compensate is not None else self.ledger

    def begin(self) -> None:
        """Starts the node unless its `when` says no."""
        if self.done:
            return
        self.begun = True
        self.started_at = self.machine.at
        if self.node.when is not None and not truthy(self.node.when.evaluate(self.env)):
            self.finish(Skipped())
            return
        self.machine.watcher.started(self)
        self.arm_timeout()
        self.run()

    def arm_timeout(self) -> None:
        """Arms the timer of the node's `timeout`."""
        if self.node.timeout is not None:
            self.machine.arm(self, "timeout", self.machine.at + duration_ms(self.node.timeout, self.env))

    def run(self) -> None:
        """Does what the kind does; called once."""
        raise NotImplementedError

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        """A child of this frame ended; leaves have none."""
        raise NotImplementedError

    def cancel(self, cause: Cause) -> None:
        """Tells the frame to stop; it finishes as soon as what is inside has stopped. The first cause wins."""
        raise NotImplementedError

    def timer_fired(self, purpose: Purpose) -> None:
        """A timer of this frame is due."""
        if purpose == "timeout" and self.ending is None:
            self.timed_out(self.timeout_failure())

    def timed_out(self, failure: Failure) -> None:
        """The node's `timeout` passed."""
        raise NotImplementedError

    def attempt_failed(self, event: AttemptFailed) -> None:
        """An attempt at what this frame asked for failed, and the next one is due."""
        raise NotImplementedError

    def answered(self, event: NodeCompleted | NodeFailed) -> Outcome:
        """What the answer to this frame's command makes of it; the machine finishes the frame with it."""
        raise NotImplementedError

    def crash(self, failure: Failure) -> None:
        """Something this frame evaluated failed; it has no active child at such a moment."""
        if not self.done:
            self.finish(Failed(failure))

    def finish(self, outcome: Outcome) -> None:
        """Ends the frame: reshapes its output, notes what may have to be undone, and tells journal and parent."""
        self.settle(self.shaped(outcome), done=outcome)

    @property
    def keeps_output(self) -> bool:
        """Whether the entry of its end holds its output: it made the value itself, or reshaped it."""
        return self.own_row and (self.stores_output or self.node.output is not None)

    def shaped(self, outcome: Outcome) -> Outcome:
        """The outcome after the node's `output` template and the payload limit, either of which can fail the node."""
        if not isinstance(outcome, Completed) or (self.node.output is None and not self.stores_output):
            return outcome
        try:
            if self.node.output is not None:
                outcome = Completed(self.node.output.evaluate(self.env.binding(result=outcome.output)))
            if self.keeps_output:
                self.machine.text_of(outcome.output)
        except ExpressionError as error:
            return Failed(invalid(error, self.path))
        except PayloadError as error:
            return Failed(unstorable(error, self.path))
        return outcome

    def settle(self, outcome: Outcome, *, done: Outcome) -> None:
        """As `finish`, with the shaped outcome at hand; `done` is what the node itself did."""
        assert not self.done, f"{self.path} finished twice"
        self.done = True
        if isinstance(outcome, Completed):
            self.env.values[self.node.id] = outcome.output
        self.register(done, outcome)
        self.machine.ended(self, outcome)

    def register(self, done: Outcome, outcome: Outcome) -> None:
        """Enters the node into the ledger if it is due for compensation."""
        if self.ledger is None:
            return
        replaced = isinstance(done, Completed) and self.node.compensate is not None
        if self.own_ledger is not None and self.own_ledger is not self.ledger:
            if replaced:
                self.own_ledger.entries.clear()
            self.own_ledger.hand_over(self.ledger)
        if self.node.compensate is None:
            return
        if isinstance(done, Completed):
            output = outcome.output if isinstance(outcome, Completed) else done.output
            self._due("completed", output, None)
        elif self.outcome_unknown(done):
            self._due("unknown", None, self.failure_of(done))

    def _due(self, outcome: str, output: Json, failure: Failure | None) -> None:
        assert self.ledger is not None
        assert self.node.compensate is not None
        self.ledger.add(
            Due(
                order=self.machine.next_order(),
                compensate=self.node.compensate,
                prefix=self.prefix,
                env=self.env,
                outcome="completed" if outcome == "completed" else "unknown",
                output=output,
                failure=failure,
                idempotency_key=self.idempotency_key(),
            )
        )

    def outcome_unknown(self, outcome: Outcome) -> bool:
        """Whether the node's effect may have happened although it did not complete; leaves that act know."""
        return False

    def idempotency_key(self) -> str:
        """The key under which this node's effect happens at most once."""
        return self.machine.key_of(self.path)

    def failure_of(self, outcome: Outcome) -> Failure | None:
        """The failure behind an outcome that is not a success."""
        match outcome:
            case Failed(failure):
                return failure
            case Cancelled(cause):
                return cancelled(cause, self.path)
            case _:
                return None

    def timeout_failure(self) -> Failure:
        """The failure of a node whose `timeout` passed."""
        assert self.node.timeout is not None
        took = format_duration(duration_ms(self.node.timeout, self.env))
        return Failure.of(Code.TIMEOUT, f"{self.node.id} was not done within {took}", path=self.path)

    def evaluate(self, template: Template) -> Json:
        """The template's value in this frame's scope."""
        return template.evaluate(self.env)


class Composite(Frame[N]):
    """A node made of others. `active` holds the children that have begun and not ended, by their key."""

    __slots__ = ("active",)

    def __init__(
        self, machine: Agenda, node: N, parent: Parent, env: Env, prefix: str, key: int, ledger: Ledger | None
    ) -> None:
        super().__init__(machine, node, parent, env, prefix, key, ledger)
        self.active: dict[int, Frame[Any]] = {}

    def spawn(self, node: model.Node, *, key: int = 0, env: Env | None = None, prefix: str | None = None) -> None:
        """Starts a child; what it does is entered into this frame's ledger for children."""
        child = self.machine.frame(
            node,
            self,
            env=self.env if env is None else env,
            prefix=self.prefix if prefix is None else prefix,
            key=key,
            ledger=self.own_ledger,
        )
        self.active[key] = child
        self.machine.start(child)

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        del self.active[child.key]
        if self.ending is not None:
            if not self.active:
                self.drained(self.ending)
            return
        match outcome:
            case Completed(output):
                self.child_completed(child, output)
            case Skipped():
                self.child_skipped(child)
            case Failed(failure):
                self.child_failed(child, failure)
            case Returned():
                self.wind_down(outcome, Cause("return", f"{child.path} ended the run"))
            case Cancelled(cause):
                self.wind_down(outcome, cause)

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        """A child completed while nothing had gone wrong."""
        raise NotImplementedError

    def child_skipped(self, child: Frame[Any]) -> None:
        """A child was skipped: as completed with null, unless a kind sees it otherwise."""
        self.child_completed(child, None)

    def child_failed(self, child: Frame[Any], failure: Failure) -> None:
        """A child failed: so does this node, after stopping the others."""
        self.wind_down(Failed(failure), Cause("sibling", f"{child.path} failed"))

    def wind_down(self, ending: Outcome, cause: Cause) -> None:
        """Ends as `ending` once every active child has been cancelled for `cause`."""
        self.ending = ending
        for child in list(self.active.values()):
            child.cancel(cause)
        if not self.active:
            self.drained(ending)

    def drained(self, ending: Outcome) -> None:
        """Nothing inside is active any more."""
        self.finish(ending)

    def cancel(self, cause: Cause) -> None:
        if self.done:
            return
        if not self.begun:
            self.finish(Cancelled(cause))
        elif self.ending is None:
            self.wind_down(Cancelled(cause), cause)

    def timed_out(self, failure: Failure) -> None:
        self.wind_down(Failed(failure), Cause("timeout", failure.message))


def inside(frame: Frame[Any]) -> list[Frame[Any]]:
    """The frames within one that have begun and not ended, or are about to begin."""
    return list(frame.active.values()) if isinstance(frame, Composite) else []


def truthy(value: Json) -> bool:
    """JMESPath's truth: false, null and what is empty are false; 0 is true."""
    return not (value is None or value is False or value == "" or value == [] or value == {})


def duration_ms(value: model.Duration, env: Env) -> int:
    """A duration in ms; raises ExpressionError when an expression gives something else."""
    if isinstance(value, int):
        return value
    result = value.evaluate(env)
    if not isinstance(result, str):
        message = f"a duration is text with a unit such as '90s' or format('{{}}s', n), and this is {result!r}"
        raise ExpressionError(message, expression=value.text)
    try:
        return parse_duration(result)
    except ValueError as error:
        raise ExpressionError(str(error), expression=value.text) from error


def invalid(error: ExpressionError, path: str) -> Failure:
    """The failure an expression's error becomes."""
    return Failure.of(Code.INVALID_ARGUMENT, str(error), path=path)


def unstorable(error: PayloadError, path: str) -> Failure:
    """The failure a value that cannot be stored becomes."""
    code = Code.PAYLOAD_TOO_LARGE if isinstance(error, PayloadTooLarge) else Code.INVALID_ARGUMENT
    return Failure.of(code, f"the output of {path or 'the run'} cannot be stored: {error}", path=path)


def cancelled(cause: Cause, path: str) -> Failure:
    """The failure a cancellation is shown as."""
    return Failure.of(Code.TIMEOUT if cause.reason == "timeout" else Code.CANCELLED, cause.message, path=path)
