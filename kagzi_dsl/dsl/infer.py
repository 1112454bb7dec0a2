"""The static type of an expression, and what is surely wrong in it.

One walk over JMESPath's syntax tree, with its meaning: reading what is not there gives null, a projection drops nulls,
only numbers and strings have an order. What cannot be known is ANY, and about ANY nothing is said.
"""

from __future__ import annotations

from typing import Protocol

from kagzi_dsl.dsl.finding import Finding, of_argument, of_comparison, of_field, of_negation, of_nothing_inside
from kagzi_dsl.dsl.function_types import result_of
from kagzi_dsl.dsl.functions import FUNCTIONS
from kagzi_dsl.dsl.functions.signature import EXPRESSION
from kagzi_dsl.dsl.syntax import Tree
from kagzi_dsl.dsl.types import (
    ANY,
    ARRAY,
    BOOLEAN,
    NEVER,
    NULL,
    Type,
    list_of,
    list_with,
    object_with,
    of_value,
    or_null,
    union,
    without_null,
)


class Names(Protocol):
    """What the roots of an expression stand for where it is written."""

    def root(self, name: str) -> Type:
        """The type of a root; ANY where there is no such root, which is for another rule to say."""


class Inference:
    """One walk over one expression; `findings` fills up on the way, and so do `fields`, those that are surely there."""

    __slots__ = ("_names", "fields", "findings")

    def __init__(self, names: Names) -> None:
        self._names = names
        self.findings: list[Finding] = []
        self.fields: set[str] = set()

    def infer(self, tree: Tree) -> Type:
        """The type of a whole expression."""
        return self._of(tree, None)

    def _of(self, tree: Tree, current: Type | None, label: str = "") -> Type:
        """The type of a part.

        `current` is what its names are fields of, None where they are roots; `label` is how that is written, empty
        where it cannot be.
        """
        match tree["type"]:
            case "field":
                return self._field(tree, current, label)
            case "subexpression":
                return self._chain(tree["children"], current, label)
            case "literal":
                return of_value(tree["value"])
            case "current" | "identity":
                return ANY if current is None else current
            case "function_expression":
                return self._call(tree, current)
            case "comparator":
                return self._comparison(tree, current, label)
            case "or_expression" | "and_expression" | "not_expression":
                return self._logic(tree, current, label)
            case "pipe":
                return self._of(tree["children"][1], self._of(tree["children"][0], current, label))
            case "multi_select_list" | "multi_select_dict":
                return self._multi_select(tree, current, label)
            case _:
                return self._selection(tree, current, label)

    def _field(self, tree: Tree, current: Type | None, label: str) -> Type:
        name = tree["value"]
        if current is None:
            return self._names.root(name)
        if current is ANY or not current.kinds:
            return current
        if current.fields is not None and name in current.fields:
            self.fields.add(name)
        elif (finding := of_field(tree, current, label)) is not None:
            # What has been told of once is unknown from there on, so that one mistake is one complaint.
            self.findings.append(finding)
            return ANY
        return current.field(name)

    def _chain(self, children: list[Tree], current: Type | None, label: str) -> Type:
        if children[0]["type"] == "function_expression" and children[0]["value"] == "root":
            children, current, label = children[1:], None, ""
        if children[0]["type"] == "not_expression":
            self._of(children[0], current, label)
            self.findings.append(of_negation(children))
            return ANY
        for child in children:
            # The names on the way to here are those of `label`, so it is read before it grows.
            value = self._of(child, current, label)
            label = _extended(label, child, known=bool(label) or current is None)
            current = value
        return ANY if current is None else current

    def _selection(self, tree: Tree, current: Type | None, label: str) -> Type:
        children = tree["children"]
        if tree["type"] in ("index", "slice"):
            return self._index(tree, tree, ANY if current is None else current, label)
        base = children[0]
        left = self._of(base, current, label)
        name = _extended(label, base, known=bool(label) or current is None)
        match tree["type"]:
            case "index_expression":
                return self._index(base, children[1], left, name)
            case "projection":
                return self._projected(base, left, children[1], name)
            case "value_projection":
                return self._value_projection(base, left, children[1], name)
            case "filter_projection":
                self._of(children[2], left.element() if left is not ANY else ANY, f"{name}[*]" if name else "")
                return self._projected(base, left, children[1], name)
            case "flatten":
                return self._flattened(left, name)
            case _:
                return ANY

    def _index(self, base: Tree, index: Tree, value: Type, label: str) -> Type:
        if self._is_no_array(base, value, label):
            return ANY
        found = list_of(value.element()) if index["type"] == "slice" else _element_at(value, index["value"])
        return found if value.kinds == {"array"} else or_null(found)

    def _is_no_array(self, tree: Tree, value: Type, label: str) -> bool:
        """Whether a value is unknown, or never a list, which is told."""
        if value is ANY or not value.kinds:
            return True
        if value.may_be("array"):
            return False
        self.findings.append(of_nothing_inside(tree, value, label, "elements"))
        return True

    def _projected(self, base: Tree, left: Type, right: Tree, label: str) -> Type:
        if self._is_no_array(base, left, label):
            self._of(right, ANY)
            return or_null(ARRAY)
        each = self._of(right, left.element(), f"{label}[*]" if label else "")
        found = list_of(without_null(each))
        return found if left.kinds == {"array"} else or_null(found)

    def _value_projection(self, base: Tree, left: Type, right: Tree, label: str) -> Type:
        if left is not ANY and left.kinds and not left.may_be("object"):
            self.findings.append(of_nothing_inside(base, left, label, "fields"))
            return ANY
        each = self._of(right, left.member() if left is not ANY else ANY, f"{label}.*" if label else "")
        found = list_of(without_null(each))
        return found if left.kinds == {"object"} else or_null(found)

    def _flattened(self, left: Type, label: str) -> Type:
        if left is ANY or not left.kinds:
            return or_null(ARRAY)
        if not left.may_be("array"):
            return left  # the projection around it tells
        element = left.element()
        flat = list_of(union([_not_an_array_itself(element), element.element()]))
        return flat if left.kinds == {"array"} else or_null(flat)

    def _logic(self, tree: Tree, current: Type | None, label: str) -> Type:
        types = [self._of(child, current, label) for child in tree["children"]]
        match tree["type"]:
            case "not_expression":
                return BOOLEAN
            case "or_expression":
                return union([without_null(types[0]), *types[1:]])
            case _:
                return union(types)

    def _multi_select(self, tree: Tree, current: Type | None, label: str) -> Type:
        children = tree["children"]
        if tree["type"] == "multi_select_list":
            found = list_with([self._of(child, current, label) for child in children])
        else:
            found = object_with({child["value"]: self._of(child["children"][0], current, label) for child in children})
        return or_null(found) if current is not None and current.nullable else found

    def _comparison(self, tree: Tree, current: Type | None, label: str) -> Type:
        left, right = (self._of(child, current, label) for child in tree["children"])
        finding = of_comparison(tree, left, right)
        if finding is not None:
            self.findings.append(finding)
        return BOOLEAN if tree["value"] in ("eq", "ne") else or_null(BOOLEAN)

    def _call(self, tree: Tree, current: Type | None) -> Type:
        name, arguments = tree["value"], tree["children"]
        signature = FUNCTIONS.get(name)
        if signature is None:
            return ANY
        types = [ANY if child["type"] == "expref" else self._of(child, current) for child in arguments]
        lists = [kind for kind, child in zip(types, arguments, strict=True) if child["type"] != "expref"]
        applied = lists[0].element() if lists and lists[0] is not ANY else ANY
        for index, child in enumerate(arguments):
            if child["type"] == "expref":
                types[index] = self._of(child["children"][0], applied)
            elif EXPRESSION not in signature.parameter(index).types:
                finding = of_argument(child, signature, signature.parameter(index), types[index])
                self.findings.extend([finding] if finding is not None else [])
        return result_of(name, types)


def _extended(label: str, tree: Tree, *, known: bool) -> str:
    """How a chain is written once `tree` has been added to it; empty where that cannot be said."""
    match tree["type"]:
        case "field" if known:
            return f"{label}.{tree['value']}" if label else str(tree["value"])
        case "subexpression" if known and not _begins_anew(tree):
            for child in tree["children"]:
                label = _extended(label, child, known=known)
                known = bool(label)
            return label
        case "index_expression" if known:
            base = _extended(label, tree["children"][0], known=known)
            index = tree["children"][1]
            return f"{base}[{index['value']}]" if base and index["type"] == "index" else base
        case "flatten":
            return _extended(label, tree["children"][0], known=known)
        case _:
            return ""


def _begins_anew(tree: Tree) -> bool:
    return bool(tree["children"][0]["type"] == "function_expression")


def _element_at(value: Type, index: int) -> Type:
    if value.elements is None:
        return or_null(value.element())
    return value.elements[index] if -len(value.elements) <= index < len(value.elements) else NULL


def _not_an_array_itself(element: Type) -> Type:
    if not element.may_be("array"):
        return element
    return Type(element.kinds - {"array"}) if element.kinds != {"array"} else NEVER
