"""TypedDicts of `typing`, made into what pydantic takes before Python 3.12: those of typing_extensions.

Older ones do not remember their bases, where pydantic looks for validators, so it refuses them, also where they have
none. A user should not have to know; only inside dataclasses and models, which pydantic reads on its own, its refusal
stands.
"""

from __future__ import annotations

import sys
import types
import typing
from typing import Annotated, Any, Literal


def modern(hint: Any) -> Any:
    """`hint`, every TypedDict of `typing` in it replaced by its equal."""
    return hint if sys.version_info >= (3, 12) else _replaced(hint, {})


def _replaced(hint: Any, done: dict[Any, Any]) -> Any:
    if typing.is_typeddict(hint) and type(hint).__module__ == "typing":
        return done[hint] if hint in done else _rebuilt(hint, done)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (None, Literal) or not arguments:
        return hint
    if origin is Annotated:
        return Annotated[(_replaced(arguments[0], done), *arguments[1:])]
    new = tuple(_replaced(argument, done) for argument in arguments)
    if all(mine is theirs for mine, theirs in zip(new, arguments, strict=True)):
        return hint
    if origin is types.UnionType:
        return typing.Union[new]  # noqa: UP007
    return hint.copy_with(new) if hasattr(hint, "copy_with") else origin[new]


def _rebuilt(old: Any, done: dict[Any, Any]) -> Any:
    from typing_extensions import TypedDict  # a package of pydantic's, needed only here

    # Made empty first: a TypedDict may hold itself.
    new = done[old] = TypedDict(old.__name__, {})  # type: ignore[operator]
    hints = typing.get_type_hints(old, include_extras=True)
    new.__annotations__ = {name: _replaced(hint, done) for name, hint in hints.items()}
    for name in ("__module__", "__qualname__", "__doc__", "__required_keys__", "__optional_keys__", "__total__"):
        setattr(new, name, getattr(old, name))
    return new
