"""The canonical form says what a document says, once and for all spellings; the digest is that form's."""

from __future__ import annotations

import copy
import hashlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import documents, workflow_of, workflows

from kagzi_dsl.dsl.digest import canonical, canonical_text, digest
from kagzi_dsl.dsl.model import Fail, Seq, Workflow, walk
from kagzi_dsl.dsl.parse import load_canonical, parse_text
from kagzi_dsl.dsl.parsing.drafts import Draft, draft_of
from kagzi_dsl.dsl.parsing.header import HEADER
from kagzi_dsl.dsl.template import compile_template
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.payload import dumps, loads


def written(text: str) -> Workflow:
    parsed = parse_text(text, "flow.yaml")
    assert parsed.document is not None
    assert not parsed.diagnostics
    return parsed.document.workflow


@given(workflows())
@settings(max_examples=80, deadline=None)
def test_the_canonical_form_is_a_document_that_says_the_same(workflow: Workflow) -> None:
    text = canonical_text(workflow)
    assert written(text) == workflow
    assert load_canonical(text) == workflow
    assert canonical_text(load_canonical(text)) == text
    assert digest(workflow) == hashlib.sha256(text.encode()).hexdigest()


@given(documents(), st.integers())
@settings(max_examples=80, deadline=None)
def test_spellings_of_one_document_have_one_digest(document: dict[str, Any], seed: int) -> None:
    other = Respelling(random.Random(seed)).document(document)
    assert digest(workflow_of(other)) == digest(workflow_of(document))


class Respelling:
    """Writes a document in another way: keys moved, descriptions, sugar, units."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        fresh = copy.deepcopy(document)
        inner = {key: value for key, value in fresh.items() if key not in HEADER}
        fresh = {key: self.value(key, value) for key, value in fresh.items() if key in HEADER}
        return self.shuffled({**fresh, **self.node(draft_of(inner)), "description": "Said otherwise."})

    def node(self, draft: Draft) -> Any:
        if draft.kind_key is None:
            steps = [self.node(child) for child in draft.children.values()]
            return {"seq": steps} if self.chance.random() < 0.5 else steps
        for tail, child in draft.children.items():
            self.place(draft, tail, self.node(child))
        mapping = {key: self.value(key, value) for key, value in draft.options.items()}
        return self.shuffled(mapping | ({"description": "Why not."} if draft.pointer else {}))

    def place(self, draft: Draft, tail: tuple[str | int, ...], value: Any) -> None:
        here: Any = draft.options
        for part in tail[:-1]:
            here = here[part]
        here[tail[-1]] = value

    def value(self, key: str, value: Any) -> Any:
        match key, value:
            case (("with" | "set" | "return" | "output" | "input" | "output_schema" | "schema" | "retry"), dict()):
                return self.anywhere(value)
            case (("timeout" | "heartbeat" | "every" | "sleep"), str()) if not value.startswith("${"):
                return self.chance.choice([value, f"{parse_duration(value)}ms"])
            case (("when" | "until" | "assert"), str()) if not value.strip().startswith("${"):
                return self.chance.choice([value, f"${{ {value} }}"])
            case "fail", str():
                return {"message": value}
            case "on_error", "cancel":
                return "cancel"
            case _:
                return value

    def anywhere(self, value: Any) -> Any:
        match value:
            case dict():
                return self.shuffled({key: self.anywhere(inner) for key, inner in value.items()})
            case list():
                return [self.anywhere(inner) for inner in value]
            case _:
                return value

    def shuffled(self, mapping: dict[str, Any]) -> dict[str, Any]:
        keys = list(mapping)
        self.chance.shuffle(keys)
        return {key: mapping[key] for key in keys}


PLAIN = """
workflow: order
description: What it does.
activities: ./activities.py
input: {type: object, properties: {amount: {type: number}, order: {type: string}}}
timeout: 1h
seq:
  # charges the customer
  - activity: payment.charge
    with: {amount: "${ input.amount }", order: "${ input.order }"}
    when: input.amount > `0`
  - foreach: input.lines
    do: [{activity: ship}, {sleep: 90s}]
  - fail: no stock
"""

SPELT_OUT = """
# nothing of this matters
seq:
  - when: "${ input.amount > `0` }"
    with:
      order: "${ input.order }"
      amount: "${ input.amount }"
    id: payment_charge
    activity: payment.charge
    description: Charges the customer.
  - limit: 64
    on_error: cancel
    do: {seq: [{activity: ship, id: ship, with: {}}, {sleep: PT1M30S}], id: seq_2}
    foreach: "${ input.lines }"
    as: item
  - fail: {message: no stock, code: Internal}
queue: default
timeout: 60m
input:
  properties: {order: {type: string}, amount: {type: number}}
  type: object
