"""Plain text that was surely meant as an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.sites import Filling
from kagzi_dsl.payload import Json

UNMARKED_EXPRESSION = DiagnosticCode(
    "unmarked-expression",
    "warning",
    "A text reads like an expression, but without `${ }` around it it is nothing but text.",
    "input: {type: object, properties: {amount: {type: number}}}\nset: {total: input.amount}  # ${ input.amount }",
)
CODES = (UNMARKED_EXPRESSION,)

_PATH: Final = r"(?P<root>[a-z_]\w*)\.(?P<field>[A-Za-z_]\w*)[\w.\[\]]*"
_WHOLE: Final = re.compile(_PATH)
_BARE: Final = _PATH.replace("P<", "P<bare_")
_FOREIGN: Final = re.compile(rf"\{{\{{-?\s*(?P<braced>{_PATH})[^{{}}]*\}}\}}|\$\(?(?P<bare>{_BARE})\)?")
"""`{{ input.a }}`, `$(input.a)` and `$input.a`, as other languages of templates have it."""


def check(context: Context) -> Iterator[Diagnostic]:
    for filling in context.sites.fillings.values():
        for path, text in _texts(filling.template.source, ()):
            if path not in filling.sites:
                yield from _judged(context, filling, path, text)


def _texts(source: Json, path: Pointer) -> Iterator[tuple[Pointer, str]]:
    match source:
        case str():
            yield path, source
        case dict():
            for key, inner in source.items():
                yield from _texts(inner, (*path, key))
        case list():
            for index, inner in enumerate(source):
                yield from _texts(inner, (*path, index))
        case _:
            pass


def _judged(context: Context, filling: Filling, path: Pointer, text: str) -> Iterator[Diagnostic]:
    whole = _WHOLE.fullmatch(text.strip())
    if whole is not None and _is_there(context, filling, whole["root"], whole["field"]):
        message = f"this is the text {text.strip()!r}, not its value"
        yield context.at_value(filling.pointer + path, UNMARKED_EXPRESSION, message, f"write ${{ {text.strip()} }}")
        return
    for found in _FOREIGN.finditer(text):
        root, field = found["root"] or found["bare_root"], found["field"] or found["bare_field"]
        if _is_there(context, filling, root, field):
            expression = found["braced"] or found["bare"]
            message = f"{found[0]!r} is plain text: expressions stand in ${{ }}"
            hint = f"write ${{ {expression} }}"
            yield context.at_text(filling.pointer + path, found.start(), UNMARKED_EXPRESSION, message, hint)


def _is_there(context: Context, filling: Filling, root: str, field: str) -> bool:
    """Whether a root is known here to have a field: a text such as `input.csv` may well mean itself."""
    if root == "secrets":
        return field.isupper()
    kind = context.outputs.of_root(filling, root)
    return kind is not None and kind.fields is not None and field in kind.fields
