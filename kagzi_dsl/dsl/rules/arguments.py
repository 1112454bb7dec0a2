"""What `with` gives an activity, against the parameters of its function."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.nearest import did_you_mean, nearest
from kagzi_dsl.dsl.types import Type
from kagzi_dsl.signature import Signature

UNKNOWN_ARGUMENT = DiagnosticCode(
    "unknown-argument",
    "error",
    "`with` names an argument that the activity, or the called workflow, does not take.",
    "activity: charge_card\nwith: {amout: 5}  # def charge_card(amount: float)",
)
MISSING_ARGUMENT = DiagnosticCode(
    "missing-argument",
    "error",
    "`with` leaves out an argument that the activity, or the called workflow, needs.",
    "activity: charge_card  # def charge_card(amount: float)",
)
WRONG_ARGUMENT_TYPE = DiagnosticCode(
    "wrong-argument-type",
    "error",
    "`with` gives an argument a value that can never be what the activity, or the called workflow, takes.",
    "activity: charge_card\nwith: {amount: a lot}  # def charge_card(amount: float)",
)
CODES = (UNKNOWN_ARGUMENT, MISSING_ARGUMENT, WRONG_ARGUMENT_TYPE)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Activity):
        signature = context.signature(node.activity)
        filling = context.sites.filling(node, "with")
        if signature is not None and filling is not None:
            yield from _judged(context, node, signature, context.outputs.of_filling(filling))


def _judged(context: Context, node: Activity, signature: Signature, given: Type) -> Iterator[Diagnostic]:
    pointer = context.pointer(node, "with")
    if given.kinds and not given.may_be("object"):
        yield context.at_value(
            pointer, WRONG_ARGUMENT_TYPE, f"`with` must be an object of arguments, and this is {given}"
        )
        return
    if given.kinds != {"object"} or given.fields is None:
        return
    meant: set[str] = set()
    for name in given.fields:
        if name in signature.parameters:
            yield from _of_one(context, node, signature, name, given)
        elif not signature.open_ended and name in given.needed:
            meant.add(nearest(name, signature.parameters) or "")
            yield _unknown(context, signature, (*pointer, name), name)
    if given.closed:
        # An argument that is misspelt is not missing as well.
        yield from _missing(context, node, signature, {*given.fields, *meant})


def _unknown(context: Context, signature: Signature, pointer: Pointer, name: str) -> Diagnostic:
    message = f"{signature.name} takes no argument `{name}`{_place(signature)}"
    hint = did_you_mean(name, signature.parameters) or "it takes none at all"
    return context.at_key(pointer, UNKNOWN_ARGUMENT, message, hint)


def _missing(context: Context, node: Activity, signature: Signature, given: set[str]) -> Iterator[Diagnostic]:
    for parameter in signature.parameters.values():
        if parameter.required and parameter.name not in given:
            form = str(Wanted(parameter.schema, parameter.schema, coerced=True)) if parameter.schema else ""
            wanted = f" ({form})" if form and form != "something else" else ""
            message = f"{signature.name} needs the argument `{parameter.name}`{_place(signature)}"
            hint = f"add `{parameter.name}`{wanted} to `with`"
            yield context.at_node(node, MISSING_ARGUMENT, message, hint)


def _of_one(context: Context, node: Activity, signature: Signature, name: str, given: Type) -> Iterator[Diagnostic]:
    if name not in given.needed or given.fields is None:
        return
    schema = signature.parameters[name].schema
    for misfit in misfits(given.fields[name], Wanted(schema, schema, coerced=True)):
        pointer = (*context.pointer(node, "with", name), *misfit.path)
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
        message = f"the argument `{name}{where}` of {signature.name} {misfit.message}{_place(signature)}"
        yield context.at_value(pointer, WRONG_ARGUMENT_TYPE, message, misfit.hint)


def _place(signature: Signature) -> str:
    return f" ({signature.place})" if signature.place else ""
