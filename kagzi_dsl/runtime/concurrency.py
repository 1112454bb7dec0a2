"""What limits a run is under by its workflow, worked out when it is started."""

from __future__ import annotations

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.dsl.template import Template
from kagzi_dsl.errors import ExpressionError, InputError
from kagzi_dsl.payload import Json, dumps
from kagzi_dsl.runtime.store.limits import LONGEST_KEY, NOTHING, Concurrency


def concurrency_of(workflow: Workflow, given: Json) -> Concurrency:
    """The limits of a run of this input (with its defaults). Raises InputError for an input that gives no key."""
    limits = workflow.run.concurrency
    if limits.limit is None and limits.key is None:
        return NOTHING
    key = None if limits.key is None else _key(limits.key, given)
    return Concurrency(limit=limits.limit, key=key, key_limit=limits.key_limit)


def _key(template: Template, given: Json) -> str:
    try:
        value = template.evaluate(MappingScope({"input": given}))
    except ExpressionError as error:
        raise InputError([f"the concurrency key {template.source!r} cannot be worked out: {error}"]) from error
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise InputError([f"the concurrency key {template.source!r} must give a text or a number, not {_told(value)}"])
    key = value if isinstance(value, str) else dumps(value)
    if len(key) > LONGEST_KEY:
        raise InputError(
            [f"the concurrency key {template.source!r} gives {len(key):,} characters; it may have {LONGEST_KEY}"]
        )
    return key


def _told(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return dumps(value)
