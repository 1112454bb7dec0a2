"""An output that cannot fit the document's own `output_schema`."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.model import Return
from kagzi_dsl.dsl.sites import RUN_OUTPUT
from kagzi_dsl.dsl.types import Type

WRONG_OUTPUT = DiagnosticCode(
    "wrong-output",
    "error",
    "The run's output can never fit `output_schema`: the run would fail at its very end.",
    "output_schema: {type: object, required: [total]}\noutput: {sum: 5}",
)
CODES = (WRONG_OUTPUT,)


def check(context: Context) -> Iterator[Diagnostic]:
    workflow = context.workflow
    if workflow.output_schema is None:
        return
    outputs, root = context.outputs, workflow.root
    if workflow.output is not None:
        yield from _judged(context, ("output",), outputs.of_filling(context.sites.filling(root, RUN_OUTPUT)))
    else:
        yield from _judged(context, context.document.kind_keys[root.id], outputs.of_node(root))
    for _, node in context.nodes(Return):
        yield from _judged(
            context, context.kind_pointer(node), outputs.of_filling(context.sites.filling(node, "return"))
        )


def _judged(context: Context, pointer: Pointer, given: Type) -> Iterator[Diagnostic]:
    schema = context.workflow.output_schema
    for misfit in misfits(given, Wanted(schema, schema)):
        place = "output" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
        message = f"`{place}` {misfit.message}, as `output_schema` has it"
        if misfit.unknown is not None:
            message = f"`{misfit.unknown}` is not among the fields of `output_schema`"
        hint = misfit.hint or (f"add `{misfit.missing}`" if misfit.missing else None)
        yield context.at_key((*pointer, *misfit.path), WRONG_OUTPUT, message, hint)
