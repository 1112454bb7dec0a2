"""The codes of diagnostics as data, for the checker and for the documentation."""

from __future__ import annotations

from typing import NamedTuple

from kagzi_dsl.dsl.diagnostic import Severity


class DiagnosticCode(NamedTuple):
    """A lasting kebab-case word, how grave it is, what it means, and a piece of a document that earns it."""

    word: str
    severity: Severity
    meaning: str
    example: str
