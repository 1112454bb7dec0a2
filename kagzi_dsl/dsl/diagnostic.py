"""What the checker has to say: problems as data, never as exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Severity = Literal["error", "warning"]
Pointer: TypeAlias = tuple[str | int, ...]
"""Where in a document: the keys and indexes from the root down, as in ("seq", 2, "with", "order_id")."""


class Span(NamedTuple):
    """A stretch of a file: lines and columns from 1, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Related(NamedTuple):
    """Another place that explains a problem, such as the first definition of a name."""

    message: str
    span: Span | None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of one document.

    `code` is a lasting kebab-case word (`unknown-step`). `message` says what is wrong, `hint` what would be right.
    """

    code: str
    severity: Severity
    message: str
    path: Pointer = ()
    span: Span | None = None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    file: str = ""


def has_errors(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> bool:
    """Whether one of `diagnostics` forbids running the document."""
    return any(d.severity == "error" for d in diagnostics)
