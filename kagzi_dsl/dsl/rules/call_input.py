"""What `with` gives a called workflow, against its `input` schema."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.misfit import Misfit, Wanted, misfits
from kagzi_dsl.dsl.model import Call
from kagzi_dsl.dsl.rules.arguments import MISSING_ARGUMENT, UNKNOWN_ARGUMENT, WRONG_ARGUMENT_TYPE

CODES = (UNKNOWN_ARGUMENT, MISSING_ARGUMENT, WRONG_ARGUMENT_TYPE)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Call):
        callee = context.called(node)
        filling = context.sites.filling(node, "with")
        if filling is None:
            continue
        given = context.outputs.of_filling(filling)
        if given.kinds and not given.may_be("object"):
            message = f"`with` must be an object, the input of the run, and this is {given}"
            yield context.at_value(context.pointer(node, "with"), WRONG_ARGUMENT_TYPE, message)
        elif callee is not None and callee.input_schema is not None:
            schema = callee.input_schema
            for misfit in misfits(given, Wanted(schema, schema)):
                yield _reported(context, node, callee.name, misfit)


def _reported(context: Context, node: Call, name: str, misfit: Misfit) -> Diagnostic:
    pointer = (*context.pointer(node, "with"), *misfit.path)
    if misfit.missing is not None and not misfit.path:
        message = f"the workflow {name} needs `{misfit.missing}` in its input"
        return context.at_node(node, MISSING_ARGUMENT, message, f"add `{misfit.missing}` to `with`")
    if misfit.unknown is not None and len(misfit.path) == 1:
        message = f"the workflow {name} takes no `{misfit.unknown}` in its input"
        return context.at_key(pointer, UNKNOWN_ARGUMENT, message, misfit.hint)
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
    message = f"`input{where}` of the workflow {name} {misfit.message}"
    return context.at_value(pointer, WRONG_ARGUMENT_TYPE, message, misfit.hint)
