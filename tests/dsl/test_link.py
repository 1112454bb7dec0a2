"""From one document to every workflow it can reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from kagzi_dsl.dsl.digest import digest
from kagzi_dsl.dsl.link import Linked, find_beside, is_file, link, link_file, link_text
from kagzi_dsl.dsl.model import Call, walk
from kagzi_dsl.dsl.parse import Parsed, parse_text
from kagzi_dsl.errors import DocumentError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of documents that call one another."""
    write(tmp_path / "main.yaml", "{workflow: main, seq: [{call: ./parts/child.yaml}, {call: sibling}]}")
    write(tmp_path / "sibling.yml", "{workflow: sibling, set: 1}")
    write(tmp_path / "parts" / "child.yaml", "{workflow: child, call: ../grandchild.json}")
    write(tmp_path / "grandchild.json", '{"workflow": "grandchild", "call": "main"}')
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def called(linked: Linked, name: str) -> list[str]:
    return [node.workflow for node in walk(linked.workflows[name].root) if isinstance(node, Call)]


def codes(linked: Linked) -> list[str]:
    return [diagnostic.code for diagnostic in linked.diagnostics]


def test_every_reachable_workflow_is_found_and_calls_are_by_name(folder: Path) -> None:
    linked = link_file(folder / "main.yaml")
    assert linked.diagnostics == ()
    assert linked.missing == ()
    assert linked.root.name == "main"
    assert {name: called(linked, name) for name in linked.workflows} == {
        "main": ["child", "sibling"],
        "child": ["grandchild"],
        "grandchild": ["main"],
        "sibling": [],
    }
    assert linked.digests == {name: digest(workflow) for name, workflow in linked.workflows.items()}
    assert linked.documents["child"].file == str(folder / "parts" / "child.yaml")


def test_the_digest_does_not_know_by_which_path_a_file_was_called(folder: Path) -> None:
    one = link_file(folder / "main.yaml")
    write(folder / "main.yaml", "{workflow: main, seq: [{call: parts/../parts/child.yaml}, {call: sibling.yml}]}")
    other = link_file(folder / "main.yaml")
    assert one.digests == other.digests


def test_the_document_keeps_its_own_calls(folder: Path) -> None:
    linked = link_file(folder / "main.yaml")
    assert linked.document is not None
    calls = [node.workflow for node in walk(linked.document.workflow.root) if isinstance(node, Call)]
    assert calls == ["./parts/child.yaml", "sibling"]


def test_calls_are_found_wherever_they_stand(tmp_path: Path) -> None:
    write(tmp_path / "c.yaml", "{workflow: c, set: 1}")
    linked = link_text(
        """
        workflow: w
        saga:
          - switch: [{when: a, do: {call: c.yaml}}, {else: [{call: c.yaml}]}]
          - try: {set: 1}
            catch: [{do: {call: c.yaml}}]
            finally: {call: c.yaml}
            compensate: {foreach: [1], do: {call: c.yaml}}
          - wait_for: go
            timeout: 1s
            else: {call: c.yaml}
        on_failure: {race: {a: {call: c.yaml}, b: {parallel: [{repeat: {call: c.yaml}, until: a, max: 1}]}}}
        """,
        str(tmp_path / "flow.yaml"),
    )
    assert linked.diagnostics == ()
    assert called(linked, "w") == ["c"] * 8


def test_a_file_that_is_not_there_is_told_where_it_is_called(folder: Path) -> None:
    linked = link_text("workflow: w\nseq:\n  - call: ./sibling.yaml\n", str(folder / "flow.yaml"))
    (diagnostic,) = linked.diagnostics
    assert diagnostic.code == "missing-file"
    assert diagnostic.message == f"there is no file {folder / 'sibling.yaml'}"
    assert diagnostic.hint == "did you mean `sibling.yml`?"
    assert diagnostic.file == str(folder / "flow.yaml")
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (3, 11)


def test_mistakes_in_a_callee_are_reported_under_its_file(folder: Path) -> None:
    child = write(folder / "parts" / "child.yaml", "{workflow: child, sleep: 5}")
    linked = link_file(folder / "main.yaml")
    assert [(diagnostic.code, diagnostic.file) for diagnostic in linked.diagnostics] == [
        ("invalid-duration", str(child))
    ]


def test_mistakes_of_the_root_come_first(folder: Path) -> None:
    linked = link_text("{workflow: w, seq: [{call: none.yaml}, {sleep: 5}]}", str(folder / "flow.yaml"))
    assert codes(linked) == ["invalid-duration", "missing-file"]


def test_a_root_that_cannot_be_read_has_no_workflow() -> None:
    linked = link_text("workflow: w", "flow.yaml")
    assert linked.document is None
    assert codes(linked) == ["no-kind"]
    with pytest.raises(DocumentError, match="no root node"):
        _ = linked.root


def test_a_name_that_nobody_has_is_missing_and_its_place_known(folder: Path) -> None:
    linked = link_text(
        "workflow: w\nseq: [{call: siblink}, {call: siblink}, {call: other}]\n", str(folder / "flow.yaml")
    )
    assert linked.missing == ("siblink", "other")
    assert linked.diagnostics == ()
    first = linked.unresolved[0]
    assert (first.code, first.severity, first.file) == ("unknown-workflow", "warning", str(folder / "flow.yaml"))
    assert first.message == "no workflow is named `siblink` here"
    assert first.span is not None
    assert (first.span.line, first.span.column) == (2, 14)


