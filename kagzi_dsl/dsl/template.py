"""Templates: JSON values whose strings may hold expressions.

A string that is one expression, white space around it apart, has that expression's value, of whatever type. In any
other string each `${ … }` is replaced by text. `$${` stands for `${` itself. Keys are never looked into, and what an
expression gives is never read as a template again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from kagzi_dsl import payload
from kagzi_dsl.dsl.budget import check_output
from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.expressions import Expression, compile_expression
from kagzi_dsl.dsl.quoting import QUOTED
from kagzi_dsl.dsl.scope import Scope
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

MAX_DEPTH: Final = 200
"""Lists and objects within each other; what is deeper could not be stored."""

_UNMEASURED_EXPRESSIONS: Final = 64
"""Up to this many expressions a template's value is not measured: each of them reads at most what could be stored."""

Problem: TypeAlias = tuple[Pointer, ExpressionError]
_Make: TypeAlias = Callable[[Scope], Json]


class Embedded(NamedTuple):
    """An expression in a template: the place of its scalar, and where in that scalar the expression's text begins."""

    path: Pointer
    expression: Expression
    offset: int


class LiteralPart(NamedTuple):
    """Text that stands for itself, `$${` already turned into `${`."""

    text: str


class ExpressionPart(NamedTuple):
    """The text of an expression, stripped, and where in the whole text it begins."""

    text: str
    offset: int


