"""What a function of the expression language looks like: its signature as data, and how one is declared.

A declaration is the signature as the documentation shows it, `pad_left(text: string, width: number, pad?: string) ->
string`, above the Python function that does it. `?` marks an optional parameter, `...` one that may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from kagzi_dsl.dsl.values import TYPE_NAMES
from kagzi_dsl.payload import Json

EXPRESSION: Final = "expression"
"""The type of a parameter that takes an expression reference, as the `&price` of `sort_by(items, &price)`."""

Apply: TypeAlias = Callable[[Json], Json]
"""An expression reference as the Python function gets it: what it gives for one value."""

_DECLARATION: Final = re.compile(r"(?P<name>\w+)\((?P<parameters>.*)\) -> (?P<result>.+)")
_PARAMETER: Final = re.compile(r"(?P<more>\.\.\.)?(?P<name>\w+)(?P<optional>\?)?: (?P<types>[\w|\[\]]+)")
_PLURALS: Final = {
    "array[number]": "an array of numbers",
    "array[string]": "an array of strings",
    "array[array]": "an array of arrays",
    "array[object]": "an array of objects",
}


@dataclass(frozen=True, slots=True)
class FunctionParameter:
    """One parameter; `types` are JMESPath's words, `any`, `expression` or `array[<word>]`."""

    name: str
    types: tuple[str, ...]
    optional: bool = False
    repeated: bool = False
    _classes: frozenset[type] | None = field(init=False, repr=False, compare=False, default=None)
    _items: tuple[frozenset[type], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if "any" in self.types or EXPRESSION in self.types:
            return
        object.__setattr__(self, "_classes", frozenset().union(*(_classes(t.partition("[")[0]) for t in self.types)))
        object.__setattr__(self, "_items", tuple(_classes(t[6:-1]) for t in self.types if t.startswith("array[")))

    def accepts(self, value: Json) -> bool:
        """Whether `value` is of one of the types; the items of an array must all fit one of its item types."""
        if self._classes is None:
            return True
        if type(value) not in self._classes:
            return False
        if self._items and type(value) is list:
            return any(all(type(item) in classes for item in value) for classes in self._items)
        return True

    def expected(self) -> str:
        """What it takes, as words: "a number or a string"."""
        return " or ".join(_PLURALS.get(t, f"{'an' if t[0] in 'aeo' else 'a'} {t}") for t in self.types)


class FunctionSignature(NamedTuple):
    """A function as the checker and the documentation see it.

    `max_args` is None when there is no limit. `result` is a type word, or several with `|` between them. `example` is
    an expression over EXAMPLE_INPUT as `input`, and `gives` its value.
    """

    name: str
    min_args: int
    max_args: int | None
    parameters: tuple[FunctionParameter, ...]
    result: str
    summary: str
    example: str
    gives: Any

    def parameter(self, index: int) -> FunctionParameter:
        """The parameter that takes the argument at `index`."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(_written, self.parameters))}) -> {self.result}"


class Builtin(NamedTuple):
    """A signature and the Python function behind it, which gets the Evaluation first when it is `budgeted`."""

    signature: FunctionSignature
    call: Callable[..., Json]
    budgeted: bool


def function(
    declaration: str, summary: str, *, example: str, gives: Json, budgeted: bool = False
) -> Callable[[Callable[..., Json]], Builtin]:
    """Declares a function of the expression language."""
    found = _DECLARATION.fullmatch(declaration)
    assert found is not None, declaration
    parameters = tuple(_parameter(text) for text in filter(None, found["parameters"].split(", ")))
    signature = FunctionSignature(
        name=found["name"],
        min_args=sum(not (p.optional or p.repeated) for p in parameters),
        max_args=None if any(p.repeated for p in parameters) else len(parameters),
        parameters=parameters,
        result=found["result"],
        summary=summary,
        example=example,
        gives=gives,
    )
    return lambda call: Builtin(signature, call, budgeted)


def _parameter(text: str) -> FunctionParameter:
    found = _PARAMETER.fullmatch(text)
    assert found is not None, text
    return FunctionParameter(
        name=found["name"],
        types=tuple(found["types"].split("|")),
        optional=found["optional"] is not None,
        repeated=found["more"] is not None,
    )


def _written(parameter: FunctionParameter) -> str:
    more = "..." if parameter.repeated else ""
    optional = "?" if parameter.optional else ""
    return f"{more}{parameter.name}{optional}: {'|'.join(parameter.types)}"


def _classes(word: str) -> frozenset[type]:
    return frozenset(kind for kind, name in TYPE_NAMES.items() if name == word)