def test_a_workflow_may_call_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "w.yaml", "{workflow: w, seq: [{call: w}, {call: ./w.yaml}]}")
    linked = link_file(path)
    assert linked.diagnostics == ()
    assert called(linked, "w") == ["w", "w"]
    assert list(linked.documents) == ["w"]


def test_two_different_files_with_one_name_are_an_error_that_names_both(tmp_path: Path) -> None:
    one = write(tmp_path / "a" / "one.yaml", "{workflow: child, set: 1}")
    two = write(tmp_path / "b" / "two.yaml", "{workflow: child, set: 2}")
    linked = link_text("{workflow: w, seq: [{call: a/one.yaml}, {call: b/two.yaml}]}", str(tmp_path / "flow.yaml"))
    (diagnostic,) = linked.diagnostics
    assert diagnostic.code == "duplicate-workflow"
    assert diagnostic.message == f"two different workflows are named `child`: {one} and {two}"
    assert [related.file for related in diagnostic.related] == [str(one), str(two)]
    assert diagnostic.path == ("seq", 1, "call")


def test_a_callee_named_as_the_root_is_an_error_too(tmp_path: Path) -> None:
    write(tmp_path / "other.yaml", "{workflow: w, set: 2}")
    assert codes(link_text("{workflow: w, call: other.yaml}", str(tmp_path / "flow.yaml"))) == ["duplicate-workflow"]


def test_copies_of_one_workflow_are_no_clash(tmp_path: Path) -> None:
    write(tmp_path / "a" / "one.yaml", "{workflow: child, call: ./leaf.yaml}")
    write(tmp_path / "b" / "two.yaml", "# a copy\n{workflow: child, call: ../a/leaf.yaml}")
    write(tmp_path / "a" / "leaf.yaml", "{workflow: leaf, set: 1}")
    linked = link_text("{workflow: w, seq: [{call: a/one.yaml}, {call: b/two.yaml}]}", str(tmp_path / "flow.yaml"))
    assert linked.diagnostics == ()


def test_copies_whose_callees_differ_are_a_clash_of_those(tmp_path: Path) -> None:
    write(tmp_path / "a" / "one.yaml", "{workflow: child, call: ./leaf.yaml}")
    write(tmp_path / "b" / "two.yaml", "{workflow: child, call: ./leaf.yaml}")
    write(tmp_path / "a" / "leaf.yaml", "{workflow: leaf, set: 1}")
    write(tmp_path / "b" / "leaf.yaml", "{workflow: leaf, set: 2}")
    linked = link_text("{workflow: w, seq: [{call: a/one.yaml}, {call: b/two.yaml}]}", str(tmp_path / "flow.yaml"))
    assert codes(linked) == ["duplicate-workflow"]
    assert "`leaf`" in linked.diagnostics[0].message


def test_a_file_wins_over_a_name_that_is_called_before_it(tmp_path: Path) -> None:
    write(tmp_path / "child.yaml", "{workflow: child, set: beside}")
    mine = write(tmp_path / "mine" / "child.yaml", "{workflow: child, set: mine}")
    linked = link_text("{workflow: w, seq: [{call: child}, {call: mine/child.yaml}]}", str(tmp_path / "flow.yaml"))
    assert linked.diagnostics == ()
    assert linked.documents["child"].file == str(mine)


def test_finding_beside_parses_only_what_seems_to_hold_the_name(tmp_path: Path) -> None:
    write(tmp_path / "broken.yaml", "workflow: [")
    write(tmp_path / "child.yaml", "# workflow: other\nworkflow: child\nset: 1\n")
    write(tmp_path / "pretty.json", '{\n  "version": "1",\n  "workflow": "pretty", "set": 1}')
    write(tmp_path / "notes.txt", "workflow: notes")
    find = find_beside(tmp_path)
    for name in ("child", "pretty"):
        parsed = find(name)
        assert parsed is not None
        assert parsed.document is not None
        assert parsed.document.workflow.name == name
    assert find("other") is None
    assert find("notes") is None


def test_two_different_workflows_of_one_name_beside_are_told(tmp_path: Path) -> None:
    first = write(tmp_path / "a.yaml", "{workflow: child, set: 1}")
    second = write(tmp_path / "b.yaml", "{workflow: child, set: 2}")
    linked = link_text("{workflow: w, call: child}", str(tmp_path / "flow.yaml"))
    (diagnostic,) = linked.diagnostics
    assert diagnostic.message == f"two different workflows are named `child`: {first} and {second}"
    assert diagnostic.file == str(second)
    assert diagnostic.related[0].file == str(first)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert find_beside(tmp_path / "none")("w") is None


def test_where_files_and_names_are_looked_up_can_be_given() -> None:
    seen: list[str] = []

    def find(name: str) -> Parsed | None:
        seen.append(name)
        return parse_text("{workflow: child, set: 1}", "stored") if name == "child" else None

    document = parse_text("{workflow: w, seq: [{call: child}, {call: child}, {call: none}]}", "flow.yaml").document
    assert document is not None
    linked = link(document, find=find)
    assert seen == ["child", "none"]
    assert set(linked.workflows) == {"w", "child"}
    assert linked.missing == ("none",)


@pytest.mark.parametrize("name", ["./child", "a/b", "child.yaml", "child.yml", "child.json", "/abs/child.yaml"])
def test_what_looks_like_a_file_is_one(name: str) -> None:
    assert is_file(name)


@pytest.mark.parametrize("name", ["child", "order-processing", "yaml"])
def test_what_looks_like_a_name_is_one(name: str) -> None:
    assert not is_file(name)
