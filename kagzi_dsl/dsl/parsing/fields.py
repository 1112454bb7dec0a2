"""The options of one mapping, each read as what it should be.

The shape was checked before, so a value of the wrong type has been told of: it is read as if it were not there, and the
mapping is marked as flawed. What the shape cannot tell (is it a duration, does the expression parse?) is told here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from kagzi_dsl.dsl.data_schema import check_data_schema
from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.expressions import Expression, compile_expression
from kagzi_dsl.dsl.model import Duration
from kagzi_dsl.dsl.moment import parse_moment
from kagzi_dsl.dsl.order import in_order
from kagzi_dsl.dsl.parsing.problems import Problems
from kagzi_dsl.dsl.template import Template, bare_expression, compile_template, compile_template_collecting
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json
from kagzi_dsl.retry import Retry

_DATE = re.compile(r"\s*\d{4}-\d\d")
_MISSING = object()
T = TypeVar("T")


class Fields:
    """A mapping of the document, its pointer, and whether something in it had to be made up."""

    __slots__ = ("_around", "flawed", "pointer", "problems", "values")

    def __init__(self, values: Json, pointer: Pointer, problems: Problems, around: Fields | None = None) -> None:
        self.values: Mapping[str, Json] = values if isinstance(values, dict) else {}
        self.pointer = pointer
        self.problems = problems
        self.flawed = False
        self._around = around

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def mapping(self, key: str) -> Fields:
        """The mapping under `key`, an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "a mapping", None)
        return Fields(value, (*self.pointer, key), self.problems, self)

    def mappings(self, key: str) -> list[Fields]:
        """The mappings in the list under `key`."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.refuse(key, "a list of mappings", None)
            values = values if isinstance(values, list) else []
        here = (*self.pointer, key)
        return [Fields(value, (*here, index), self.problems, self) for index, value in enumerate(values)]

    def text(self, key: str, default: str = "") -> str:
        """A plain text."""
        value = self.values.get(key, default)
        return value if isinstance(value, str) else self.refuse(key, "a text", default)

    def required_text(self, key: str) -> str:
        """A plain text that must be there."""
        return self.text(key) if key in self.values else self.refuse(key, "a text", "")

    def flag(self, key: str) -> bool:
        """True or false; false when left out."""
        value = self.values.get(key, False)
        return value if isinstance(value, bool) else self.refuse(key, "true or false", False)

    def whole(self, key: str, *, least: int = 1) -> int | None:
        """A whole number from `least` up."""
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            return None
        # JSON Schema calls 2.0 an integer too.
        if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) >= least:
            return int(value)
        return self.refuse(key, f"a whole number from {least} up", None)

    def word(self, key: str, words: Sequence[str]) -> str:
        """One of `words`, the first when left out."""
        value = self.values.get(key, words[0])
        return value if isinstance(value, str) and value in words else self.refuse(key, " or ".join(words), words[0])

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text alone; empty when left out."""
        value = self.values.get(key, [])
        value = [value] if isinstance(value, str) else value
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        return self.refuse(key, "a list of texts", ())

    def duration(self, key: str) -> Duration | None:
        """A duration in milliseconds, or an expression that gives one."""
        value = self.values.get(key, _MISSING)
        if isinstance(value, str) and value.lstrip().startswith("${"):
            return self.expression(key)
        return self.milliseconds(key)

    def milliseconds(self, key: str) -> int | None:
        """A duration that is known before anything runs."""
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            return None
        if not isinstance(value, str):
            return self.refuse(key, "a duration with its unit, such as 30s", None)
        try:
            return parse_duration(value.strip())
        except ValueError as error:
            self._report("invalid-duration", str(error), key)
            return None

    def expression(self, key: str) -> Expression | None:
        """An expression, in `${ }` or without."""
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            return None
        if isinstance(value, bool):
            return constant(value)
        if not isinstance(value, str):
            return self.refuse(key, "an expression", None)
        start = len(value) - len(value.lstrip())
        try:
            text = bare_expression(value)
            start = _start_of(text, value)
            return compile_expression(text)
        except ExpressionError as error:
            self._flaw()
            self.problems.report_expression((*self.pointer, key), error, start + (error.offset or 0))
            return None

    def required_expression(self, key: str) -> Expression:
        """An expression that must be there; null where it is not or is broken."""
        if key not in self.values:
            self.refuse(key, "an expression", None)
        return self.expression(key) or constant(None)

    def moment(self, key: str) -> Expression:
        """A moment: RFC 3339 text, read as a constant, or an expression that gives such a text."""
        value = self.values.get(key)
        if not isinstance(value, str) or not _DATE.match(value):
            return self.required_expression(key)
        try:
            parse_moment(value)
        except ValueError as error:
            self._report("invalid-moment", str(error), key)
        return constant(value.strip())

    def template(self, key: str) -> Template | None:
        """Any value, with expressions inside."""
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            return None
        template, errors = compile_template_collecting(in_order(value))
        for inner, error in errors:
            self._flaw()
            self.problems.report_expression((*self.pointer, key, *inner), error, error.offset or 0)
        return template or null_template()

    def required_template(self, key: str) -> Template:
        """A template that must be there."""
        template = self.template(key)
        return self.refuse(key, "a value", null_template()) if template is None else template

    def arguments(self, key: str) -> Template:
        """A template of keyword arguments, empty when left out."""
        return self.template(key) or empty_template()

    def items(self, key: str) -> Template:
        """A list, or an expression that gives one, in `${ }` or without."""
        value = self.values.get(key, _MISSING)
        if not isinstance(value, str):
            return self.required_template(key)
        expression = self.expression(key)
        return null_template() if expression is None else compile_template(f"${{ {expression.text} }}")

    def retry(self, key: str) -> Retry:
        """A retry policy: the fields that are given, the others None."""
        given = self.mapping(key)
        return Retry(
            max_attempts=given.whole("max_attempts"),
            initial_interval=given.milliseconds("initial_interval"),
            backoff_coefficient=given.factor("backoff_coefficient"),
            max_interval=given.milliseconds("max_interval"),
            max_elapsed=given.milliseconds("max_elapsed"),
            non_retryable_errors=given.names("non_retryable_errors") if "non_retryable_errors" in given else None,
        )

    def factor(self, key: str) -> float | None:
        """A number from 1 up."""
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1:
            return float(value)
        return self.refuse(key, "a number from 1 up", None)

    def data_schema(self, key: str) -> Mapping[str, Any] | None:
        """A JSON Schema of data, checked."""
        if key not in self.values:
            return None
        value = self.values[key]
        # Without a source it comes from a canonical form, and was checked before that was made.
        problems = check_data_schema(value) if self.problems.source else []
        for problem in problems:
            self._flaw()
            self.problems.report(
                "invalid-schema", problem.message, (*self.pointer, key, *problem.path), hint=problem.hint
            )
        if isinstance(value, bool):
            return {} if value else {"not": {}}
        return value if isinstance(value, dict) and not problems else {}

    def refuse(self, key: str, wanted: str, instead: T) -> T:
        """Gives `instead` for a value that is not what it should be, and says so if the check of the shape has not."""
        self._flaw()
        if self.problems.shape_is_right:
            if key in self.values:
                self.problems.report("invalid-value", f"`{key}` must be {wanted}", (*self.pointer, key))
            else:
                self.problems.report("missing-key", f"`{key}` is missing; it must be {wanted}", self.pointer)
        return instead

    def _report(self, code: str, message: str, key: str) -> None:
        self._flaw()
        self.problems.report(code, message, (*self.pointer, key))

    def _flaw(self) -> None:
        fields: Fields | None = self
        while fields is not None:
            fields.flawed = True
            fields = fields._around


def _start_of(expression: str, value: str) -> int:
    """Where in a field's text the expression begins that `bare_expression` found in it."""
    start = len(value) - len(value.lstrip())
    if len(expression) == len(value.strip()):
        return start
    inside = value[start + 2 :]
    return start + 2 + len(inside) - len(inside.lstrip())


def constant(value: Json) -> Expression:
    """The expression that always gives `value`: null, a boolean or a text."""
    match value:
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return compile_expression(f"'{escaped}'")
        case _:
            return compile_expression({None: "`null`", True: "`true`", False: "`false`"}[value])


@cache
def null_template() -> Template:
    """The template that gives null."""
    return compile_template(None)


@cache
def empty_template() -> Template:
    """The template that gives an empty object."""
    return compile_template({})
