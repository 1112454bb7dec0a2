"""From a resolved syntax tree to Python closures.

A closure takes the evaluation and the current value and gives the value of its part of the expression. Each is made
once, when the expression is compiled, with everything that does not depend on the data already decided: evaluating
costs a few calls instead of a walk over the tree. What each one does is JMESPath's specification, as its library
understands it: a part that does not apply to the current value gives null, and a projection leaves nulls out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from kagzi_dsl.dsl.budget import Evaluation
from kagzi_dsl.dsl.functions import BUILTINS
from kagzi_dsl.dsl.functions.call import caller
from kagzi_dsl.dsl.resolve import Ground, is_root_call
from kagzi_dsl.dsl.static_path import static_path, walked
from kagzi_dsl.dsl.syntax import Tree
from kagzi_dsl.dsl.values import is_false, same
from kagzi_dsl.payload import Json

Run: TypeAlias = Callable[[Evaluation, Json], Json]
Grounds: TypeAlias = Mapping[int, Ground]

_ORDERINGS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_NUMBERS: Final = frozenset({int, float})


def compile_tree(tree: Tree, grounds: Grounds) -> Run:
    """The closure for one node of a tree and all below it."""
    return _MAKERS[tree["type"]](tree, grounds)


def _names(fields: Sequence[Tree], ground: Ground) -> Run:
    """A chain of names: from a root, or from the current value."""
    if ground is Ground.ROOT:
        read = static_path({"type": "subexpression", "children": list(fields)})
        assert read is not None
        return lambda evaluation, value: read(evaluation.scope)
    if len(fields) == 1:
        name = str(fields[0]["value"])
        return lambda evaluation, value: value.get(name) if isinstance(value, dict) else None
    path = tuple(str(each["value"]) for each in fields)
    return lambda evaluation, value: walked(value, path)


def _field(tree: Tree, grounds: Grounds) -> Run:
    return _names([tree], grounds[id(tree)])


def _subexpression(tree: Tree, grounds: Grounds) -> Run:
    children = tree["children"]
    if is_root_call(children[0]):
        children = children[1:]
    names = 0
    while names < len(children) and children[names]["type"] == "field":
        names += 1
    parts = [_names(children[:names], grounds[id(children[0])])] if names else []
    return _chained(parts + [compile_tree(child, grounds) for child in children[names:]])


def _chained(parts: Sequence[Run]) -> Run:
    """One part after the other, each on what the one before gave."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda evaluation, value: second(evaluation, first(evaluation, value))

    def chain(evaluation: Evaluation, value: Json) -> Json:
        for part in parts:
            value = part(evaluation, value)
        return value

    return chain


def _chain(tree: Tree, grounds: Grounds) -> Run:
    return _chained([compile_tree(child, grounds) for child in tree["children"]])


def _identity(tree: Tree, grounds: Grounds) -> Run:
    return lambda evaluation, value: value


def _literal(tree: Tree, grounds: Grounds) -> Run:
    literal = tree["value"]
    return lambda evaluation, value: literal


def _index(tree: Tree, grounds: Grounds) -> Run:
    index = tree["value"]

    def item(evaluation: Evaluation, value: Json) -> Json:
        if not isinstance(value, list):
            return None
        return value[index] if -len(value) <= index < len(value) else None

    return item


def _slice(tree: Tree, grounds: Grounds) -> Run:
    wanted = slice(*tree["children"])
    return lambda evaluation, value: value[wanted] if isinstance(value, list) else None


def _projection(tree: Tree, grounds: Grounds) -> Run:
    base, each = (compile_tree(child, grounds) for child in tree["children"])

    def project(evaluation: Evaluation, value: Json) -> Json:
        items = base(evaluation, value)
        return _projected(evaluation, items, each) if isinstance(items, list) else None

    return project


def _value_projection(tree: Tree, grounds: Grounds) -> Run:
    base, each = (compile_tree(child, grounds) for child in tree["children"])

    def project(evaluation: Evaluation, value: Json) -> Json:
        items = base(evaluation, value)
        return _projected(evaluation, list(items.values()), each) if isinstance(items, dict) else None

    return project


def _projected(evaluation: Evaluation, items: list[Json], each: Run) -> list[Json]:
    evaluation.visit(len(items))
    return [found for item in items if (found := each(evaluation, item)) is not None]


def _filter_projection(tree: Tree, grounds: Grounds) -> Run:
    base, each, condition = (compile_tree(child, grounds) for child in tree["children"])

    def select(evaluation: Evaluation, value: Json) -> Json:
        items = base(evaluation, value)
        if not isinstance(items, list):
            return None
        evaluation.visit(len(items))
        return _projected(evaluation, [item for item in items if not is_false(condition(evaluation, item))], each)

    return select


