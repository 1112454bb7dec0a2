"""One function a node kind: from a draft to the node of the model.

A node in which something is wrong keeps the nodes inside it; one with none is replaced by `set: null` under its id, so
that nobody takes what was made up for what the author said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.expressions import Expression
from kagzi_dsl.dsl.model import Node
from kagzi_dsl.dsl.parsing.drafts import Draft
from kagzi_dsl.dsl.parsing.fields import Fields, null_template
from kagzi_dsl.dsl.parsing.problems import Problems
from kagzi_dsl.payload import Json


class NodeBuilder:
    """Builds the nodes of one document; afterwards `broken` holds the ids of those in which something was wrong."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.broken: set[str] = set()

    def build(self, draft: Draft) -> Node:
        """The node of a draft, everything inside it included."""
        children = {tail: self.build(child) for tail, child in draft.children.items()}
        read = Fields(draft.options, draft.pointer, self.problems)
        common = _common(draft, read, children)
        if draft.kind is None:
            read.flawed = True
            node = _placeholder(common)
        else:
            node = _BUILDERS[draft.kind](_Site(draft, read, children), common)
        if not read.flawed and not self._shape_is_wrong(draft):
            return node
        self.broken.add(draft.id)
        inside = [child for tail, child in children.items() if tail != ("compensate",)]
        return node if inside else _placeholder(common)

    def _shape_is_wrong(self, draft: Draft) -> bool:
        """Whether the check of the shape found something in the node itself, not in a node inside it."""
        told = self.problems.told_below
        if not told(draft.pointer):
            return False
        # The root shares its mapping with the header: only what stands under the root's own options counts.
        own = told(draft.pointer) if draft.pointer else sum(told((key,)) for key in draft.options)
        return own > sum(told(child.pointer) for child in draft.children.values())


_Common: TypeAlias = dict[str, Any]


class _Site:
    """What the function of a kind works with: the node's options and the nodes inside it."""

    __slots__ = ("children", "draft", "key", "read")

    def __init__(self, draft: Draft, read: Fields, children: Mapping[Pointer, Node]) -> None:
        self.draft = draft
        self.read = read
        self.children = children
        # A misspelt kind key is read as the one that was meant; where a list stands for a seq there is none.
        self.key = draft.kind_key or ""

    def child(self, *tail: str | int) -> Node | None:
        return self.children.get(tail)

    def required(self, *tail: str | int) -> Node:
        return self.children[tail]

    def all_under(self, key: str) -> tuple[Node, ...]:
        return tuple(node for tail, node in self.children.items() if tail[0] == key and len(tail) == 2)


def _common(draft: Draft, read: Fields, children: Mapping[Pointer, Node]) -> _Common:
    return {
        "id": draft.id,
        "when": read.expression("when"),
        "timeout": read.duration("timeout"),
        "compensate": children.get(("compensate",)),
        "output": read.template("output"),
    }


def _placeholder(common: _Common) -> Node:
    return model.Set(value=null_template(), **common)


def _activity(site: _Site, common: _Common) -> Node:
    read = site.read
    return model.Activity(
        activity=read.text(site.key),
        with_=read.arguments("with"),
        retry=read.retry("retry"),
        queue=read.text("queue") or None,
        heartbeat=read.duration("heartbeat"),
        idempotency_key=read.template("idempotency_key"),
        **common,
    )


def _seq(site: _Site, common: _Common) -> Node:
    if site.draft.kind_key is None:
        return model.Seq(body=tuple(site.children.values()), **common)
    return model.Seq(body=_body(site), **common)


def _body(site: _Site) -> tuple[Node, ...]:
    if not isinstance(site.draft.value, list):
        site.read.refuse(site.key, "a list of nodes", None)
    return site.all_under(site.key)


def _branches(site: _Site) -> tuple[tuple[Node, ...], tuple[str, ...] | None]:
    if isinstance(site.draft.value, dict):
        return site.all_under(site.key), tuple(site.draft.value)
    return _body(site), None


def _on_error(site: _Site) -> model.OnError:
    return "wait" if site.read.word("on_error", ("cancel", "wait")) == "wait" else "cancel"


def _parallel(site: _Site, common: _Common) -> Node:
    branches, names = _branches(site)
    limit, on_error = site.read.whole("limit"), _on_error(site)
    return model.Parallel(branches=branches, names=names, limit=limit, on_error=on_error, **common)


def _race(site: _Site, common: _Common) -> Node:
    branches, names = _branches(site)
    if names is None:
        site.read.refuse(site.key, "a mapping of named branches", None)
    return model.Race(branches=branches, names=names or tuple(branch.id for branch in branches), **common)


def _saga(site: _Site, common: _Common) -> Node:
    read = site.read
    order: Literal["reverse", "parallel"] = "reverse"
    if read.word("order", ("reverse", "parallel")) == "parallel":
        order = "parallel"
    on_error: Literal["continue", "halt"] = "continue"
    if read.word("on_compensation_error", ("continue", "halt")) == "halt":
        on_error = "halt"
    body, on_failure = _body(site), site.child("on_failure")
    return model.Saga(body=body, order=order, on_compensation_error=on_error, on_failure=on_failure, **common)


