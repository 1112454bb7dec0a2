"""`kagzi-dsl verify`, as it is typed."""

from __future__ import annotations

import pytest
from terminal import Terminal

FLOW = "workflow: flow\nseq:\n  - {activity: mark, with: {what: a}}\n  - set: {n: 1}\n"


@pytest.fixture
def run_id(terminal: Terminal) -> str:
    terminal.write("flow.yaml", FLOW)
    return terminal.type("run", "flow.yaml", "--id", "F-1").run_id


def sql(terminal: Terminal, statement: str) -> None:
    typed = terminal.type("db", "psql", "-qc", statement)
    assert typed.status == 0, typed.err


def test_an_untouched_journal_is_ok_and_has_a_head(terminal: Terminal, run_id: str) -> None:
    typed = terminal.type("verify", "F-1")
    record = terminal.type("verify", run_id, "--json").json
    assert (typed.status, typed.out, typed.err) == (0, f"ok: 5 entries, head {record['head']}\n", "")
    assert record == {
        "run_id": run_id, "ok": True, "entries": 5, "head": record["head"], "head_at": None, "unchained": 0,
        "damage": [],
    }  # fmt: skip
    history = terminal.type("history", "F-1", "--json").json
    assert terminal.type("verify", "F-1", "--head", history[3]["previous"]).out.endswith(
        "the head that was given is that of entry 3; it says nothing of what came after\n"
    )
    assert terminal.type("verify", "F-1", "--head", record["head"]).out.endswith("is that of the last entry\n")


def test_a_changed_entry_is_named(terminal: Terminal, run_id: str) -> None:
    sql(terminal, "update kagzi.journal set output = '\"b\"' where seq = 2")
    sql(terminal, "delete from kagzi.journal where seq = 4")
    typed = terminal.type("verify", "F-1")
    assert (typed.status, typed.err) == (1, "")
    assert typed.out.splitlines() == [
        "damaged: entry 2 is not as it was written",
        "damaged: what stood between entry 3 and entry 5 is gone",
    ]
    record = terminal.type("verify", "F-1", "--json").json
    assert [(one["seq"], one["kind"]) for one in record["damage"]] == [(2, "changed"), (5, "missing")]
    assert not record["ok"]


def test_an_end_that_was_cut_off_is_found_by_the_head(terminal: Terminal, run_id: str) -> None:
    head = terminal.type("verify", "F-1", "--json").json["head"]
    sql(terminal, "delete from kagzi.journal where seq = 5")
    assert terminal.type("verify", "F-1").status == 0
    typed = terminal.type("verify", "F-1", "--head", head)
    assert (typed.status, typed.out) == (
        1,
        "tampered with: no entry has that head, so the journal was made anew or its end was cut off\n",
    )


def test_a_journal_without_digests_proves_nothing(terminal: Terminal, run_id: str) -> None:
    sql(terminal, "update kagzi.journal set previous = null, digest = null")
    typed = terminal.type("verify", "F-1")
    told = "the journal was written by a version without digests: only --head can vouch for it\n"
    assert (typed.status, typed.out) == (1, told)
    head = terminal.type("verify", "F-1", "--json").json["head"]
    assert terminal.type("verify", "F-1", "--head", head).status == 0


def test_a_head_that_is_none_is_wrong_usage(no_database: Terminal) -> None:
    for head in ("xyz", "abcd"):
        typed = no_database.type("verify", "F-1", "--head", head)
        assert typed.status == 2
        assert "a head is 64 hexadecimal digits, as `kagzi-dsl verify RUN` prints it" in typed.err
