"""The activities of one document: what its import set declares, and what is built in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from kagzi_dsl.activities.builtin import BUILTIN
from kagzi_dsl.activities.definition import Definition, definition_of
from kagzi_dsl.activities.loading import load
from kagzi_dsl.activities.signatures import Signatures
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.signature import Signature


class Registry:
    """Activities by name; it does not change once it is made."""

    __slots__ = ("_definitions", "_signatures")

    def __init__(
        self,
        definitions: Iterable[Definition] = (),
        *,
        base: Path | None = None,
        builtin: Iterable[Definition] = BUILTIN,
    ) -> None:
        """The built-in activities and `definitions`; `base` is the folder that places are told from.

        Raises RegistrationError when two of them have one name, or when type hints cannot be resolved.
        """
        found = {definition.name: definition for definition in builtin}
        for definition in definitions:
            known = found.setdefault(definition.name, definition)
            if known is not definition and known.place != definition.place:
                raise _clash(known, definition, base)
            _ = definition.keywords  # now, not in the middle of a run, is the time to learn that a hint means nothing
        self._definitions: Mapping[str, Definition] = MappingProxyType(found)
        self._signatures = Signatures(self._definitions)

    @classmethod
    def load(cls, specs: Sequence[str], base: Path) -> Registry:
        """The activities of files (`./activities.py`), folders of files (`./acts`) and modules (`shop.activities`).

        A path holds a `/` or ends in `.py`; it and a module are looked for from `base`, the document's folder. Whatever
        decorated function is defined in or imported into one of them is registered. Raises RegistrationError for what
        cannot be loaded, naming the last line of the user's code, and for a clash of names, naming both places.
        """
        modules = load(specs, base)
        return cls((d for module in modules for d in _declared(module)), base=base.resolve())

    @classmethod
    def of(cls, *functions: Callable[..., Any]) -> Registry:
        """The activities that `functions` are. Raises RegistrationError for one without `@activity`."""
        definitions = []
        for function in functions:
            definition = definition_of(function)
            if definition is None:
                raise RegistrationError(f"{function!r} is not an activity; put @activity above it")
            definitions.append(definition)
        return cls(definitions)

    def get(self, name: str) -> Definition | None:
        """The activity of this name."""
        return self._definitions.get(name)

    def names(self) -> tuple[str, ...]:
        """Every name, sorted; built-in ones too."""
        return tuple(sorted(self._definitions))

    def signatures(self) -> Mapping[str, Signature]:
        """What the checker needs, worked out for each name when it is looked up."""
        return self._signatures

    def similar(self, name: str) -> list[str]:
        """At most three names that `name` may have been meant as, the likeliest first."""
        from difflib import get_close_matches  # only for those who mistype

        return get_close_matches(name, self._definitions, n=3)

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __len__(self) -> int:
        return len(self._definitions)


def _declared(module: ModuleType) -> list[Definition]:
    """The activities among the names of a module, in the order they were bound."""
    found = []
    for name, value in vars(module).items():
        definition = definition_of(value)
        if definition is None or isinstance(value, ModuleType):
            continue
        if definition.function is not value:
            raise RegistrationError(
                f"{definition.place}: @activity is not the outermost decorator of {name}, so the one above it would be "
                "left out when a workflow calls it; put @activity first"
            )
        found.append(definition)
    return found


def _clash(known: Definition, other: Definition, base: Path | None) -> RegistrationError:
    here = other.place.within(base) if base else str(other.place)
    if known in BUILTIN:
        return RegistrationError(
            f"{here}: {other.name} is a built-in activity; give yours another name, "
            f'as in @activity(name="my.{other.name}")'
        )
    there = known.place.within(base) if base else str(known.place)
    return RegistrationError(
        f"two activities are called {other.name}: {there} and {here}; "
        "rename one, or give it another name with @activity(name=…)"
    )
