"""The checker: mistakes in a document, found before a run.

What needs names, types or the rest of the document is judged here, by the rules of `kagzi_dsl.dsl.rules`; what is wrong
with the text itself the parser says. `check` is pure: it reads nothing but what it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from kagzi_dsl.dsl.context import context_of
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parse import Parsed, in_text_order
from kagzi_dsl.dsl.rules import RULES
from kagzi_dsl.signature import Signature

MOST = 200
"""How many problems one rule may report: nobody reads more, and a hostile document has very many."""


def check(
    document: Document,
    *,
    signatures: Mapping[str, Signature] | None,
    workflows: Mapping[str, Workflow] | None = None,
) -> list[Diagnostic]:
    """Every mistake the rules find, in the order of the text.

    `signatures` are the registered activities by name, None when they are not known: then no rule speaks of them.
    `workflows` are the other workflows by the name or the file they are called by, None likewise.
    """
    context = context_of(document, signatures, workflows)
    return _sorted(found for rule in RULES for found in islice(rule.check(context), MOST))


def report(
    parsed: Parsed,
    *,
    signatures: Mapping[str, Signature] | None,
    workflows: Mapping[str, Workflow] | None = None,
) -> list[Diagnostic]:
    """What the parser found and what `check` finds, in the order of the text and without repetitions."""
    if parsed.document is None:
        return list(parsed.diagnostics)
    found = check(parsed.document, signatures=signatures, workflows=workflows)
    return _sorted([*parsed.diagnostics, *found])


def _sorted(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """In the order of the text; of two that say the same at the same place the first."""
    once = {(one.code, one.span, one.path, one.message): one for one in reversed(list(diagnostics))}
    return list(in_text_order(reversed(once.values())))