def _sleep(site: _Site, common: _Common) -> Node:
    if isinstance(site.draft.value, dict):
        return model.Sleep(until=site.read.mapping(site.key).moment("until"), **common)
    return model.Sleep(duration=site.read.duration(site.key) or 0, **common)


def _switch(site: _Site, common: _Common) -> Node:
    cases: list[model.Case] = []
    for index, read in enumerate(site.read.mappings(site.key)):
        otherwise = site.child(site.key, index, "else")
        if otherwise is not None:
            cases.append(model.Case(None, otherwise))
        else:
            cases.append(model.Case(read.required_expression("when"), site.required(site.key, index, "do")))
        if len(cases) > 1 and cases[-2].when is None:
            message = "this case is never reached: the one before it is the `else`"
            read.problems.report("unreachable-case", message, read.pointer, hint="put the `else` last")
    return model.Switch(cases=tuple(cases), **common)


def _foreach(site: _Site, common: _Common) -> Node:
    read = site.read
    return model.Foreach(
        items=read.items(site.key),
        item_name=read.text("as", "item"),
        do=site.required("do"),
        on_error=_on_error(site),
        tolerate=_tolerance(read, "tolerate"),
        **_given(limit=read.whole("limit")),
        **common,
    )


def _given(**options: Json) -> dict[str, Any]:
    """The options that are there; the model knows what holds for the others."""
    return {name: value for name, value in options.items() if value is not None}


_PERCENTAGE = re.compile(r"(\d{1,3})\s*%")


def _tolerance(read: Fields, key: str) -> model.Tolerance | None:
    value = read.values.get(key)
    if not isinstance(value, str):
        amount = read.whole(key, least=0)
        return None if amount is None else model.Tolerance(amount)
    match = _PERCENTAGE.fullmatch(value.strip())
    if match and int(match[1]) <= 100:
        return model.Tolerance(int(match[1]), percent=True)
    read.refuse(key, "a number of items, or a percentage such as 10%", None)
    return None


def _repeat(site: _Site, common: _Common) -> Node:
    read = site.read
    most = read.whole("max") or (1 if "max" in read else read.refuse("max", "a whole number from 1 up", 1))
    until, every = read.required_expression("until"), read.duration("every")
    return model.Repeat(do=site.required(site.key), until=until, every=every, max=most, **common)


def _try(site: _Site, common: _Common) -> Node:
    handlers = tuple(
        model.Handler(read.names("errors"), read.text("as", "error"), site.required("catch", index, "do"))
        for index, read in enumerate(site.read.mappings("catch"))
    )
    return model.Try(body=site.required(site.key), handlers=handlers, finally_=site.child("finally"), **common)


def _wait_for(site: _Site, common: _Common) -> Node:
    signal, schema = site.read.text(site.key), site.read.data_schema("schema")
    return model.WaitFor(signal=signal, schema=schema, else_=site.child("else"), **common)


def _signal(site: _Site, common: _Common) -> Node:
    read = site.read
    return model.Signal(signal=read.text(site.key), to=read.template("to"), with_=read.template("with"), **common)


def _call(site: _Site, common: _Common) -> Node:
    read = site.read
    retry = _given(retry=read.retry("retry") if "retry" in read else None)
    workflow, detach = read.text(site.key), read.flag("detach")
    return model.Call(workflow=workflow, with_=read.arguments("with"), detach=detach, **retry, **common)


def _set(site: _Site, common: _Common) -> Node:
    return model.Set(value=site.read.required_template(site.key), **common)


def _return(site: _Site, common: _Common) -> Node:
    return model.Return(value=site.read.required_template(site.key), **common)


def _assert(site: _Site, common: _Common) -> Node:
    condition: Expression = site.read.required_expression(site.key)
    return model.Assert(condition=condition, message=site.read.template("message"), **common)


def _fail(site: _Site, common: _Common) -> Node:
    if isinstance(site.draft.value, str):
        return model.Fail(message=site.read.required_template(site.key), **common)
    read = site.read.mapping(site.key)
    return model.Fail(
        type=read.text("type"),
        message=read.required_template("message"),
        details=read.template("details"),
        **_given(code=read.text("code") or None),
        **common,
    )


_Builder: TypeAlias = Callable[[_Site, _Common], Node]
_BUILDERS: Mapping[str, _Builder] = {
    "activity": _activity,
    "seq": _seq,
    "parallel": _parallel,
    "saga": _saga,
    "sleep": _sleep,
    "switch": _switch,
    "foreach": _foreach,
    "repeat": _repeat,
    "try": _try,
    "race": _race,
    "wait_for": _wait_for,
    "signal": _signal,
    "call": _call,
    "set": _set,
    "assert": _assert,
    "fail": _fail,
    "return": _return,
}
