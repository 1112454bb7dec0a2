"""`kagzi-dsl signal` and `cancel`, as they are typed."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from terminal import Terminal

APPROVAL = """\
workflow: expense
seq:
  - activity: mark
    with: {what: asked}
  - id: decision
    wait_for: approval
    schema: {type: object, required: [approved], properties: {approved: {type: boolean}}}
"""


@pytest.fixture
def asked(terminal: Terminal) -> str:
    """The id of a run that nobody works on and that will wait for `approval`."""
    terminal.write("expense.yaml", APPROVAL)
    return terminal.type("run", "expense.yaml", "--id", "E-1", "--detach").out.strip()


def test_a_signal_reaches_a_run_in_another_process(terminal: Terminal) -> None:
    terminal.write("expense.yaml", APPROVAL)
    with terminal.typing("run", "expense.yaml", "--id", "E-1") as running:
        run_id = running.line().removeprefix("run ")
        sent = terminal.type("signal", "E-1", "approval", "--payload", '{"approved": true}')
        ended = running.end()
    assert (sent.status, sent.err) == (0, f"run {run_id} has the signal approval\n")
    assert (ended.status, ended.json) == (0, {"approved": True})


def test_a_signal_waits_for_the_run_and_its_sender_is_told_that_nobody_works_on_it(
    terminal: Terminal, asked: str
) -> None:
    terminal.write("payload.json", '{"approved": false}')
    sent = terminal.type("signal", asked[:8], "approval", "--payload", "@payload.json")
    assert sent.status == 0
    assert f"nobody works on it now; `kagzi-dsl resume {asked}` goes on with it" in sent.err
    assert terminal.type("resume", asked).json == {"approved": False}


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["aproval"], 1, "did you mean 'approval'?"),
        (["approval", "--payload", '{"approved": "yes"}'], 1, "the payload of 'approval' does not fit"),
        (["approval"], 1, "the payload of 'approval' does not fit"),
        (["approval", "--payload", "{"], 2, "--payload is not JSON"),
    ],
)
def test_a_signal_that_would_be_lost_is_refused(
    terminal: Terminal, asked: str, arguments: list[str], status: int, complaint: str
) -> None:
    typed = terminal.type("signal", "E-1", *arguments)
    assert typed.status == status
    assert complaint in typed.err


def test_a_run_that_is_over_can_neither_be_cancelled_nor_told_anything(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    run_id = terminal.type("run", "flow.yaml").run_id
    cancelled = terminal.type("cancel", run_id)
    assert (cancelled.status, cancelled.err) == (1, f"error: run {run_id} is completed and cannot be cancelled\n")
    told = terminal.type("signal", run_id, "approval")
    assert told.status == 1
    assert "is completed and takes no signal" in told.err


def test_cancelling_undoes_what_a_saga_has_done(terminal: Terminal) -> None:
    terminal.write(
        "saga.yaml",
        "workflow: saga\n"
        "saga:\n"
        "  - {activity: mark, with: {what: charge}, compensate: {activity: undo, with: {what: charge}}}\n"
        "  - activity: hang\n",
    )
    with terminal.typing("run", "saga.yaml", "--json") as running:
        run_id = running.line().removeprefix("run ")
        assert running.line() == "hanging"
        assert terminal.type("cancel", run_id, "--reason", "no stock").status == 0
        ended = running.end()
    assert ended.status == 3
    assert (ended.json["status"], ended.json["compensation"]) == ("cancelled", "completed")
    assert ended.json["error"]["message"] == "no stock"
    assert terminal.marks == ["charge", "stopped", "undo charge"]


def test_a_run_that_was_given_up_can_still_be_cancelled_which_undoes_what_it_did(terminal: Terminal) -> None:
    terminal.write(
        "trip.yaml",
        "workflow: trip\n"
        "saga:\n"
        "  - {activity: mark, with: {what: book}, compensate: {activity: undo, with: {what: book}}}\n"
        "  - activity: hang\n",
    )

    async def as_if_it_had_died_often() -> None:
        connection = await asyncpg.connect(terminal.env["KAGZI_DB_URL"])
        await connection.execute("update kagzi.queue set stalls = 20, seen_seq = 1000")
        await connection.close()

    with terminal.typing("run", "trip.yaml", "--id", "T-1") as running:
        running.line()
        assert running.line() == "hanging"
        running.process.kill()
        running.process.wait()
    asyncio.run(as_if_it_had_died_often())
    given_up = terminal.type("resume", "T-1")
    assert given_up.status == 1
    assert "Poisoned" in given_up.err
    assert "`kagzi-dsl cancel " in given_up.err
    assert terminal.type("terminate", "T-1").status == 1
    cancelled = terminal.type("cancel", "T-1")
    assert (cancelled.status, cancelled.err.count("is told to cancel")) == (0, 1)
    ended = terminal.type("resume", "T-1", "--json")
    assert ended.status == 3
    assert (ended.json["status"], ended.json["compensation"]) == ("cancelled", "completed")
    assert terminal.marks == ["book", "undo book"]


def test_a_run_nobody_works_on_any_more_is_cancelled_when_somebody_does(terminal: Terminal) -> None:
    terminal.write("slow.yaml", "workflow: slow\nactivity: hang\n")
    with terminal.typing("run", "slow.yaml", "--id", "S-1") as running:
        run_id = running.line().removeprefix("run ")
        assert running.line() == "hanging"
        running.process.kill()
        running.process.wait()
    typed = terminal.type("cancel", "S-1")
    assert typed.status == 0
    assert f"nobody works on it now; `kagzi-dsl resume {run_id}` goes on with it" in typed.err
    assert terminal.type("resume", "S-1").status == 3


def test_a_run_that_has_not_begun_is_cancelled_though_nobody_works_on_it(terminal: Terminal, asked: str) -> None:
    typed = terminal.type("cancel", "E-1", "--reason", "no need")
    assert (typed.status, typed.err) == (0, f"run {asked} is cancelled\n")
    assert terminal.type("wait", "E-1").status == 3
    assert terminal.marks == []
