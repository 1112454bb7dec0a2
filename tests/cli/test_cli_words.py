"""Times, failures, and what a person gives on the command line."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kagzi_dsl.cli.given import hint_for, input_of, read_json
from kagzi_dsl.cli.output import clean, colourful, stdout_kept, write_json
from kagzi_dsl.cli.paths import looks_like_a_workflow
from kagzi_dsl.cli.words import columns, failure_text, took
from kagzi_dsl.errors import Code, ConfigError, Failure, InputError

SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount", "lines", "kind"],
    "properties": {
        "order_id": {"type": "string"},
        "amount": {"type": "number"},
        "lines": {"type": "array"},
        "kind": {"enum": ["gift", "sale"]},
        "address": {"type": "object", "properties": {"zip": {"type": "string"}, "floor": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (-3, "0ms"),
        (12, "12ms"),
        (999, "999ms"),
        (1_000, "1.0s"),
        (59_949, "59.9s"),
        (59_960, "1m 00s"),
        (65_000, "1m 05s"),
        (3_600_000, "1h 00m"),
        (93_600_000, "1d 02h"),
    ],
)
def test_a_stretch_of_time_is_told_in_two_units(milliseconds: int, words: str) -> None:
    assert took(milliseconds) == words


def test_a_failure_is_one_line_with_the_place_it_came_from() -> None:
    declared = Failure.of(Code.INVALID_ARGUMENT, "card\ndeclined")
    assert failure_text(declared) == "InvalidArgument: card declined"
    traced = replace(
        declared, traceback='Traceback:\n  File "/home/me/activities.py", line 17, in charge\nActivityError'
    )
    assert failure_text(traced) == "InvalidArgument: card declined (activities.py:17)"
    caused = (
        'Traceback:\n  File "/usr/lib/python3.12/asyncio/timeouts.py", line 115, in __aexit__\nTimeoutError\n\n'
        "The above exception was the direct cause of the following exception:\n\nkagzi_dsl.errors.ActivityError: slow"
    )
    assert failure_text(replace(declared, traceback=caused)) == "InvalidArgument: card declined"
    crash = Failure.of(Code.INTERNAL, "ZeroDivisionError: division by zero (activities.py:9)", type="ZeroDivisionError")
    wordless = Failure.of(Code.INTERNAL, "KeyboardInterrupt (activities.py:4)", type="KeyboardInterrupt")
    assert failure_text(wordless) == "KeyboardInterrupt (activities.py:4)"
    assert failure_text(replace(wordless, message="KeyboardInterrupt")) == "KeyboardInterrupt"
    assert failure_text(replace(crash, traceback=traced.traceback)) == crash.message


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert columns([["A", "B", "C"], ["long", "x", ""]]) == ["A     B  C", "long  x"]


def test_assignments_are_typed_by_the_schema_and_go_before_the_whole() -> None:
    whole = '{"order_id": "old", "address": {"zip": "1"}, "note": null}'
    given = input_of(SCHEMA, whole, ["order_id=7", "amount=7", "address.floor=3", "lines:=[1]"])
    assert given == {
        "order_id": "7",
        "amount": 7,
        "lines": [1],
        "address": {"zip": "1", "floor": 3},
        "note": None,
    }


def test_an_input_that_is_no_object_takes_no_assignments() -> None:
    with pytest.raises(InputError, match="-i sets fields of an object"):
        input_of(None, "[1]", ["a=1"])
    assert input_of(None, "[1]", []) == [1]
    assert input_of(None, None, []) == {}


def test_the_hint_names_what_is_missing() -> None:
    hint = hint_for(SCHEMA, {"order_id": "A"})
    assert hint == "give them with -i amount=42.5 -i lines:='[…]' -i kind=gift"
    assert hint_for(SCHEMA, {**dict.fromkeys(SCHEMA["required"]), "lines": []}) is None
    assert hint_for(None, {}) is None


def test_json_is_read_from_a_word_a_file_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[2]")))
    assert read_json('"word"', "--input") == "word"
    assert read_json(f"@{file}", "--input") == {"a": 1}
    assert read_json("-", "--input") == [2]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "--input is not JSON: .* at line 1 column 2"),
        ("", "it is empty"),
        ("NaN", "NaN is not JSON"),
        ("@/nowhere.json", "/nowhere.json cannot be read: no such file or directory"),
    ],
)
def test_what_is_not_json_is_told(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_json(text, "--input")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("workflow: a\n", True),
        ("# a comment\n'workflow' : a", True),
        ("\ufeffworkflow: a\r\nsleep: 5s\r\n", True),
        ('{"workflow": "a"}', True),
        ('{"name": 1, "workflow": [', True),
        ("{workflow: a, sleep: 5s}", True),
        ("name: x\njobs:\n  workflow: a\n", False),
        ("workflows: a\n", False),
        ("workflow:a\n", False),
        ('{"jobs": {"workflow": "a"}}', False),
    ],
)
def test_a_workflow_is_known_by_its_top_level_key(text: str, is_one: bool, tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_bytes(text.encode())
    assert looks_like_a_workflow(str(file)) is is_one


def test_json_is_one_line_for_programs_and_indented_for_people() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    pipe, screen = io.StringIO(), Terminal()
    write_json({"a": ["é", "\x1b"]}, pipe)
    write_json({"a": ["é"]}, screen)
    assert pipe.getvalue() == '{"a":["é","\\u001b"]}\n'
    assert screen.getvalue() == '{\n  "a": [\n    "é"\n  ]\n}\n'


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colourful(Terminal())
    assert not colourful(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colourful(Terminal())


def test_control_characters_are_made_visible() -> None:
    assert clean("a\tb\x1b[31m\x07\u202e") == "a\tb\\x1b[31m\\x07\\x202e"


def test_the_real_stdout_is_kept_for_the_result(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_kept() as stdout:
        print("python")  # noqa: T201
        os.system("echo program")
        stdout.write("result")
    out, err = capfd.readouterr()
    assert out == "result"
    assert sorted(err.split()) == ["program", "python"]