workflow: order
run: {priority: 0, retry: {max_attempts: 1}, labels: {}}
"""


def test_sugar_defaults_comments_and_order_of_keys_do_not_matter() -> None:
    assert canonical_text(written(PLAIN)) == canonical_text(written(SPELT_OUT))


@pytest.mark.parametrize(
    ("given", "canonical_form"),
    [
        ("{limit: 5}", {"limit": 5}),
        ("[{limit: 5}]", {"limit": 5}),
        ('{key: "${ input.tenant }", limit: 2}', {"key": "${ input.tenant }", "limit": 2}),
        ('{key: "${ input.tenant }"}', {"key": "${ input.tenant }"}),
        (
            '[{key: "${ input.tenant }", limit: 2}, {limit: 5}]',
            [{"limit": 5}, {"key": "${ input.tenant }", "limit": 2}],
        ),
    ],
)
def test_limits_of_a_workflow_have_one_form(given: str, canonical_form: object) -> None:
    workflow = written(f"workflow: w\nrun: {{concurrency: {given}}}\nset: 1\n")
    assert canonical(workflow)["run"] == {"concurrency": canonical_form}
    assert load_canonical(canonical_text(workflow)) == workflow


def test_the_canonical_form_has_ids_and_milliseconds_and_no_descriptions() -> None:
    assert canonical(written(PLAIN)) == {
        "id": "seq",
        "input": {"properties": {"amount": {"type": "number"}, "order": {"type": "string"}}, "type": "object"},
        "seq": [
            {
                "activity": "payment.charge",
                "id": "payment_charge",
                "when": "${ input.amount > `0` }",
                "with": {"amount": "${ input.amount }", "order": "${ input.order }"},
            },
            {
                "do": {
                    "id": "seq_2",
                    "seq": [{"activity": "ship", "id": "ship"}, {"id": "sleep", "sleep": "90000ms"}],
                },
                "foreach": "${ input.lines }",
                "id": "foreach",
            },
            {"fail": {"message": "no stock"}, "id": "fail"},
        ],
        "timeout": "3600000ms",
        "workflow": "order",
    }


def test_keys_are_written_sorted_but_branches_in_the_order_of_the_document() -> None:
    workflow = written("{workflow: w, parallel: {zeta: {set: {b: 1, a: 2}}, alpha: {set: 2}}, version: v1}")
    assert canonical_text(workflow) == (
        '{"id":"parallel","parallel":{"zeta":{"id":"zeta","set":{"a":2,"b":1}},"alpha":{"id":"alpha","set":2}},'
        '"version":"v1","workflow":"w"}'
    )


@pytest.mark.parametrize("kind", ["parallel", "race"])
def test_the_order_of_branches_is_part_of_the_digest(kind: str) -> None:
    one = written(f"{{workflow: w, {kind}: {{a: {{set: 1, id: x}}, b: {{set: 2, id: y}}}}}}")
    two = written(f"{{workflow: w, {kind}: {{b: {{set: 2, id: y}}, a: {{set: 1, id: x}}}}}}")
    assert digest(one) != digest(two)


@pytest.mark.parametrize(
    "change",
    [
        ("amount > `0`", "amount > `1`"),
        ("timeout: 1h", "timeout: 2h"),
        ("no stock", "no luck"),
        ("workflow: order", "workflow: orders"),
        ("{activity: ship}", "{activity: ship, id: sent}"),
        ("{activity: ship}", "{activity: ship, retry: {max_attempts: 3}}"),
        ("type: number", "type: integer"),
    ],
)
def test_what_changes_a_run_changes_the_digest(change: tuple[str, str]) -> None:
    assert digest(written(PLAIN)) != digest(written(PLAIN.replace(*change)))


def test_templates_are_evaluated_in_the_same_order_from_file_and_canonical_form() -> None:
    workflow = written("{workflow: w, set: {b: 1, a: {d: 1, c: 2}}}")
    stored = load_canonical(canonical_text(workflow))
    assert dumps(workflow.root.value.source) == dumps(stored.root.value.source) == '{"a":{"c":2,"d":1},"b":1}'  # type: ignore[union-attr]


def test_an_output_that_is_null_is_not_the_same_as_none() -> None:
    assert digest(written("{workflow: w, seq: [{set: 1, output: null}]}")) != digest(
        written("{workflow: w, seq: [{set: 1}]}")
    )


def test_a_workflow_that_no_document_can_say_has_no_canonical_form() -> None:
    root = Fail(id="a", message=compile_template("no"), timeout=1000)
    with pytest.raises(ValueError, match="the root node cannot have timeout"):
        canonical(Workflow(name="w", root=root))


@given(workflows())
@settings(max_examples=30, deadline=None)
def test_every_node_of_the_canonical_form_has_its_id_written(workflow: Workflow) -> None:
    def ids(draft: Draft) -> list[Any]:
        return [each.options.get("id") for each in draft.walk()]

    value = loads(canonical_text(workflow))
    root = draft_of({key: inner for key, inner in value.items() if key not in HEADER})
    assert ids(root) == [node.id for node in walk(workflow.root)]


def test_a_chain_of_lists_as_deep_as_a_document_may_be_can_be_stored() -> None:
    deep = "[" * 61 + "{set: 1}" + "]" * 61
    workflow = written(f"{{workflow: w, seq: {deep}}}")
    assert load_canonical(canonical_text(workflow)) == workflow
    assert isinstance(workflow.root, Seq)
