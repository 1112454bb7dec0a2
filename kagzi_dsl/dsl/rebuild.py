"""A workflow's tree with some of its nodes changed, whatever kinds it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from kagzi_dsl.dsl.model import Call, Case, Common, Handler, Node, walk

T = TypeVar("T")


def with_calls(root: Node, name_of: Callable[[Call], str]) -> Node:
    """`root` with every call calling what `name_of` says; what does not change is shared with it."""
    return _rebuilt(root, name_of) if any(isinstance(node, Call) for node in walk(root)) else root


def _rebuilt(part: T, name_of: Callable[[Call], str]) -> T:
    """A node, or something that holds nodes, with the calls inside it changed."""
    if isinstance(part, tuple):
        parts: Any = tuple(_rebuilt(each, name_of) for each in part)
        return part if all(new is old for new, old in zip(parts, part, strict=True)) else parts
    if not isinstance(part, Common | Case | Handler):
        return part
    changes = _changes(part, name_of)
    return replace(part, **changes) if changes else part


def _changes(part: Common | Case | Handler, name_of: Callable[[Call], str]) -> dict[str, Any]:
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    rebuilt = {name: _rebuilt(value, name_of) for name, value in values.items()}
    if isinstance(part, Call):
        rebuilt["workflow"] = name_of(part)
    return {name: value for name, value in rebuilt.items() if value is not values[name]}
