"""Calling a function: its arguments are checked and paid for, and what goes wrong is told in its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kagzi_dsl.dsl.budget import Evaluation
from kagzi_dsl.dsl.functions.signature import Builtin, FunctionParameter
from kagzi_dsl.dsl.values import shown, type_name
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

_CHARACTERS_PER_VISIT = 256
"""Reading this much text costs about as much as looking at one item."""


def caller(builtin: Builtin, arity: int) -> Callable[[Evaluation, list[Json]], Json]:
    """What calls `builtin` with `arity` evaluated arguments. It raises ExpressionError beginning with its name."""
    name, function, budgeted = builtin.signature.name, builtin.call, builtin.budgeted
    parameters = tuple(builtin.signature.parameter(index) for index in range(arity))

    def call(evaluation: Evaluation, arguments: list[Json]) -> Json:
        for parameter, argument in zip(parameters, arguments, strict=True):
            if not parameter.accepts(argument):
                raise ExpressionError(f"{name}(): {_mismatch(parameters, arguments)}")
            _pay(evaluation, argument)
        try:
            return function(evaluation, *arguments) if budgeted else function(*arguments)
        except ExpressionError as error:
            raise ExpressionError(f"{name}(): {error.message}", hint=error.hint) from None

    return call


def _pay(evaluation: Evaluation, argument: Json) -> None:
    if isinstance(argument, (list, dict)):
        evaluation.visit(len(argument))
    elif isinstance(argument, str) and len(argument) > _CHARACTERS_PER_VISIT:
        evaluation.visit(len(argument) // _CHARACTERS_PER_VISIT)


def _mismatch(parameters: Sequence[FunctionParameter], arguments: Sequence[Json]) -> str:
    """What is wrong with the first argument that is not of its parameter's type."""
    index = next(i for i, parameter in enumerate(parameters) if not parameter.accepts(arguments[i]))
    parameter, argument = parameters[index], arguments[index]
    place = f"argument {index + 1} (`{parameter.name}`) must be {parameter.expected()}"
    if isinstance(argument, list) and argument and (culprit := _culprit(parameter, argument)) is not None:
        return f"{place}, but item {culprit} is {shown(argument[culprit])}"
    return f"{place}, but is {shown(argument)}"


def _culprit(parameter: FunctionParameter, items: Sequence[Json]) -> int | None:
    """The first item that does not fit the type the first item asks for; None when the array as a whole is wrong."""
    allowed = {t[6:-1] for t in parameter.types if t.startswith("array[")}
    wanted = {type_name(items[0])} & allowed or allowed
    return next((index for index, item in enumerate(items) if type_name(item) not in wanted), None) if allowed else None
