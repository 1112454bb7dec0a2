"""`kagzi-dsl validate`, as it is typed."""

from __future__ import annotations

import pytest
from terminal import Terminal

GOOD = """\
workflow: good
seq:
  - activity: mark
    with: {what: one}
"""
BAD = """\
workflow: bad
seq:
  - activity: marc
    with: {what: "${ steps.nowhere }"}
  - sleep: 5
"""
WARNED = """\
workflow: warned
seq:
  - call: somewhere-else
"""


def test_a_valid_file_is_silent_on_stdout_and_exits_0(no_database: Terminal) -> None:
    no_database.write("good.yaml", GOOD)
    typed = no_database.type("validate", "good.yaml")
    assert (typed.status, typed.out, typed.err) == (0, "", "1 file: no problems\n")


def test_a_problem_is_told_with_place_line_caret_and_hint(no_database: Terminal) -> None:
    no_database.write("bad.yaml", BAD)
    typed = no_database.type("validate", "bad.yaml")
    assert typed.status == 1
    first = typed.out.split("\n\n")[0].splitlines()
    assert first[0] == "bad.yaml:3:15: error[unknown-activity]: there is no activity marc"
    assert first[1:3] == ["    3 |   - activity: marc", "      |               ^^^^"]
    assert first[3].startswith("   hint: did you mean `mark`?")
    assert typed.err == "1 file: 3 errors\n"


def test_every_problem_of_every_file_is_told_in_order(no_database: Terminal) -> None:
    no_database.write("flows/b.yaml", BAD)
    no_database.write("flows/a.json", '{"workflow": "a", "seq": [{"sleep": 5}]}')
    no_database.write("flows/deep/er/c.yml", "workflow: c\nsleep: 5s\nnonsense: 1\n")
    no_database.write("flows/compose.yaml", "services: {web: {image: nginx}}\n")
    no_database.write("flows/.hidden/d.yaml", "workflow: 1\n")
    typed = no_database.type("validate", "flows", "--no-import", "--format", "json")
    places = [(one["file"], one["line"], one["code"]) for one in typed.json["diagnostics"]]
    assert typed.json["files"] == ["flows/a.json", "flows/b.yaml", "flows/deep/er/c.yml"]
    assert places == sorted(places, key=lambda place: place[:2])
    assert {file for file, _, _ in places} == set(typed.json["files"])
    assert typed.status == 1


def test_a_glob_that_no_shell_expanded_is_expanded(no_database: Terminal) -> None:
    no_database.write("flows/one.yaml", GOOD)
    no_database.write("flows/deep/two.yaml", GOOD.replace("good", "two"))
    typed = no_database.type("validate", "flows/**/*.yaml", "--no-import")
    assert (typed.status, typed.err) == (0, "2 files: no problems\n")


def test_a_file_that_is_named_is_taken_whatever_it_looks_like(no_database: Terminal) -> None:
    no_database.write("compose.yaml", "services: {web: {image: nginx}}\n")
    typed = no_database.type("validate", "compose.yaml")
    assert typed.status == 1
    assert "workflow" in typed.out


@pytest.mark.parametrize("path", ["nowhere.yaml", "nowhere/*.yaml", "empty"])
def test_a_path_that_leads_to_nothing_is_wrong_usage(no_database: Terminal, path: str) -> None:
    (no_database.folder / "empty").mkdir()
    typed = no_database.type("validate", path)
    assert typed.status == 2
    assert path in typed.err
    assert len(typed.err.splitlines()) == 1


def test_a_warning_fails_only_when_strict(no_database: Terminal) -> None:
    no_database.write("warned.yaml", WARNED)
    lenient = no_database.type("validate", "warned.yaml")
    assert (lenient.status, lenient.err) == (0, "1 file: 1 warning\n")
    assert "warning[unknown-workflow]" in lenient.out
    assert no_database.type("validate", "warned.yaml", "--strict").status == 1


def test_activities_that_cannot_be_imported_are_a_problem_at_their_key(no_database: Terminal) -> None:
    no_database.write("broken.py", "import nothing_of_this_name\n")
    no_database.write("flow.yaml", "workflow: flow\nactivities: ./broken.py\nactivity: anything\n")
    typed = no_database.type("validate", "flow.yaml", "--format", "json")
    [problem] = typed.json["diagnostics"]
    assert (problem["code"], problem["line"], problem["column"]) == ("activities-import", 2, 1)
    assert "broken.py:1: ModuleNotFoundError" in problem["message"]
    assert no_database.type("validate", "flow.yaml", "--no-import").status == 0


def test_what_activities_print_while_they_load_stays_out_of_stdout(no_database: Terminal) -> None:
    no_database.write("activities.py", "import os\nprint('python')\nos.system('echo program')\n")
    no_database.write("flow.yaml", "workflow: flow\nactivity: now\n")
    typed = no_database.type("validate", "flow.yaml", "--format", "json")
    assert typed.json == {"valid": True, "files": ["flow.yaml"], "diagnostics": []}
    assert "python\n" in typed.err
    assert "program\n" in typed.err


def test_the_json_report_has_exactly_these_keys(no_database: Terminal) -> None:
    no_database.write("bad.yaml", "workflow: bad\nseq:\n  - {id: a, sleep: 1s}\n  - {id: a, sleep: 1s}\n")
    report = no_database.type("validate", "bad.yaml", "--format", "json").json
    assert list(report) == ["valid", "files", "diagnostics"]
    [one] = report["diagnostics"]
    place = ["file", "line", "column", "end_line", "end_column"]
    assert list(one) == [*place, "severity", "code", "message", "hint", "path", "related"]
    assert one["path"] == "/seq/1/id"
    assert [list(related) for related in one["related"]] == [[*place, "message"]]


def test_the_github_report_is_a_workflow_command_for_each_problem(no_database: Terminal) -> None:
    no_database.write("bad.yaml", BAD)
    lines = no_database.type("validate", "bad.yaml", "--format", "github").out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::error file=bad.yaml,line=3,col=15,endColumn=18,title=unknown-activity::")
    assert "there is no activity marc%0Ahint: did you mean `mark`?" in lines[0]


def test_the_sarif_report_is_a_log_of_version_2_1_0(no_database: Terminal) -> None:
    no_database.write("my flows/bad.yaml", BAD)
    log = no_database.type("validate", "my flows", "--no-import", "--format", "sarif").json
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "kagzi-dsl"
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20flows/bad.yaml"
        assert location["physicalLocation"]["region"]["startLine"] > 1


def test_a_called_file_is_checked_with_its_caller_and_told_once(no_database: Terminal) -> None:
    no_database.write("parent.yaml", "workflow: parent\ncall: ./child.yaml\n")
    no_database.write("child.yaml", BAD.replace("bad", "child"))
    alone = no_database.type("validate", "parent.yaml", "--format", "json").json["diagnostics"]
    both = no_database.type("validate", "parent.yaml", "child.yaml", "--format", "json").json["diagnostics"]
    assert {one["file"] for one in alone} == {"child.yaml"}
    assert len(alone) == len(both) == 3
