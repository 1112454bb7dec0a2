"""Names with dots between them: most expressions are nothing else, and none is evaluated more often."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kagzi_dsl.dsl.scope import Scope
from kagzi_dsl.dsl.syntax import Tree
from kagzi_dsl.payload import Json


def static_path(tree: Tree) -> Callable[[Scope], Json] | None:
    """What reads such an expression from a scope, with no evaluation to be set up; None for any other expression."""
    fields = tree["children"] if tree["type"] == "subexpression" else [tree]
    if any(each["type"] != "field" for each in fields):
        return None
    root, *path = (str(each["value"]) for each in fields)
    if root == "steps":
        return _step_path(path[0], tuple(path[1:]))
    read = _secret(path.pop(0)) if root == "secrets" else _root(root)
    if not path:
        return read
    return lambda scope: walked(read(scope), path)


def _step_path(step: str, path: tuple[str, ...]) -> Callable[[Scope], Json]:
    match path:
        case ():
            return lambda scope: scope.step(step)
        case (name,):

            def field_of_step(scope: Scope) -> Json:
                value = scope.step(step)
                return value.get(name) if isinstance(value, dict) else None

            return field_of_step
        case _:
            return lambda scope: walked(scope.step(step), path)


def _root(name: str) -> Callable[[Scope], Json]:
    return lambda scope: scope.get(name)


def _secret(name: str) -> Callable[[Scope], Json]:
    return lambda scope: scope.secret(name)


def walked(value: Json, path: Sequence[str]) -> Json:
    """The field of `value` by the first name, the field of that by the second, and so on; null where there is none."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
