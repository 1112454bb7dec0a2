"""An activity nobody has registered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.nearest import did_you_mean, nearest
from kagzi_dsl.errors import RegistrationError

UNKNOWN_ACTIVITY = DiagnosticCode(
    "unknown-activity",
    "error",
    "A node calls an activity that is not registered.",
    "activity: chrage_card  # activities.py defines charge_card",
)
UNUSABLE_ACTIVITY = DiagnosticCode(
    "unusable-activity",
    "error",
    "A node calls an activity whose parameters cannot be filled from JSON.",
    "activity: upload  # def upload(file: socket.socket)",
)
CODES = (UNKNOWN_ACTIVITY, UNUSABLE_ACTIVITY)


def check(context: Context) -> Iterator[Diagnostic]:
    signatures = context.signatures
    if signatures is None:
        return
    for _, node in context.nodes(Activity):
        pointer = context.kind_pointer(node)
        if node.activity not in signatures:
            message = f"there is no activity {node.activity}"
            yield context.at_value(pointer, UNKNOWN_ACTIVITY, message, _hint(context, node.activity))
            continue
        try:
            signatures[node.activity]
        except RegistrationError as error:
            yield context.at_value(pointer, UNUSABLE_ACTIVITY, str(error))


def _hint(context: Context, name: str) -> str:
    signatures = context.signatures or {}
    close = nearest(name, signatures)
    if close is not None:
        place = ""
        with suppress(RegistrationError):
            place = signatures[close].place
        return f"did you mean `{close}`?" + (f" ({place})" if place else "")
    said = context.document.activities
    looked = ", ".join(said) if said else "activities.py beside the file, as the document names no other"
    return f"looked in {looked}; {did_you_mean(name, signatures) or 'there is none at all'}"
