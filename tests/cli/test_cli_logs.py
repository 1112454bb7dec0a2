"""What commands log: JSON lines for programs, lines for people, of which run; no secret and no payload."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pexpect
import pytest
from patience import PATIENCE
from terminal import COMMAND, Started, Terminal

CANARY = "canary-7f3a91"
FLOW = """
workflow: talkative
queue: talk
input: {type: object, properties: {card: {type: string}}}
seq:
  - activity: log
    with: {message: charging, data: 1}
  - id: pay
    activity: pay
    with: {card: "${ input.card }", token: "${ secrets.TOKEN }"}
    retry: {max_attempts: 2, initial_interval: 10ms}
"""
ACTIVITIES = """
from kagzi_dsl import ActivityContext, activity

@activity
async def pay(context: ActivityContext, card: str, token: str) -> dict:
    context.logger.info("paying with %s", token, extra={"shop": "north"})
    if context.attempt == 1:
        raise ValueError(f"card {card} and {token}")
    return {"card": card}
"""


@pytest.fixture
def talkative(terminal: Terminal) -> Terminal:
    terminal.write("activities.py", ACTIVITIES)
    terminal.write("talkative.yaml", FLOW)
    terminal.env |= {"KAGZI_LOG_FORMAT": "", "KAGZI_SECRET_TOKEN": f"secret-{CANARY}"}
    return terminal


def start(terminal: Terminal) -> str:
    """Starts the run that holds canaries, for a worker."""
    return terminal.type("run", "talkative.yaml", "--detach", "-i", f"card=4711-{CANARY}", "-q").out.strip()


def until_ended(worker: Started) -> list[dict[str, Any]]:
    """The records of a worker up to the one that says that the run ended; then the worker is stopped."""
    records = [json.loads(worker.line())]
    while not records[-1]["message"].startswith("the run "):
        records.append(json.loads(worker.line()))
    worker.process.send_signal(signal.SIGTERM)
    ended = worker.end()
    assert ended.status == 0
    return [*records, *map(json.loads, ended.err.splitlines())]


def test_a_worker_writes_json_lines_that_say_which_run_they_are_about(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    run_id = start(talkative)
    with talkative.typing("worker", "--queue", "talk") as worker:
        records = until_ended(worker)
    assert records[0]["message"] == "worker for talk in default"
    assert records[0]["queues"] == ["talk"]
    assert records[-1]["message"] == "stopped"
    about = [record for record in records if "run_id" in record]
    assert [record["message"] for record in about] == [
        "charging 1",
        "paying with ***",
        "attempt 1 failed as ValueError; the next is due in " + about[2]["message"].rpartition(" ")[2],
        "paying with ***",
        "the run completed in " + about[4]["message"].rpartition(" ")[2],
    ]
    assert {(one["run_id"], one["workflow"], one["namespace"]) for one in about} == {(run_id, "talkative", "default")}
    assert {one["trace_id"] for one in about} == {run_id.replace("-", "")}
    paying, failed, ended = about[1], about[2], about[4]
    assert {**paying, "time": "", "message": ""} == {
        "time": "", "level": "info", "logger": "kagzi_dsl.activity", "message": "", "shop": "north", "run_id": run_id,
        "workflow": "talkative", "namespace": "default", "node_path": "pay", "activity": "pay", "attempt": 1,
        "trace_id": run_id.replace("-", ""), "correlation_id": run_id,
    }  # fmt: skip
    assert (failed["level"], failed["code"], failed["node_path"]) == ("warning", "Internal", "pay")
    assert (ended["level"], ended["status"]) == ("info", "completed")
    assert ended["duration_ms"] >= 0
    assert all(record["time"].endswith("Z") for record in records)


def test_neither_a_secret_nor_a_payload_is_logged(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    start(talkative)
    with talkative.typing("worker", "--queue", "talk") as worker:
        records = until_ended(worker)
    assert CANARY not in json.dumps(records)


def test_who_asks_for_debugging_is_told_what_attempts_failed_of_but_no_secret(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    start(talkative)
    with talkative.typing("worker", "--queue", "talk", "--log-level", "debug") as worker:
        records = until_ended(worker)
    told = [record["message"] for record in records if record["level"] == "debug"]
    assert [line for line in told if f"ValueError: card 4711-{CANARY} and ***" in line]
    assert f"secret-{CANARY}" not in json.dumps(records)


def test_the_level_leaves_out_what_is_below_it(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    start(talkative)
    with talkative.typing("worker", "--queue", "talk", KAGZI_LOG_LEVEL="warning") as worker:
        assert json.loads(worker.line())["message"].startswith("attempt 1 failed as ValueError")


def test_what_ends_a_worker_is_a_record(no_database: Terminal) -> None:
    typed = no_database.type("worker", KAGZI_LOG_FORMAT="json")
    assert typed.status == 1
    [record] = map(json.loads, typed.err.splitlines())
    assert (record["level"], record["logger"]) == ("error", "kagzi_dsl.worker")
    assert "localhost:1/nothing cannot be reached" in record["message"]


def test_as_text_a_line_names_the_node_and_the_run(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    run_id = start(talkative)
    with talkative.typing("worker", "--queue", "talk", "--log-format", "text") as worker:
        assert worker.line() == "worker for talk in default"
        assert worker.line() == f"log: charging 1 (talkative {run_id[:13]})"
        assert worker.line() == f"pay: paying with *** (talkative {run_id[:13]})"
        assert worker.line().startswith("pay: attempt 1 failed as ValueError; the next is due in ")


def test_on_a_terminal_records_are_lines_with_the_time(talkative: Terminal) -> None:
    talkative.type("db", "migrate")
    process = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "worker"], cwd=str(talkative.folder), env=talkative.environment(), encoding="utf-8"
    )
    process.expect(r"\d\d:\d\d:\d\d worker for default in default\r\n", timeout=PATIENCE)
    process.sendintr()
    process.expect(r"\d\d:\d\d:\d\d stopped\r\n", timeout=PATIENCE)
    process.close()


def test_run_logs_json_lines_when_nobody_looks(talkative: Terminal) -> None:
    typed = talkative.type("run", "talkative.yaml", "-i", f"card=4711-{CANARY}")
    records = [json.loads(line) for line in typed.err.splitlines() if line.startswith("{")]
    assert [record["message"] for record in records] == ["charging 1", "paying with ***", "paying with ***"]
    quiet = talkative.type("run", "talkative.yaml", "-i", "card=1", "--quiet")
    assert quiet.err == ""
    loud = talkative.type("run", "talkative.yaml", "-i", "card=1", "--quiet", "--log-level", "info")
    assert len(loud.err.splitlines()) == 3


def test_warnings_of_libraries_are_records_too(talkative: Terminal) -> None:
    talkative.write(
        "activities.py",
        "import logging\nfrom kagzi_dsl import activity\n\n@activity\ndef pay(card: str, token: str) -> None:\n"
        "    logging.getLogger('library').warning('it creaks')\n    logging.getLogger('library').info('it hums')\n",
    )
    typed = talkative.type("run", "talkative.yaml", "-i", "card=1")
    records = [json.loads(line) for line in typed.err.splitlines() if line.startswith("{")]
    assert [(one["logger"], one["message"]) for one in records if one["logger"] == "library"] == [
        ("library", "it creaks")
    ]


def test_an_exception_is_told_without_its_words(folder: Path) -> None:
    import logging

    from kagzi_dsl.cli.logs import as_json

    try:
        raise ValueError(f"card {CANARY}")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "it broke", None, (type(error), error, error.__traceback__)
        )
    told = as_json(record)
    assert told["exception"].endswith("ValueError")
    assert "test_cli_logs.py" in told["exception"]
    assert CANARY not in json.dumps(told)