def _flatten(tree: Tree, grounds: Grounds) -> Run:
    base = compile_tree(tree["children"][0], grounds)

    def flatten(evaluation: Evaluation, value: Json) -> Json:
        items = base(evaluation, value)
        if not isinstance(items, list):
            return None
        flat: list[Json] = []
        for item in items:
            if isinstance(item, list):
                evaluation.visit(len(item))
                flat.extend(item)
            else:
                flat.append(item)
        return flat

    return flatten


def _multi_select_list(tree: Tree, grounds: Grounds) -> Run:
    members = [compile_tree(child, grounds) for child in tree["children"]]
    at_root = grounds[id(tree)] is Ground.ROOT

    def select(evaluation: Evaluation, value: Json) -> Json:
        if value is None and not at_root:
            return None
        return [member(evaluation, value) for member in members]

    return select


def _multi_select_dict(tree: Tree, grounds: Grounds) -> Run:
    members = [(str(pair["value"]), compile_tree(pair["children"][0], grounds)) for pair in tree["children"]]
    at_root = grounds[id(tree)] is Ground.ROOT

    def select(evaluation: Evaluation, value: Json) -> Json:
        if value is None and not at_root:
            return None
        return {name: member(evaluation, value) for name, member in members}

    return select


def _comparator(tree: Tree, grounds: Grounds) -> Run:
    left, right = (compile_tree(child, grounds) for child in tree["children"])
    match tree["value"]:
        case "eq":
            return _equality(tree["children"], left, right)
        case "ne":
            equal = _equality(tree["children"], left, right)
            return lambda evaluation, value: not equal(evaluation, value)
        case order:
            return _ordering(_ORDERINGS[order], left, right)


def _equality(sides: Sequence[Tree], left: Run, right: Run) -> Run:
    for side, other in zip(sides, (right, left), strict=True):
        if side["type"] == "literal" and not isinstance(side["value"], (list, dict)):
            return _equality_to(side["value"], other)
    return lambda evaluation, value: same(left(evaluation, value), right(evaluation, value), evaluation.visit)


def _equality_to(literal: Json, other: Run) -> Run:
    """Equality with a scalar, which is what nearly every condition is."""
    if literal is None or isinstance(literal, bool):
        return lambda evaluation, value: other(evaluation, value) is literal
    if isinstance(literal, str):
        return lambda evaluation, value: bool(other(evaluation, value) == literal)

    def equals_number(evaluation: Evaluation, value: Json) -> bool:
        found = other(evaluation, value)
        return bool(found == literal) and type(found) is not bool

    return equals_number


def _ordering(order: Callable[[Any, Any], bool], left: Run, right: Run) -> Run:
    def compare(evaluation: Evaluation, value: Json) -> bool | None:
        one, other = left(evaluation, value), right(evaluation, value)
        numbers = type(one) in _NUMBERS and type(other) in _NUMBERS
        if numbers or (type(one) is str and type(other) is str):
            return order(one, other)
        return None

    return compare


def _or(tree: Tree, grounds: Grounds) -> Run:
    left, right = (compile_tree(child, grounds) for child in tree["children"])

    def either(evaluation: Evaluation, value: Json) -> Json:
        first = left(evaluation, value)
        return right(evaluation, value) if is_false(first) else first

    return either


def _and(tree: Tree, grounds: Grounds) -> Run:
    left, right = (compile_tree(child, grounds) for child in tree["children"])

    def both(evaluation: Evaluation, value: Json) -> Json:
        first = left(evaluation, value)
        return first if is_false(first) else right(evaluation, value)

    return both


def _not(tree: Tree, grounds: Grounds) -> Run:
    inner = compile_tree(tree["children"][0], grounds)
    return lambda evaluation, value: is_false(inner(evaluation, value))


def _expression_reference(tree: Tree, grounds: Grounds) -> Run:
    inner = compile_tree(tree["children"][0], grounds)
    return lambda evaluation, value: partial(inner, evaluation)


def _function(tree: Tree, grounds: Grounds) -> Run:
    arguments = [compile_tree(child, grounds) for child in tree["children"]]
    if tree["value"] == "if":
        return _choice(*arguments)
    call = caller(BUILTINS[tree["value"]], len(arguments))
    return lambda evaluation, value: call(evaluation, [argument(evaluation, value) for argument in arguments])


def _choice(condition: Run, then: Run, otherwise: Run) -> Run:
    def choose(evaluation: Evaluation, value: Json) -> Json:
        taken = otherwise if is_false(condition(evaluation, value)) else then
        return taken(evaluation, value)

    return choose


_MAKERS: Final[Mapping[str, Callable[[Tree, Grounds], Run]]] = {
    "field": _field,
    "subexpression": _subexpression,
    "index_expression": _chain,
    "pipe": _chain,
    "identity": _identity,
    "current": _identity,
    "literal": _literal,
    "index": _index,
    "slice": _slice,
    "projection": _projection,
    "value_projection": _value_projection,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "multi_select_list": _multi_select_list,
    "multi_select_dict": _multi_select_dict,
    "comparator": _comparator,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "expref": _expression_reference,
    "function_expression": _function,
}
