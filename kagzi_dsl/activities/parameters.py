"""What a function takes: its parameters as they are written, and its type hints as they are meant."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.place import Place
from kagzi_dsl.activities.typed import Typed
from kagzi_dsl.errors import RegistrationError


class Keyword(Typed):
    """A keyword a workflow may give: its name, whether it must be given, and how its value is read."""

    __slots__ = ("name", "required")

    def __init__(self, name: str, hint: Any, *, required: bool, owner: str) -> None:
        super().__init__(hint, owner)
        self.name = name
        self.required = required


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of a function, before any type hint is looked at."""

    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Shape:
        """The shape of `function`. Raises ValueError with a sentence when a workflow could not call it."""
        shape = cls(tuple(inspect.signature(function).parameters.values()))
        for parameter in shape.parameters:
            if parameter.kind is Parameter.VAR_POSITIONAL:
                raise ValueError(
                    f"it takes *{parameter.name}, and a workflow gives arguments by name; "
                    f"take a list, as in `{parameter.name}: list`"
                )
            if parameter.kind is Parameter.POSITIONAL_ONLY:
                raise ValueError(
                    f"its parameter {parameter.name} is positional-only, and a workflow gives arguments by name; "
                    "remove the `/` from its signature"
                )
        return shape

    def contexts(self, hints: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the parameters typed as ActivityContext, or as that or None."""
        return tuple(p.name for p in self._named() if _is_context(hints.get(p.name)))

    def keywords(self, hints: Mapping[str, Any], activity: str, place: Place) -> dict[str, Keyword]:
        """The parameters a workflow fills in, by name."""
        contexts = self.contexts(hints)
        return {
            p.name: Keyword(
                p.name,
                hints.get(p.name, Any),
                required=p.default is Parameter.empty,
                owner=_owner(p.name, activity, place),
            )
            for p in self._named()
            if p.name not in contexts
        }

    def others(self, hints: Mapping[str, Any], activity: str, place: Place) -> Keyword | None:
        """`**kwargs`, if there is such a parameter; its hint is that of each value."""
        for p in self.parameters:
            if p.kind is Parameter.VAR_KEYWORD:
                return Keyword(
                    p.name, hints.get(p.name, Any), required=False, owner=_owner(f"**{p.name}", activity, place)
                )
        return None

    def _named(self) -> list[Parameter]:
        return [p for p in self.parameters if p.kind is not Parameter.VAR_KEYWORD]


def resolve_hints(function: Callable[..., Any], activity: str, place: Place) -> dict[str, Any]:
    """The type hints of `function`, strings resolved in its module. Raises RegistrationError when one means nothing."""
    known = getattr(inspect.unwrap(function), "__globals__", {})
    # Linters move an import that is used in hints alone under TYPE_CHECKING: the context's type is known here anyway.
    local = {} if "ActivityContext" in known else {"ActivityContext": ActivityContext}
    try:
        return typing.get_type_hints(function, localns=local, include_extras=True)
    except NameError as error:
        advice = f"; import {error.name} in its module, not under TYPE_CHECKING alone" if error.name else ""
        raise _unresolved(activity, place, f"{error}{advice}") from error
    except Exception as error:  # a hint is any expression, and may fail in any way
        raise _unresolved(activity, place, f"{type(error).__name__}: {error}") from error


def _unresolved(activity: str, place: Place, reason: str) -> RegistrationError:
    return RegistrationError(f"{place}: the type hints of {activity} cannot be resolved: {reason}")


def _owner(parameter: str, activity: str, place: Place) -> str:
    return f"{place}: the parameter {parameter} of {activity}"


def _is_context(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        wanted = [option for option in typing.get_args(hint) if option is not types.NoneType]
        return wanted == [ActivityContext]
    return isinstance(hint, type) and issubclass(hint, ActivityContext)
