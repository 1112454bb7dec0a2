"""The checker as it is called: what it is handed, what it gives back."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from kagzi_dsl.dsl.check import MOST, check, report
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.signature import Parameter, Signature

CHARGE = Signature(name="charge", place="activities.py:3", parameters={"amount": Parameter("amount", True)})


def document_of(text: str) -> Document:
    parsed = parse_text(text, "flow.yaml")
    assert parsed.document is not None
    return parsed.document


def test_nothing_is_said_of_activities_that_are_not_known() -> None:
    document = document_of("workflow: w\nactivity: nobody_knows\nwith: {x: 1}\n")
    assert check(document, signatures=None) == []
    assert [one.code for one in check(document, signatures={})] == ["unknown-activity"]


def test_nothing_is_said_of_workflows_that_are_not_known() -> None:
    document = document_of("workflow: w\ncall: other\n")
    assert check(document, signatures=None) == []
    assert [one.code for one in check(document, signatures=None, workflows={})] == ["unknown-workflow"]


def test_a_workflow_that_is_at_hand_under_the_file_it_is_called_by_is_checked_against() -> None:
    callee = document_of("workflow: child\ninput: {type: object, required: [n]}\nset: 1\n").workflow
    document = document_of("workflow: w\ncall: ./child.yaml\n")
    found = check(document, signatures=None, workflows={"./child.yaml": callee})
    assert [one.code for one in found] == ["missing-argument"]


def test_reports_come_in_the_order_of_the_text_whatever_rule_they_are_from() -> None:
    text = """
    workflow: w
    seq:
      - {activity: charge, with: {amout: "${ steps.later }"}}
      - {set: "${ inputs.x }"}
      - {id: later, set: "${ steps.nowhere }", when: "'x'"}
    """
    found = check(document_of(text), signatures={"charge": CHARGE})
    assert [(one.span.line, one.code) for one in found if one.span] == [
        (4, "unknown-argument"),
        (4, "step-not-visible"),
        (5, "unknown-root"),
        (6, "unknown-step"),
        (6, "constant-condition"),
    ]


def test_a_report_joins_what_the_parser_and_the_checker_found() -> None:
    text = "workflow: w\nseq:\n  - {set: '${ inputs.x }'}\n  - {sleep: '5 minutes'}\n  - {set: '${ nope }'}\n"
    found = report(parse_text(text, "flow.yaml"), signatures=None)
    assert [one.span.line for one in found if one.span] == [3, 4, 5]
    assert {one.file for one in found} == {"flow.yaml"}


def test_a_text_that_is_no_document_is_reported_by_the_parser_alone() -> None:
    parsed = parse_text("just text", "flow.yaml")
    assert report(parsed, signatures={}) == list(parsed.diagnostics) != []


def test_one_mistake_at_two_places_is_told_for_each() -> None:
    text = "workflow: w\nset: '${ x.a == x.a }'\n"
    found = check(document_of(text), signatures=None)
    assert [(one.code, one.span.column) for one in found if one.span] == [("unknown-root", 10), ("unknown-root", 17)]


def test_a_signature_that_cannot_be_worked_out_is_a_report_and_no_crash() -> None:
    class Broken(dict[str, Signature]):
        def __getitem__(self, name: str) -> Signature:
            raise RegistrationError("activities.py:9: the parameter file cannot be read from JSON")

    text = "workflow: w\nseq:\n  - {activity: charge, with: {x: 1}}\n  - {set: '${ steps.charge.id }'}\n"
    found = check(document_of(text), signatures=Broken(charge=CHARGE))
    assert [(one.code, one.message) for one in found] == [
        ("unusable-activity", "activities.py:9: the parameter file cannot be read from JSON")
    ]


def test_ten_thousand_steps_that_read_each_other_are_checked_without_end_of_stack() -> None:
    steps = "".join(f'  - {{id: s{i}, set: {{v: "${{ steps.s{i - 1}.v }}"}}}}\n' for i in range(1, 10_000))
    document = document_of(f"workflow: w\nseq:\n  - {{id: s0, set: {{v: 1}}}}\n{steps}")
    assert check(document, signatures=None) == []


def test_of_very_many_mistakes_of_one_kind_the_first_are_told() -> None:
    steps = "".join(f'  - {{id: s{i}, set: "${{ steps.nowhere{i} }}"}}\n' for i in range(2 * MOST))
    found = check(document_of(f"workflow: w\nseq:\n{steps}"), signatures=None)
    assert [one.span.line for one in found if one.span] == list(range(3, 3 + MOST))


def test_steps_that_read_each_other_in_a_circle_are_told_and_not_followed_for_ever() -> None:
    text = 'workflow: w\nseq:\n  - {id: a, set: "${ steps.b.x }"}\n  - {id: b, set: "${ steps.a.x }"}\n'
    assert [one.code for one in check(document_of(text), signatures=None)] == ["step-not-visible"]


def test_a_schema_that_refers_to_itself_is_followed_as_far_as_an_expression_goes() -> None:
    text = """
    workflow: w
    input:
      $ref: "#/$defs/tree"
      $defs:
        tree:
          type: object
          additionalProperties: false
          properties:
            label: {type: string}
            left: {$ref: "#/$defs/tree"}
    set: [ "${ input.left.left.left.label }", "${ input.left.left.left.lable }" ]
    """
    found = check(document_of(text), signatures=None)
    assert [(one.code, one.message) for one in found] == [
        ("unknown-field", "`input.left.left.left` has no field `lable`")
    ]


def test_checking_leaves_no_circles_behind_so_that_a_thousand_files_take_the_memory_of_one() -> None:
    order = Path(__file__).parents[2] / "benchmarks/samples/order/order.yaml"
    assert check(document_of(order.read_text()), signatures=None) == []  # once, for what is kept for the next
    gc.collect()
    gc.disable()
    try:
        check(document_of(order.read_text()), signatures=None)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_checking_loads_nothing_heavy() -> None:
    heavy = ("jsonschema", "pydantic", "httpx", "asyncpg", "rich", "click", "asyncio")
    code = f"import sys, kagzi_dsl.dsl.check; sys.exit(' '.join(m for m in {heavy!r} if m in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
