"""The canonical form of a workflow: the one document that stands for all that mean the same.

It is itself a valid document, and parsing it gives an equal workflow. Every node has its id, every sugar is written
out (a list is a `seq`, a message a mapping, a bare expression stands in `${ }`), durations are `<n>ms`, what holds
anyway is left out, and so is what does not matter to a run: descriptions, where activities are, comments, positions.

Keys are sorted, because JSON objects have no order, except those of the branches of `parallel` and `race`: branches
start in the order of the document, so that order is kept, and whoever writes the form must write keys as they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, assert_never

from kagzi_dsl.dsl.expressions import Expression
from kagzi_dsl.dsl.model import (
    Activity,
    Assert,
    Call,
    Case,
    ConcurrencyLimits,
    Defaults,
    Duration,
    Fail,
    Foreach,
    Handler,
    Node,
    Parallel,
    Race,
    Repeat,
    Return,
    RunSettings,
    Saga,
    Seq,
    Set,
    Signal,
    Sleep,
    Switch,
    Tolerance,
    Try,
    WaitFor,
    Workflow,
)
from kagzi_dsl.dsl.order import in_order
from kagzi_dsl.dsl.template import Template
from kagzi_dsl.payload import Json
from kagzi_dsl.retry import Retry

_Mapping: TypeAlias = dict[str, Json]


def canonical(workflow: Workflow) -> _Mapping:
    """The canonical form of a workflow, its keys in the order in which they are to be written.

    Raises ValueError for a workflow no document can say: its root node has an option that belongs to the run.
    """
    root = _node(workflow.root)
    shared = _HEADER & root.keys()
    if shared:
        raise ValueError(f"the root node cannot have {', '.join(sorted(shared))}: at the root that is the run's")
    return _sorted({**root, **_header(workflow)})


_HEADER = frozenset({"timeout", "queue", "output"})


def _header(workflow: Workflow) -> _Mapping:
    run = {**_plain(workflow.run, "priority"), **_retry(workflow.run), **_labels(workflow.run)}
    run.update(_concurrency(workflow.run.concurrency))
    defaults = {**_retry(workflow.defaults), **_duration("timeout", workflow.defaults.timeout)}
    return {
        "workflow": workflow.name,
        **_plain(workflow, "version", "queue"),
        **_schema("input", workflow.input_schema),
        **_schema("output_schema", workflow.output_schema),
        **_duration("timeout", workflow.timeout),
        **_template("output", workflow.output),
        **({"run": _sorted(run)} if run else {}),
        **({"defaults": _sorted(defaults)} if defaults else {}),
    }


def _labels(run: RunSettings) -> _Mapping:
    return {"labels": in_order(dict(run.labels))} if run.labels else {}


def _concurrency(limits: ConcurrencyLimits) -> _Mapping:
    whole: _Mapping = {} if limits.limit is None else {"limit": limits.limit}
    keyed = _template("key", limits.key)
    if keyed and limits.key_limit is not None:
        keyed["limit"] = limits.key_limit
    given = [one for one in (whole, keyed) if one]
    return {"concurrency": given if len(given) > 1 else given[0]} if given else {}


def _node(node: Node) -> _Mapping:
    common: _Mapping = {
        "id": node.id,
        **_expression("when", node.when),
        **_duration("timeout", node.timeout),
        **_inner("compensate", node.compensate),
        **_template("output", node.output),
    }
    return _sorted({**common, **_own(node)})


def _own(node: Node) -> _Mapping:
    """A node's kind key and the options of its kind."""
    match node:
        case Activity():
            return _activity(node)
        case Seq():
            return {"seq": [_node(step) for step in node.body]}
        case Parallel():
            return {"parallel": _branches(node), **_plain(node, "limit", "on_error")}
        case Saga():
            options = _plain(node, "order", "on_compensation_error")
            return {"saga": [_node(step) for step in node.body], **options, **_inner("on_failure", node.on_failure)}
        case Sleep() if node.until is not None:
            return {"sleep": _expression("until", node.until)}
        case Sleep():
            return _duration("sleep", node.duration)
        case Switch():
            return {"switch": [_case(case) for case in node.cases]}
        case Foreach():
            return _foreach(node)
        case Repeat():
            options = {**_expression("until", node.until), **_duration("every", node.every)}
            return {"repeat": _node(node.do), "max": node.max, **options}
        case Try():
            return _try(node)
        case Race():
            return {"race": _branches(node)}
        case WaitFor():
            return {"wait_for": node.signal, **_schema("schema", node.schema), **_inner("else", node.else_)}
        case Signal():
            return {"signal": node.signal, **_template("to", node.to), **_template("with", node.with_)}
        case Call():
            return {"call": node.workflow, **_arguments(node.with_), **_plain(node, "detach"), **_retry(node)}
        case Set():
            return _template("set", node.value)
        case Assert():
            return {**_expression("assert", node.condition), **_template("message", node.message)}
        case Fail():
            return {"fail": _fail(node)}
        case Return():
            return _template("return", node.value)
        case _:
            assert_never(node)


