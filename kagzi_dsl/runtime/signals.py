"""Whether a run takes a signal: asked of the sender, before anything is put into an inbox."""

from __future__ import annotations

from kagzi_dsl.dsl.input import validate_value
from kagzi_dsl.dsl.model import WaitFor, Workflow, walk
from kagzi_dsl.errors import SignalRefused
from kagzi_dsl.payload import Json


def check_signal(workflow: Workflow, name: str, payload: Json) -> None:
    """Raises SignalRefused unless some wait of the workflow has this name and a schema the payload fits."""
    waits = [node for node in walk(workflow.root) if isinstance(node, WaitFor)]
    wanted = [wait for wait in waits if wait.signal == name]
    if not wanted:
        raise SignalRefused(_nobody(workflow.name, name, sorted({wait.signal for wait in waits})))
    problems = [_problems(wait, payload) for wait in wanted]
    if all(problems):
        raise SignalRefused(f"the payload of {name!r} does not fit: " + "; ".join(problems[0]))


def _problems(wait: WaitFor, payload: Json) -> list[str]:
    return validate_value(wait.schema, payload) if wait.schema is not None else []


def _nobody(workflow: str, name: str, known: list[str]) -> str:
    if not known:
        return f"{workflow} waits for no signal at all"
    from difflib import get_close_matches  # only for those who mistype

    close = get_close_matches(name, known, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{workflow} waits for no signal {name!r}, only for {', '.join(known)}{meant}"
