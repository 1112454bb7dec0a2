"""An activity as the decorator leaves it: a function, and what was said about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kagzi_dsl.activities.parameters import Keyword, Shape, resolve_hints
from kagzi_dsl.activities.place import Place
from kagzi_dsl.activities.typed import Typed
from kagzi_dsl.retry import Retry

_ATTRIBUTE = "__kagzi_activity__"


# No slots: what is found out from type hints is worked out when it is first needed, and kept.
@dataclass(frozen=True, eq=False, kw_only=True)
class Definition:
    """A registered function. `timeout` (ms) bounds one attempt; `shape` is its parameters as they are written."""

    name: str
    function: Callable[..., Any]
    place: Place
    shape: Shape
    is_async: bool
    retry: Retry
    timeout: int | None
    transactional: bool
    at_most_once: bool

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The type hints, strings resolved. Raises RegistrationError when one means nothing."""
        return resolve_hints(self.function, self.name, self.place)

    @cached_property
    def contexts(self) -> tuple[str, ...]:
        """The parameters that are handed the ActivityContext."""
        return self.shape.contexts(self.hints)

    @cached_property
    def keywords(self) -> Mapping[str, Keyword]:
        """What a workflow may give, by name."""
        return self.shape.keywords(self.hints, self.name, self.place)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The names of the keywords that must be given."""
        return tuple(keyword.name for keyword in self.keywords.values() if keyword.required)

    @cached_property
    def others(self) -> Keyword | None:
        """How any further keyword is read, for a function with `**kwargs`; None when it takes none."""
        return self.shape.others(self.hints, self.name, self.place)

    @cached_property
    def returns(self) -> Typed:
        """What the function returns; anything when it does not say."""
        return Typed(self.hints.get("return", Any), f"{self.place}: the output of {self.name}")

    def settle(self) -> None:
        """Works every type out now, while the modules its classes name are the ones in `sys.modules`."""
        for typed in (*self.keywords.values(), self.others, self.returns):
            if typed is not None:
                typed.settle()

    @property
    def description(self) -> str:
        """The first paragraph of the function's docstring."""
        text = inspect.getdoc(self.function) or ""
        return " ".join(text.partition("\n\n")[0].split())


def attach(function: Callable[..., Any], definition: Definition) -> None:
    """Leaves `definition` on `function`."""
    setattr(function, _ATTRIBUTE, definition)


def definition_of(value: object) -> Definition | None:
    """The definition that was left on `value`, or on what it wraps; None when it is not an activity."""
    # A lookup in the dict alone: a module may hold objects that answer to any attribute.
    try:
        found = vars(value).get(_ATTRIBUTE)
    except TypeError:
        return None
    return found if isinstance(found, Definition) else None
