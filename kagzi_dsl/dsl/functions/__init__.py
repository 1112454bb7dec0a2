"""The functions of the expression language: JMESPath's own and those it lacks.

Where JMESPath Community (https://jmespath.site) names a function, its signature and meaning are taken from there. All
of them are pure: the time now, random numbers and identifiers come from activities, whose results are recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Final

from kagzi_dsl.dsl.functions import arithmetic, containers, control, conversion, dates, encoding, text
from kagzi_dsl.dsl.functions.signature import Builtin, FunctionParameter, FunctionSignature

__all__ = ["BUILTINS", "EXAMPLE_INPUT", "FUNCTIONS", "FunctionParameter", "FunctionSignature"]

EXAMPLE_INPUT: Final = {"limit": 10, "items": [{"name": "pen", "price": 3}, {"name": "ink", "price": 12}]}
"""The run's input that the functions' examples speak of."""

_SUBJECTS: tuple[ModuleType, ...] = (control, arithmetic, text, containers, conversion, encoding, dates)

BUILTINS: Final[Mapping[str, Builtin]] = {
    found.signature.name: found
    for subject in _SUBJECTS
    for found in vars(subject).values()
    if isinstance(found, Builtin)
}
"""Every function by name, with what runs it."""

FUNCTIONS: Final[Mapping[str, FunctionSignature]] = {name: found.signature for name, found in BUILTINS.items()}
"""Every function's signature by name, in the order the documentation tells them."""
