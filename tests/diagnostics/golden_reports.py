"""Pairs of a bad file and its expected report: `NAME.yaml` and `NAME.txt` in this folder.

After a change of messages run `python tests/diagnostics/golden_reports.py`, which writes every report anew, and read
the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kagzi_dsl.dsl.check import report
from kagzi_dsl.dsl.diagnostic import Diagnostic, Related
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parse import parse_file
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.retry import Retry
from kagzi_dsl.signature import Parameter, Signature

FOLDER = Path(__file__).parent

_CUSTOMER = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "vip": {"type": "boolean"}},
}
_PAYMENT = {
    "type": "object",
    "required": ["payment_id", "amount"],
    "properties": {"payment_id": {"type": "string"}, "amount": {"type": "number"}},
}


class _Signatures(dict[str, Signature]):
    """As the registry's: a signature that cannot be worked out raises when it is asked for."""

    def __getitem__(self, name: str) -> Signature:
        if name == "upload":
            raise RegistrationError("activities.py:40: upload: the parameter file (socket) cannot be read from JSON")
        return super().__getitem__(name)


def _signature(name: str, *parameters: Parameter, **rest: object) -> Signature:
    place = f"activities.py:{10 + len(name)}"
    return Signature(name=name, place=place, parameters={p.name: p for p in parameters}, **rest)  # type: ignore[arg-type]


SIGNATURES = _Signatures(
    (one.name, one)
    for one in (
        _signature(
            "charge_card",
            Parameter("amount", True, {"type": "number", "minimum": 0}),
            Parameter("currency", False, {"enum": ["EUR", "USD"]}),
            Parameter("customer", False, {"$ref": "#/$defs/Customer", "$defs": {"Customer": _CUSTOMER}}),
            output_schema=_PAYMENT,
        ),
        _signature("refund", Parameter("payment_id", True, {"type": "string"})),
        _signature("fetch", open_ended=True),
        _signature("confirm"),
        _signature("slow", timeout=60_000, retry=Retry(max_attempts=5)),
        _signature("launch_rocket", at_most_once=True),
        _signature("upload"),
    )
)
"""What the documents of this folder call."""


def workflows() -> dict[str, Workflow]:
    """The workflows that the documents of this folder call by name."""
    found = [parse_file(path) for path in sorted((FOLDER / "called").glob("*.yaml"))]
    return {one.document.workflow.name: one.document.workflow for one in found if one.document is not None}


def bad_files() -> list[Path]:
    """The bad files, by name."""
    return sorted(FOLDER.glob("*.yaml"))


def golden_report(path: Path) -> str:
    """The report of a bad file as text."""
    found = report(parse_file(path), signatures=SIGNATURES, workflows=workflows())
    lines = path.read_text().splitlines()
    return "".join(f"{line}\n" for one in found for line in _told(one, lines))


def _told(one: Diagnostic, lines: list[str]) -> Iterator[str]:
    place = f"{one.span.line}:{one.span.column}" if one.span else "-"
    yield f"{place}: {one.severity}[{one.code}]: {one.message}"
    if one.span is not None:
        yield f"    {lines[one.span.line - 1]}"
        width = one.span.end_column - one.span.column if one.span.line == one.span.end_line else 1
        yield f"    {' ' * (one.span.column - 1)}{'^' * max(1, width)}"
    if one.hint is not None:
        yield f"    hint: {one.hint}"
    for related in one.related:
        yield f"    {_beside(related)}"


def _beside(related: Related) -> str:
    place = f"{related.span.line}:{related.span.column}" if related.span else "-"
    return f"{place}: {related.message}"


def write_all() -> None:
    """Writes every report anew."""
    for path in bad_files():
        path.with_suffix(".txt").write_text(golden_report(path))


if __name__ == "__main__":
    write_all()