Part: TypeAlias = LiteralPart | ExpressionPart


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A compiled template; two are equal when their sources are the same JSON.

    `source` is the template as it was written.
    """

    source: Json
    expressions: tuple[Embedded, ...] = field(repr=False)
    uses_secrets: bool = field(repr=False)
    _make: _Make = field(repr=False)

    @property
    def is_constant(self) -> bool:
        """Whether there is no expression in it; `evaluate` then gives the same in every scope (`$${` made `${`)."""
        return not self.expressions

    def evaluate(self, scope: Scope) -> Json:
        """The value in `scope`, which may share parts with the template and the scope and must not be changed.

        Raises ExpressionError naming the expression that failed.
        """
        value = self._make(scope)
        if len(self.expressions) > _UNMEASURED_EXPRESSIONS:
            check_output(value)
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and payload.canonical(self.source) == payload.canonical(other.source)

    def __hash__(self) -> int:
        return hash(payload.canonical(self.source))


def compile_template(source: Json) -> Template:
    """Compiles a template. Raises the first ExpressionError there is; its offset counts characters into the string."""
    template, problems = compile_template_collecting(source)
    if template is None:
        raise problems[0][1]
    return template


def compile_template_collecting(source: Json) -> tuple[Template | None, list[Problem]]:
    """Compiles a template, or gives every problem in it with the place of the string it is in.

    The offset of such an error counts characters into that string, `${` and all.
    """
    work = _Compilation()
    make = work.value(source, ())
    if work.problems:
        return None, work.problems
    uses_secrets = any(each.expression.uses_secrets for each in work.expressions)
    return Template(source, tuple(work.expressions), uses_secrets, make or _constant(source)), []


def split_text(text: str) -> list[Part]:
    """The literal and expression parts of a text, in order.

    An expression ends at the first `}` that is outside its strings, literals and braces, by the rules of JMESPath's
    lexer. Raises ExpressionError for one that does not end, with its offset.
    """
    parts: list[Part] = []
    literal: list[str] = []
    position = 0
    while found := _MARK.search(text, position):
        literal.append(text[position : found.start()])
        if found[0] == "$${":
            literal.append("${")
            position = found.end()
            continue
        end = _expression_end(text, found.end())
        if whole := "".join(literal):
            parts.append(LiteralPart(whole))
        literal.clear()
        parts.append(_expression_part(text, found.end(), end))
        position = end + 1
    if (whole := "".join(literal) + text[position:]) or not parts:
        parts.append(LiteralPart(whole))
    return parts


def bare_expression(text: str) -> str:
    """The expression in a field that always is one: `text` without the `${ }` that may stand around all of it.

    Raises ExpressionError for a `${` that does not end; its offset counts into the text without its outer white space.
    """
    stripped = text.strip()
    if stripped.startswith("${") and _expression_end(stripped, 2) == len(stripped) - 1:
        return stripped[2:-1].strip()
    return stripped


_MARK: Final = re.compile(r"\$\$\{|\$\{")
_STOPS: Final = re.compile(rf"{QUOTED.pattern}|[{{}}'\"`]", re.DOTALL)


def _expression_end(text: str, start: int) -> int:
    depth = 0
    for found in _STOPS.finditer(text, start):
        match found[0]:
            case "{":
                depth += 1
            case "}" if depth == 0:
                return found.start()
            case "}":
                depth -= 1
            case "'" | '"' | "`":
                raise ExpressionError(f"the {found[0]} that opens here is never closed", offset=found.start())
            case _:
                pass
    hint = "to write ${ itself, double the dollar: $${"
    raise ExpressionError("the ${ that opens here is never closed by }", offset=start - 2, hint=hint)


def _expression_part(text: str, start: int, end: int) -> ExpressionPart:
    inside = text[start:end]
    return ExpressionPart(inside.strip(), start + len(inside) - len(inside.lstrip()))


class _Compilation:
    """One pass over a template's source; None stands for a part that is constant and the same as its source."""

    def __init__(self) -> None:
        self.expressions: list[Embedded] = []
        self.problems: list[Problem] = []

    def value(self, source: Json, path: Pointer) -> _Make | None:
        if len(path) > MAX_DEPTH:
            self.problems.append((path, ExpressionError(f"the template nests deeper than {MAX_DEPTH} levels")))
            return None
        match source:
            case str():
                return self._string(source, path) if "${" in source else None
            case list():
                return _list(source, [self.value(item, (*path, index)) for index, item in enumerate(source)])
            case dict():
                return _dict(source, {key: self.value(item, (*path, key)) for key, item in source.items()})
            case _:
                return None

    def _string(self, source: str, path: Pointer) -> _Make | None:
        try:
            parts = split_text(source)
        except ExpressionError as error:
            self.problems.append((path, error))
            return None
        places = [part for part in parts if isinstance(part, ExpressionPart)]
        compiled = [self._expression(part, path) for part in places]
        if not places:
            return _constant("".join(part.text for part in parts))
        expressions = [each for each in compiled if each is not None]
        if len(expressions) < len(places):
            return None
        outside = "".join(part.text for part in parts if isinstance(part, LiteralPart))
        if len(places) == 1 and not outside.strip():
            return expressions[0].evaluate
        return _mixed(parts, expressions)

    def _expression(self, part: ExpressionPart, path: Pointer) -> Expression | None:
        try:
            expression = compile_expression(part.text)
        except ExpressionError as error:
            offset = part.offset + (error.offset or 0)
            self.problems.append((path, ExpressionError(error.message, offset=offset, hint=error.hint)))
            return None
        self.expressions.append(Embedded(path, expression, part.offset))
        return expression


def _constant(value: Json) -> _Make:
    return lambda scope: value


def _list(source: list[Json], makes: list[_Make | None]) -> _Make | None:
    if not any(makes):
        return None
    items = [make or _constant(item) for make, item in zip(makes, source, strict=True)]
    return lambda scope: [make(scope) for make in items]


def _dict(source: dict[str, Json], makes: dict[str, _Make | None]) -> _Make | None:
    if not any(makes.values()):
        return None
    fields = [(key, makes[key] or _constant(item)) for key, item in source.items()]
    return lambda scope: {key: make(scope) for key, make in fields}


def _mixed(parts: list[Part], expressions: list[Expression]) -> _Make:
    """Text with expressions in it."""
    rest = iter(expressions)
    makes = [_constant(part.text) if isinstance(part, LiteralPart) else next(rest).evaluate_text for part in parts]
    return lambda scope: "".join([make(scope) for make in makes])