def _activity(node: Activity) -> _Mapping:
    return {
        "activity": node.activity,
        **_arguments(node.with_),
        **_retry(node),
        **_plain(node, "queue"),
        **_duration("heartbeat", node.heartbeat),
        **_template("idempotency_key", node.idempotency_key),
    }


def _branches(node: Parallel | Race) -> Json:
    branches = [_node(branch) for branch in node.branches]
    return branches if node.names is None else dict(zip(node.names, branches, strict=True))


def _case(case: Case) -> _Mapping:
    if case.when is None:
        return {"else": _node(case.do)}
    return {"do": _node(case.do), **_expression("when", case.when)}


def _foreach(node: Foreach) -> _Mapping:
    options = {**_plain(node, "limit", "on_error"), **_tolerance(node.tolerate)}
    name = {"as": node.item_name} if node.item_name != _default(node, "item_name") else {}
    return {**_template("foreach", node.items), "do": _node(node.do), **name, **options}


def _tolerance(tolerance: Tolerance | None) -> _Mapping:
    if tolerance is None:
        return {}
    return {"tolerate": f"{tolerance.amount}%" if tolerance.percent else tolerance.amount}


def _try(node: Try) -> _Mapping:
    handlers = {"catch": [_handler(handler) for handler in node.handlers]} if node.handlers else {}
    return {"try": _node(node.body), **handlers, **_inner("finally", node.finally_)}


def _handler(handler: Handler) -> _Mapping:
    errors = {"errors": list(handler.errors)} if handler.errors else {}
    name = {"as": handler.error_name} if handler.error_name != "error" else {}
    return _sorted({"do": _node(handler.do), **errors, **name})


def _fail(node: Fail) -> _Mapping:
    return _sorted(
        {**_plain(node, "code", "type"), **_template("message", node.message), **_template("details", node.details)}
    )


def _inner(key: str, node: Node | None) -> _Mapping:
    return {} if node is None else {key: _node(node)}


def _template(key: str, template: Template | None) -> _Mapping:
    return {} if template is None else {key: in_order(template.source)}


def _arguments(template: Template) -> _Mapping:
    return {} if template.source == {} else _template("with", template)


def _expression(key: str, expression: Expression | None) -> _Mapping:
    return {} if expression is None else {key: f"${{ {expression.text} }}"}


def _duration(key: str, duration: Duration | None) -> _Mapping:
    if isinstance(duration, Expression):
        return _expression(key, duration)
    return {} if duration is None else {key: f"{duration}ms"}


def _schema(key: str, schema: Mapping[str, Any] | None) -> _Mapping:
    return {} if schema is None else {key: in_order(dict(schema))}


def _retry(owner: Activity | Call | RunSettings | Defaults) -> _Mapping:
    """The policy's fields that are given; nothing where the policy is what holds anyway."""
    if owner.retry == _default(owner, "retry"):
        return {}
    policy: _Mapping = {}
    for name in ("initial_interval", "max_elapsed", "max_interval"):
        policy.update(_duration(name, getattr(owner.retry, name)))
    errors = owner.retry.non_retryable_errors
    policy.update({} if errors is None else {"non_retryable_errors": list(errors)})
    return {"retry": _sorted({**policy, **_plain(owner.retry, "max_attempts", "backoff_coefficient")})}


def _plain(owner: Node | Workflow | RunSettings | Retry, *names: str) -> _Mapping:
    """The options among `names` that are not what holds anyway."""
    return {name: value for name in names if (value := getattr(owner, name)) != _default(owner, name)}


def _default(owner: Node | Workflow | RunSettings | Defaults | Retry, name: str) -> Json:
    return owner.__dataclass_fields__[name].default


def _sorted(mapping: _Mapping) -> _Mapping:
    return {key: mapping[key] for key in sorted(mapping)}
