"""`kagzi-dsl run`, as it is typed."""

from __future__ import annotations

import json

import pytest
from terminal import Terminal, place_of

DECLINES = place_of('    raise ActivityError("card declined", code=code)')
CRASHES = place_of("    return 1 / 0")

RECORD = [
    "run_id", "workflow", "version", "digest", "namespace", "external_id", "parent_id", "queue", "priority", "labels",
    "concurrency_key", "trace_id", "correlation_id", "deadline",
    "status", "input", "output", "error", "compensation", "created_at", "started_at", "finished_at",
]  # fmt: skip

ORDER = """\
workflow: order
version: "1.2.0"
input:
  type: object
  required: [order_id, amount]
  properties:
    order_id: {type: string}
    amount: {type: number}
    gift: {type: boolean, default: false}
seq:
  - activity: mark
    with: {what: "${ input.order_id }"}
output: {order: "${ result }", amount: "${ input.amount }", gift: "${ input.gift }"}
"""
DECLINED = """\
workflow: declined
saga:
  - activity: mark
    with: {what: charge}
    compensate: {activity: undo, with: {what: charge}}
  - activity: decline
"""


def test_the_output_is_one_json_value_on_stdout_and_the_run_id_is_first_on_stderr(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    typed = terminal.type("run", "order.yaml", "-i", "order_id=7", "-i", "amount=42.5", "-i", "gift:=true")
    assert typed.status == 0
    assert typed.json == {"order": "7", "amount": 42.5, "gift": True}
    first, last = typed.err.splitlines()
    assert first.startswith("run ")
    assert last.startswith("completed in ")
    assert terminal.marks == ["7"]


def test_json_prints_the_record_with_exactly_these_keys(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    typed = terminal.type(
        "run", "order.yaml", "--json", "--id", "A-7", "--input", "-", stdin='{"order_id":"7","amount":1}'
    )
    record = typed.json
    assert list(record) == RECORD
    assert record["run_id"] == typed.run_id
    assert (record["workflow"], record["version"], record["namespace"]) == ("order", "1.2.0", "default")
    assert (record["external_id"], record["status"], record["error"]) == ("A-7", "completed", None)
    assert record["input"] == {"order_id": "7", "amount": 1, "gift": False}
    assert record["compensation"] is None
    assert record["created_at"] <= record["started_at"] <= record["finished_at"]


def test_warnings_are_told_and_do_not_stop_a_run(terminal: Terminal) -> None:
    terminal.write("odd.yaml", "workflow: odd\nsaga:\n  - activity: mark\n")
    reported = terminal.type("validate", "odd.yaml").out.splitlines()
    assert "odd.yaml:2:1: warning[" in reported[0]
    typed = terminal.type("run", "odd.yaml")
    assert typed.status == 0
    assert typed.err.splitlines()[1:-1] == [*reported, "1 warning"]
    assert terminal.type("run", "odd.yaml", "--detach").err.splitlines()[:-1] == [*reported, "1 warning"]
    assert terminal.type("run", "odd.yaml", "--quiet").err == ""


def test_quiet_says_nothing_while_all_goes_well(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    terminal.write("order.json", '{"order_id": "7", "amount": 1}')
    typed = terminal.type("run", "order.yaml", "--quiet", "--input", "@order.json")
    assert (typed.status, typed.err) == (0, "")


def test_what_activities_print_goes_to_stderr(terminal: Terminal) -> None:
    terminal.write("chatty.yaml", "workflow: chatty\nactivity: chatter\n")
    typed = terminal.type("run", "chatty.yaml")
    assert typed.out == '"done"\n'
    assert {"from python", "from a program"} <= set(typed.err.splitlines())


def test_log_lines_of_activities_go_to_stderr(terminal: Terminal) -> None:
    terminal.write("logs.yaml", "workflow: logs\nactivity: log\nwith: {message: hello, data: {a: 1}}\n")
    assert 'log: hello {"a":1}' in terminal.type("run", "logs.yaml").err.splitlines()


def test_a_failed_run_is_told_in_a_few_lines_and_exits_1(terminal: Terminal) -> None:
    terminal.write("declined.yaml", DECLINED)
    typed = terminal.type("run", "declined.yaml")
    assert (typed.status, typed.out) == (1, "")
    assert typed.err.splitlines()[1:] == [
        f"failed: decline: InvalidArgument: card declined ({DECLINES})",
        "compensation: completed",
        f"`kagzi-dsl show {typed.run_id}` shows it node by node",
    ]
    assert terminal.marks == ["charge", "undo charge"]


def test_a_crash_names_the_users_line_and_only_debug_shows_the_traceback(terminal: Terminal) -> None:
    terminal.write("crash.yaml", "workflow: crash\nactivity: crash\nretry: {max_attempts: 2, initial_interval: 1ms}\n")
    typed = terminal.type("run", "crash.yaml")
    assert f"crash: attempt 1 failed: ZeroDivisionError: division by zero ({CRASHES}); next in " in typed.err
    assert f"\nfailed: crash: ZeroDivisionError: division by zero ({CRASHES})\n" in typed.err
    assert "Traceback" not in typed.err
    debugged = terminal.type("run", "crash.yaml", "--debug")
    assert "Traceback" in debugged.err
    assert "return 1 / 0" in debugged.err


def test_a_document_with_mistakes_is_not_run(no_database: Terminal) -> None:
    no_database.write("bad.yaml", "workflow: bad\nseq:\n  - activity: marc\n  - sleep: 5\n")
    typed = no_database.type("run", "bad.yaml")
    assert (typed.status, typed.out) == (2, "")
    assert typed.err.startswith("bad.yaml:3:15: error[unknown-activity]: there is no activity marc\n")
    assert typed.err.endswith("\nit cannot be run: 2 errors\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["order.yaml"], "input.order_id is missing"),
        (["order.yaml", "-i", "order_id=A", "-i", "amount=much"], 'input.amount is "much", and must be a number'),
        (["order.yaml", "-i", "order_id"], "'order_id' has no `=`"),
        (["order.yaml", "--input", "{"], "--input is not JSON"),
        (["order.yaml", "--input", "@nowhere.json"], "nowhere.json cannot be read"),
        (["nowhere.yaml"], "nowhere.yaml cannot be read: there is no such file"),
        (["order.yaml", "--activities", "nowhere.py"], "there is no file nowhere.py"),
        (["order.yaml", "--nonsense"], "No such option"),
        ([], "Missing argument 'FILE'"),
    ],
)
def test_what_cannot_be_run_exits_2(no_database: Terminal, arguments: list[str], complaint: str) -> None:
    no_database.write("order.yaml", ORDER)
    typed = no_database.type("run", *arguments)
    assert typed.status == 2
    assert complaint in typed.err
    assert "Traceback" not in typed.err


def test_a_missing_input_is_answered_with_the_option_that_gives_it(no_database: Terminal) -> None:
    no_database.write("order.yaml", ORDER)
    typed = no_database.type("run", "order.yaml", "-i", "order_id=A")
    assert typed.err == "error: input.amount is missing; it must be a number\nhint: give it with -i amount=42.5\n"


def test_a_single_value_for_a_list_is_answered_with_the_option_that_gives_a_list(no_database: Terminal) -> None:
    no_database.write("sum.yaml", "workflow: sum\ninput: {properties: {xs: {type: array}}}\nset: 1\n")
    typed = no_database.type("run", "sum.yaml", "-i", "xs=5")
    assert typed.err == "error: input.xs is \"5\", and must be an array\nhint: give it with -i xs:='[…]'\n"


def test_a_call_of_a_workflow_nobody_knows_is_refused(terminal: Terminal) -> None:
    terminal.write("caller.yaml", "workflow: caller\ncall: nobody\n")
    typed = terminal.type("run", "caller.yaml")
    assert typed.status == 2
    assert "caller.yaml:2:" in typed.err
    assert "error[unknown-workflow]" in typed.err


def test_cancelling_reaches_a_running_activity_and_the_run_exits_3(terminal: Terminal) -> None:
    terminal.write("hangs.yaml", "workflow: hangs\nactivity: hang\n")
    with terminal.typing("run", "hangs.yaml") as running:
        run_id = running.line().removeprefix("run ")
        assert running.line() == "hanging"
        told = terminal.type("cancel", run_id)
        ended = running.end()
    assert (told.status, told.err) == (0, f"run {run_id} is told to cancel\n")
    assert (ended.status, ended.out) == (3, "")
    assert terminal.marks == ["stopped"]


def test_a_run_that_only_waits_is_cancelled_and_exits_3(terminal: Terminal) -> None:
    terminal.write("waits.yaml", "workflow: waits\nwait_for: approval\n")
    with terminal.typing("run", "waits.yaml") as running:
        run_id = running.line().removeprefix("run ")
        assert terminal.type("cancel", run_id, "--reason", "changed my mind").status == 0
        ended = running.end()
    assert (ended.status, ended.out) == (3, "")
    assert ended.err == "cancelled: changed my mind\n"


def test_a_second_start_with_the_same_id_prints_what_came_of_the_first(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    arguments = ["run", "order.yaml", "-i", "order_id=7", "-i", "amount=1", "--id", "A-7"]
    first = terminal.type(*arguments)
    second = terminal.type(*arguments)
    assert second.status == 0
    assert second.out == first.out
    assert second.run_id == first.run_id
    assert "it has ended already (completed); nothing was started" in second.err
    assert terminal.marks == ["7"]


def test_the_same_id_in_another_namespace_is_another_run(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    here = terminal.type("run", "flow.yaml", "--id", "A")
    there = terminal.type("run", "flow.yaml", "--id", "A", "--namespace", "there")
    assert here.run_id != there.run_id
    assert len(terminal.marks) == 2


def test_detach_only_starts_and_warns_when_nobody_would_take_it_up(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    started = terminal.type("run", "flow.yaml", "--detach", "--id", "A")
    run_id = started.out.strip()
    assert started.status == 0
    assert started.err.startswith("warning: no worker is about to take it up")
    assert f"kagzi-dsl resume {run_id}" in started.err
    again = terminal.type("run", "flow.yaml", "--detach", "--id", "A", "--json")
    assert again.json["run_id"] == run_id
    assert again.json["status"] == "pending"
    assert terminal.marks == []
    assert terminal.type("resume", run_id).status == 0
    assert terminal.marks == [""]


def test_activities_of_the_option_stand_in_for_those_of_the_document(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivities: ./nowhere.py\nactivity: answer\n")
    terminal.write("more/mine.py", "from kagzi_dsl import activity\n\n@activity\ndef answer() -> int:\n    return 42\n")
    assert terminal.type("run", "flow.yaml").status == 2
    assert terminal.type("run", "flow.yaml", "--activities", "more/mine.py").json == 42


def test_child_runs_and_detached_ones_are_worked_on_here(terminal: Terminal) -> None:
    terminal.write("child.yaml", 'workflow: child\nactivity: mark\nwith: {what: "${ input.who }"}\n')
    terminal.write(
        "parent.yaml",
        "workflow: parent\n"
        "seq:\n"
        "  - {id: alone, call: ./child.yaml, with: {who: detached}, detach: true}\n"
        "  - {call: ./child.yaml, with: {who: attached}}\n",
    )
    typed = terminal.type("run", "parent.yaml")
    assert (typed.status, typed.json) == (0, "attached")
    assert sorted(terminal.marks) == ["attached", "detached"]
    statuses = {run["workflow"]: run["status"] for run in terminal.type("list", "--json").json}
    assert statuses == {"parent": "completed", "child": "completed"}


def test_a_detached_run_that_only_waits_is_not_waited_for(terminal: Terminal) -> None:
    terminal.write("child.yaml", "workflow: child\nwait_for: approval\n")
    terminal.write("parent.yaml", "workflow: parent\ncall: ./child.yaml\ndetach: true\n")
    typed = terminal.type("run", "parent.yaml")
    assert typed.status == 0
    [child] = terminal.type("list", "--workflow", "child", "--json").json
    assert typed.json == {"run_id": child["run_id"]}
    assert child["status"] == "waiting"


def test_a_database_that_is_not_there_is_one_line(no_database: Terminal) -> None:
    no_database.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    typed = no_database.type("run", "flow.yaml")
    assert typed.status == 1
    assert len(typed.err.splitlines()) == 1
    assert "cannot be reached" in typed.err


def test_a_server_without_the_schema_says_what_to_type(folder_terminal: Terminal) -> None:
    folder_terminal.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    typed = folder_terminal.type("run", "flow.yaml")
    assert typed.status == 1
    assert "kagzi-dsl db migrate" in typed.err
    assert folder_terminal.type("db", "migrate").status == 0
    assert folder_terminal.type("run", "flow.yaml").status == 0


def test_secrets_are_in_no_output_of_any_command(terminal: Terminal) -> None:
    terminal.write(
        "secret.yaml",
        "workflow: secret\n"
        "seq:\n"
        '  - {activity: mark, with: {what: "token ${ secrets.TOKEN }"}, retry: {max_attempts: 1}}\n',
    )
    secret = "hunter2-hunter2"
    ran = terminal.type("run", "secret.yaml", "--json", "--debug", KAGZI_SECRET_TOKEN=secret)
    assert ran.status == 1
    assert terminal.marks == [f"token {secret}"]
    texts = [ran.out, ran.err]
    for command in (["show"], ["show", "--json"], ["history"], ["history", "--json"]):
        shown = terminal.type(command[0], ran.run_id, *command[1:], KAGZI_SECRET_TOKEN=secret)
        texts += [shown.out, shown.err]
    assert not any(secret in text for text in texts)
    node = json.loads(texts[4])["nodes"][1]
    assert node["input"] == {"what": "token ***"}
