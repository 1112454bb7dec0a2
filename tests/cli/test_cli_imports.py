"""A command imports what it uses and nothing else: that is most of the time a short one takes."""

from __future__ import annotations

import sys

import pytest
from terminal import Terminal

FOR_FEW = {
    *("decimal", "difflib", "httpx", "jsonschema", "psutil", "pydantic", "rich", "zoneinfo"),
    *(() if sys.version_info >= (3, 13) else ("tempfile",)),  # of which importlib.metadata makes use there
    *("kagzi_dsl.calendar.cron", "kagzi_dsl.calendar.fires", "kagzi_dsl.calendar.zone"),
    *("kagzi_dsl.cli.formats", "kagzi_dsl.dsl.json_events"),
    *("kagzi_dsl.dsl.syntax_errors", "kagzi_dsl.dsl.yaml_errors", "kagzi_dsl.runtime.schedules"),
}
"""What neither a document without mistakes nor a run that completes has a use for."""
FOR_RUNS = {
    *("asyncio", "asyncpg", "hashlib", "logging", "socket", "ssl", "subprocess", "traceback", "uvloop"),
    *("kagzi_dsl.cli.report", "kagzi_dsl.config", "kagzi_dsl.dsl.schedule", "kagzi_dsl.runtime"),
}
FOR_DOCUMENTS = {"jmespath", "kagzi_dsl.activities", "kagzi_dsl.dsl.model", "pathlib", "yaml"}


MARK = "from kagzi_dsl import activity\n\n@activity\ndef mark(what: str) -> str:\n    return what\n"


def test_validate_imports_nothing_it_does_not_use(no_database: Terminal) -> None:
    no_database.write("good.yaml", 'workflow: good\nactivity: mark\nwith: {what: "${ run.id }"}\n')
    no_database.write("activities.py", MARK)
    assert no_database.imports("validate", "good.yaml") & (FOR_FEW | FOR_RUNS) == set()


@pytest.mark.parametrize("typed", ["--version", "validate --help"])
def test_what_a_workflow_is_need_not_be_known_to_tell_of_oneself(no_database: Terminal, typed: str) -> None:
    assert no_database.imports(*typed.split()) & (FOR_FEW | FOR_RUNS | FOR_DOCUMENTS) == set()


def test_a_run_that_completes_imports_nothing_for_those_that_do_not(terminal: Terminal) -> None:
    terminal.write("one.yaml", "workflow: one\nactivity: mark\n")
    assert terminal.imports("run", "one.yaml", "--quiet") & (FOR_FEW - {"decimal", "psutil"}) == set()
