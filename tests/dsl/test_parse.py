"""From text to model: what each spelling comes to, what is said of mistakes, that parser and shape agree."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import documents, plain_values

from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.digest import canonical
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Call, Parallel, Saga, Set, walk
from kagzi_dsl.dsl.parse import load_canonical, parse, parse_file, parse_text
from kagzi_dsl.dsl.shape import check_shape
from kagzi_dsl.dsl.source import Source, load_source, read_source
from kagzi_dsl.errors import DocumentError
from kagzi_dsl.payload import dumps
from kagzi_dsl.retry import Retry

HERE = Path(__file__).parent / "parsing"


def cases(file: str) -> list[Any]:
    source = read_source(HERE / file).source
    assert source is not None
    return [pytest.param(case, id=case["name"]) for case in source.value]


def read(text: str) -> Document:
    parsed = parse_text(text, "flow.yaml")
    assert parsed.diagnostics == ()
    assert parsed.document is not None
    return parsed.document


@pytest.mark.parametrize("case", cases("spellings.yaml"))
def test_a_spelling_comes_to_its_canonical_form(case: dict[str, Any]) -> None:
    document = read(dumps(case["document"]))
    assert canonical(document.workflow) == {"workflow": "w", **case["canonical"]}


@pytest.mark.parametrize("case", cases("mistakes.yaml"))
def test_mistakes_are_reported_where_they_stand(case: dict[str, Any]) -> None:
    parsed = parse_text(case["document"], "flow.yaml")
    assert [line(diagnostic) for diagnostic in parsed.diagnostics] == case["report"]
    assert {diagnostic.file for diagnostic in parsed.diagnostics} == {"flow.yaml"}
    assert parsed.document is not None
    assert parsed.document.broken == set(case.get("broken", []))
    if "ids" in case:
        assert [node.id for node in walk(parsed.document.workflow.root)] == case["ids"]


def line(diagnostic: Diagnostic) -> str:
    assert diagnostic.span is not None
    hint = f" | {diagnostic.hint}" if diagnostic.hint else ""
    return f"{diagnostic.span.line}:{diagnostic.span.column} {diagnostic.code}: {diagnostic.message}{hint}"


def test_a_clash_of_ids_points_at_the_first_node() -> None:
    parsed = parse_text("workflow: w\nseq: [{id: a, set: 1}, {id: a, set: 2}]\n", "flow.yaml")
    (related,) = parsed.diagnostics[0].related
    assert related.span is not None
    assert (related.span.line, related.span.column, related.file) == (2, 12, "flow.yaml")


@pytest.mark.parametrize("text", ["", "[]", "5", "workflow: w", "{workflow: w, nonsense: 1}", "a: [b"])
def test_without_a_root_node_there_is_no_document_but_a_reason(text: str) -> None:
    parsed = parse_text(text, "flow.yaml")
    assert parsed.document is None
    assert parsed.diagnostics
    assert all(diagnostic.severity == "error" for diagnostic in parsed.diagnostics)


def test_a_broken_leaf_becomes_a_null_under_its_id_and_keeps_its_compensation() -> None:
    parsed = parse_text(
        "{workflow: w, saga: [{activity: pay, with: '${ a. }', compensate: {activity: refund}}, {set: 1}]}"
    )
    assert parsed.document is not None
    saga = parsed.document.workflow.root
    assert isinstance(saga, Saga)
    pay = saga.body[0]
    assert isinstance(pay, Set)
    assert (pay.id, pay.value.source) == ("pay", None)
    assert pay.compensate is not None
    assert pay.compensate.id == "refund"


def test_a_broken_composite_keeps_what_is_inside() -> None:
    parsed = parse_text("{workflow: w, seq: [{parallel: {a: {set: 1}, b: {set: 2}}, limit: many, when: 'a.'}]}")
    assert parsed.document is not None
    assert parsed.document.broken == {"parallel"}
    parallel = list(walk(parsed.document.workflow.root))[1]
    assert isinstance(parallel, Parallel)
    assert (parallel.names, parallel.limit, parallel.when) == (("a", "b"), None, None)


def test_a_mistake_in_the_header_does_not_break_the_root() -> None:
    parsed = parse_text("{workflow: w, timeout: 5, queue: [], set: 1}")
    assert len(parsed.diagnostics) == 2
    assert parsed.document is not None
    assert parsed.document.broken == frozenset()
    assert isinstance(parsed.document.workflow.root, Set)


def test_a_document_knows_where_its_nodes_and_kind_keys_stand() -> None:
    document = read(
        "workflow: w\n"
        "description: What it does.\n"
        "activities: [./a.py, shop]\n"
        "saga:\n"
        "  - id: first\n"
        "    set: 1\n"
        "  - [{set: 2}]\n"
    )
    assert document.description == "What it does."
    assert document.activities == ("./a.py", "shop")
    assert document.places == {"saga": (), "first": ("saga", 0), "seq": ("saga", 1), "set": ("saga", 1, 0)}
    assert document.kind_keys["first"] == ("saga", 0, "set")
    assert document.kind_keys["seq"] == ("saga", 1)
    assert spot(document.kind_span("saga")) == (4, 1)
    assert spot(document.kind_span("first")) == (6, 5)
    assert spot(document.kind_span("seq")) == (7, 5)
    assert spot(document.span_of(("saga", 0, "id"))) == (5, 9)
    assert spot(document.key_span(("saga", 0, "id"))) == (5, 5)
    assert spot(document.span_of(("saga", 0, "timeout"))) == (5, 5)


def spot(span: Any) -> tuple[int, int]:
    assert span is not None
    return span.line, span.column


def test_a_document_that_names_no_activities_leaves_the_choice() -> None:
    assert read("{workflow: w, set: 1}").activities is None
    assert read("{workflow: w, set: 1, activities: shop}").activities == ("shop",)


def test_only_the_fields_of_a_retry_policy_that_are_given_are_set() -> None:
    document = read("{workflow: w, call: child, retry: {initial_interval: 5s}}")
    assert isinstance(document.workflow.root, Call)
    assert document.workflow.root.retry == Retry(initial_interval=5000)
    assert document.workflow.run.retry == Retry(max_attempts=1)
    assert document.workflow.defaults.retry == Retry()


def test_twenty_thousand_nodes_without_ids_are_numbered_in_good_time() -> None:
    document = read("{workflow: w, seq: [" + "{set: 1}," * 20_000 + "]}")
    assert len(document.places) == 20_001
    assert "set_20000" in document.places


def test_a_file_is_parsed_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("{workflow: w, set: 1}", encoding="utf-8")
    parsed = parse_file(path)
    assert parsed.document is not None
    assert parsed.document.file == str(path)
    assert [one.code for one in parse_file(tmp_path / "none.yaml").diagnostics] == ["unreadable-file"]


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"workflow":"w"}', '{"workflow":"w","sleep":"soon","id":"a"}'])
def test_a_stored_definition_that_was_tampered_with_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        load_canonical(text)


def test_parsing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from kagzi_dsl.dsl.parse import parse_text; import kagzi_dsl.dsl.input, kagzi_dsl.dsl.link;"
        "parse_text('{workflow: w, input: {type: object, properties: {a: {type: string}}}, set: 1}');"
        "heavy = {'jsonschema', 'pydantic', 'httpx', 'asyncpg', 'asyncio', 'rich'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The parser and the check of the shape

BEYOND_SHAPE = {
    "invalid-duration",
    "invalid-expression",
    "invalid-moment",
    "invalid-schema",
    "duplicate-id",
    "unreachable-case",
}


def source_of(value: Any) -> Source:
    source = load_source(dumps(value), file="w.json").source
    assert source is not None
    return source


@given(documents())
@settings(max_examples=100, deadline=None)
def test_a_document_of_the_right_shape_builds_without_complaint(document: dict[str, Any]) -> None:
    parsed = parse(source_of(document))
    assert parsed.diagnostics == ()
    assert parsed.document is not None
    nodes = list(walk(parsed.document.workflow.root))
    assert [node.id for node in nodes] == list(parsed.document.places)
    assert len(parsed.document.places) == len(nodes)
    assert list(parsed.document.kind_keys) == list(parsed.document.places)


@given(documents(depth=2), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_wrong_is_told_by_the_shape_or_beyond_it_and_never_raised(
    document: dict[str, Any], data: st.DataObject
) -> None:
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 2))):
        damage(changed, data)
    source = source_of(changed)
    parsed = parse(source)
    if parsed.document is not None:
        assert [node.id for node in walk(parsed.document.workflow.root)] == list(parsed.document.places)
        assert not parsed.document.broken or parsed.diagnostics
    if not check_shape(source):
        assert parsed.document is not None
        assert {diagnostic.code for diagnostic in parsed.diagnostics} <= BEYOND_SHAPE


def damage(document: dict[str, Any], data: st.DataObject) -> None:
    """Puts something else in some place, takes something away, or writes a key anew."""
    here: Any = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        inner = here[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            here = inner
            continue
        break
    match data.draw(st.sampled_from(("replace", "remove", "rename"))):
        case "remove" if len(here) > 1:
            del here[key]
        case "rename" if isinstance(here, dict):
            here[data.draw(st.sampled_from(("sett", "set", "else", "x-y", "id", "timeout")))] = here.pop(key)
        case _:
            wrong = st.sampled_from(("${ a. }", "5 minutes", "${ a", 5, -1, 1.5, True, [], {}, [{}], {"type": "x"}))
            here[key] = data.draw(wrong | plain_values)
