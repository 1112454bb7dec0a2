"""The two functions that are part of the language: the compiler knows them and evaluates them itself."""

from __future__ import annotations

from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.dsl.values import is_false
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json


@function(
    "if(condition: any, then: any, otherwise: any) -> any",
    "The second argument if the first is true, else the third; only the one that is taken is evaluated.",
    example="if(input.limit > `5`, 'many', 'few')",
    gives="many",
)
def _if(condition: Json, then: Json, otherwise: Json) -> Json:
    return otherwise if is_false(condition) else then


@function(
    "root() -> object",
    "What names mean outside of filters; a name must follow.",
    example="length(input.items[?price < root().input.limit])",
    gives=1,
)
def _root() -> Json:
    raise ExpressionError("root() begins a path, and a name must follow it")
