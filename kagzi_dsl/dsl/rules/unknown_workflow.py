"""A call of a workflow that is not at hand."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Call
from kagzi_dsl.dsl.nearest import nearest

UNKNOWN_WORKFLOW = DiagnosticCode(
    "unknown-workflow",
    "warning",
    "A call names a workflow that is not among those checked with this one.",
    "call: send-reminder  # no file at hand defines it",
)
CODES = (UNKNOWN_WORKFLOW,)


def check(context: Context) -> Iterator[Diagnostic]:
    known = context.workflows
    if known is None:
        return
    for _, node in context.nodes(Call):
        if _is_file(node.workflow) or node.workflow == context.workflow.name or node.workflow in known:
            continue
        close = nearest(node.workflow, known)
        hint = f"did you mean `{close}`? Else it" if close is not None else "it"
        message = f"the workflow {node.workflow} is not among the files at hand"
        hint += " must be in the database when the run starts"
        yield context.at_value(context.kind_pointer(node), UNKNOWN_WORKFLOW, message, hint)


def _is_file(name: str) -> bool:
    return "/" in name or name.endswith((".yaml", ".yml", ".json"))
