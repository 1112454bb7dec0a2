"""What is surely wrong in a part of an expression, judged by the types of what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kagzi_dsl.dsl.function_types import argument_kinds
from kagzi_dsl.dsl.functions.signature import FunctionParameter, FunctionSignature
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.dsl.syntax import Tree
from kagzi_dsl.dsl.types import ANY, Type, without_null


class Finding(NamedTuple):
    """Something wrong in an expression: at which part of its syntax tree, and in the words of a diagnostic.

    Where it is about a name, `name` is the one that was read and `known` are those there are.
    """

    code: str
    tree: Tree
    message: str
    advice: str | None = None
    name: str = ""
    known: Mapping[str, Type] | None = None

    @property
    def hint(self) -> str | None:
        """What would be right; searched for only when it is told."""
        return self.advice if self.known is None else did_you_mean(self.name, self.known)


_SIZES = frozenset({"length", "size", "count"})
_MEASURED = frozenset({"array", "string"})


def of_field(tree: Tree, value: Type, label: str) -> Finding | None:
    """Whether a field that `value` is not known to have can be there at all; `label` is how `value` is written."""
    name, what = tree["value"], _named(label)
    if not value.may_be("object"):
        message = f"{what} is {_shown(value)}, which has no fields, so `{name}` of it is always null"
        advice = f"how many there are is length({label})" if name in _SIZES and value.kinds & _MEASURED else None
        return Finding("always-null", tree, message, advice)
    if value.fields is None:
        return None
    if value.rest is None:
        return Finding("unknown-field", tree, f"{what} has no field `{name}`", name=name, known=value.fields)
    if not value.listed:
        return None
    message = f"`{name}` is not among the fields that {what} is declared with"
    return Finding("undeclared-field", tree, message, name=name, known=value.fields)


def of_nothing_inside(tree: Tree, value: Type, label: str, inside: str) -> Finding:
    """That `value` has no elements, or no fields, to read one by one."""
    message = f"{_named(label)} is {_shown(value)}, which has no {inside}, so this is always null"
    return Finding("always-null", tree, message)


def of_negation(chain: list[Tree]) -> Finding:
    """That in `!input.done` the `!` takes `input` alone, as JMESPath's grammar has it."""
    name = chain[1].get("value") if chain[1]["type"] == "field" else None
    what = f"`{name}`" if name else "something"
    message = f"`!` takes only the name right behind it: this reads {what} of true or false, which is always null"
    return Finding("always-null", chain[0], message, "put what is negated in parentheses, as in !(input.done)")


def of_comparison(tree: Tree, left: Type, right: Type) -> Finding | None:
    """Whether a comparison comes out the same for all values of two types."""
    if tree["value"] in ("eq", "ne"):
        if not _never_equal(left, right):
            return None
        always = "false" if tree["value"] == "eq" else "true"
        return Finding("useless-comparison", tree, f"{_versus(left, right)}, so this is always {always}")
    if not left.kinds or not right.kinds or left.kinds & right.kinds & {"number", "string"}:
        return None
    message = f"{_shown(left)} and {_shown(right)} have no order, so this is never true"
    return Finding("useless-comparison", tree, message, "numbers are compared with numbers, and strings with strings")


def of_argument(tree: Tree, signature: FunctionSignature, parameter: FunctionParameter, given: Type) -> Finding | None:
    """Whether a function can take any value of a type; of a list, whether it can take an element of it."""
    kinds, item_kinds = argument_kinds(parameter)
    if given is ANY or not given.kinds:
        return None
    takes = f"{signature.name}() takes {parameter.expected()} as `{parameter.name}`"
    if not given.kinds & kinds:
        hint = "give it a default: not_null(…, 'none')" if given.kinds == {"null"} else str(signature)
        return Finding("wrong-operand", tree, f"{takes}, and this is {_shown(given)}", hint)
    if not item_kinds or given.kinds != {"array"}:
        return None
    elements = given.elements if given.elements is not None else (given.element(),)
    wrong = next((one for one in elements if one.kinds and not one.kinds & item_kinds), None)
    if wrong is None:
        return None
    return Finding("wrong-operand", tree, f"{takes}, and in this there is {_shown(wrong)}", str(signature))


def _named(label: str) -> str:
    return f"`{label}`" if label else "the value here"


def _shown(kind: Type) -> str:
    """A type in a message: that it may be null too is rarely what is wrong with it."""
    return str(without_null(kind) if kind.kinds != {"null"} else kind)


def _never_equal(left: Type, right: Type) -> bool:
    if not left.kinds or not right.kinds:
        return False
    if not left.kinds & right.kinds:
        return True
    if left.values is None or right.values is None:
        return False
    return not any(a == b and isinstance(a, bool) == isinstance(b, bool) for a in left.values for b in right.values)


def _versus(left: Type, right: Type) -> str:
    if left.kinds & right.kinds and right.values is not None and left.values is not None:
        return f"{_one_of(left)} is compared with {_one_of(right)}"
    return f"{left} and {right} are never equal"


def _one_of(kind: Type) -> str:
    values = kind.values or ()
    shown = ", ".join(repr(value) if isinstance(value, str) else str(value) for value in values[:8])
    return shown if len(values) == 1 else f"one of {shown}"
