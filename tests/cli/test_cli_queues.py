"""Queues and their limits by the commands a person types, with real worker processes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from command_line import kagzi, start_kagzi
from patience import PATIENCE
from terminal import Terminal

ACTIVITIES = """
import os, time
from pathlib import Path
from kagzi_dsl import activity

@activity
def work(name: str) -> str:
    mark("+", name)
    while Path("hold").exists():
        time.sleep(0.01)
    time.sleep(0.02)
    mark("-", name)
    return name

def mark(sign, name):
    with open("work.txt", "a") as file:
        file.write(f"{sign}{name} {os.getpid()}\\n")
"""
ONE = """
workflow: one
queue: numbers
input: {type: object, properties: {name: {type: string}}}
activity: work
with: {name: "${ input.name }"}
"""
MANY = """
workflow: many
input: {type: object, properties: {n: {type: integer}}}
foreach: "${ range(`0`, input.n) }"
do: {call: one, detach: true, with: {name: "n${ item }"}}
"""


def folder(tmp_path: Path) -> Path:
    for name, text in {"activities.py": ACTIVITIES, "one.yaml": ONE, "many.yaml": MANY}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def start_worker(where: Path, db: str, *options: str) -> subprocess.Popen[str]:
    process = start_kagzi("worker", "--queue", "numbers", "--queue", "default", *options, db=db, cwd=where)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("worker for ")
    return process


def start_maker(where: Path, db: str, *options: str) -> subprocess.Popen[str]:
    process = start_kagzi("worker", "--queue", "emails", *options, db=db, cwd=where)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("worker for emails")
    return process


def marks(where: Path) -> list[str]:
    file = where / "work.txt"
    return file.read_text().splitlines() if file.exists() else []


def wait_for(where: Path, sign: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while sum(line.startswith(sign) for line in marks(where)) < count:
        assert time.monotonic() < deadline, marks(where)
        time.sleep(0.01)


def most_at_once(lines: list[str]) -> int:
    most = now = 0
    for line in lines:
        now += 1 if line.startswith("+") else -1
        most = max(most, now)
    return most


def queue(name: str, where: Path, db: str) -> dict[str, Any]:
    found = json.loads(kagzi("queues", "--json", db=db, cwd=where).stdout)
    return next(one for one in found if one["queue"] == name)


def test_a_limit_holds_over_worker_processes_and_may_change_while_they_run(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    assert kagzi("queues", "set", "numbers", "--concurrency", "2", db=database_url, cwd=where).returncode == 0
    workers = [start_worker(where, database_url, "--concurrency", "1") for _ in range(4)]
    kagzi("run", "many.yaml", "-i", "n=12", "--detach", db=database_url, cwd=where)
    wait_for(where, "+", 2)
    deadline = time.monotonic() + PATIENCE
    while (state := queue("numbers", where, database_url))["depth"] < 10:
        assert time.monotonic() < deadline, state
    assert (state["running"], state["slots"], state["concurrency"]) == (2, 2, 2)
    assert most_at_once(marks(where)) == 2
    kagzi("queues", "set", "numbers", "--concurrency", "3", db=database_url, cwd=where)
    wait_for(where, "+", 3)
    (where / "hold").unlink()
    wait_for(where, "-", 12)
    assert most_at_once(marks(where)) == 3
    assert len({line.split()[1] for line in marks(where)}) >= 3
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        assert worker.communicate(timeout=PATIENCE) is not None
        assert worker.returncode == 0


def test_a_killed_worker_keeps_its_slots_until_its_runs_are_over(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    kagzi("queues", "set", "numbers", "--concurrency", "1", db=database_url, cwd=where)
    first = start_worker(where, database_url)
    kagzi("run", "many.yaml", "-i", "n=3", "--detach", db=database_url, cwd=where)
    wait_for(where, "+", 1)
    first.kill()
    first.communicate(timeout=PATIENCE)
    (where / "hold").unlink()
    second = start_worker(where, database_url)
    wait_for(where, "-", 3)
    # The attempt that was cut short began and never ended; it was made again before anything else.
    begun = [line.split()[0] for line in marks(where)]
    assert begun[0] == begun[1]
    assert most_at_once(marks(where)[1:]) == 1
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=PATIENCE)


def test_a_run_in_the_foreground_waits_for_its_turn(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    kagzi("queues", "set", "numbers", "--concurrency", "1", db=database_url, cwd=where)
    first = start_kagzi("run", "one.yaml", "-i", "name=a", db=database_url, cwd=where)
    wait_for(where, "+", 1)
    second = start_kagzi("run", "one.yaml", "-i", "name=b", db=database_url, cwd=where)
    assert second.stderr is not None
    told = [second.stderr.readline(), second.stderr.readline()]
    assert told[1] == "it waits for its turn: a slot of queue numbers (concurrency 1, 1 in use)\n"
    (where / "hold").unlink()
    assert first.communicate(timeout=PATIENCE)[0] == '"a"\n'
    assert second.communicate(timeout=PATIENCE)[0] == '"b"\n'
    assert [line.split()[0] for line in marks(where)] == ["+a", "-a", "+b", "-b"]


TENANT = """
workflow: tenant
queue: numbers
input: {type: object, properties: {name: {type: string}}}
run: {concurrency: [{limit: 2}, {key: "${ input.name }", limit: 1}]}
activity: work
with: {name: "${ input.name }"}
"""


def test_show_and_list_name_the_limit_a_run_waits_for(tmp_path: Path, database_url: str) -> None:
    def typed(*arguments: str) -> str:
        done = kagzi(*arguments, db=database_url, cwd=where)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(name: str) -> str:
        return typed("start", "tenant.yaml", "-i", f"name={name}", "--quiet")

    where = folder(tmp_path)
    (where / "tenant.yaml").write_text(TENANT)
    (where / "hold").touch()
    typed("queues", "set", "numbers", "--rate", "2/1h")
    worker = start_worker(where, database_url)
    first = start("ada")
    wait_for(where, "+", 1)
    of_key = start("ada")
    key = "a slot of the key ada of workflow tenant (limit 1, 1 in use)"
    assert f"status       pending, waits for {key}\n" in typed("show", of_key)
    start("ben")
    wait_for(where, "+", 2)
    last = start("cyd")
    shown = typed("show", last)
    assert "pending, waits for the rate of queue numbers (2/1h, 2 began), next at 2" in shown
    assert " and a slot of workflow tenant (limit 2, 2 in use)" in shown
    typed("queues", "set", "numbers", "--rate", "none", "--concurrency", "2")
    queue_slots = {"kind": "queue", "queue": "numbers", "limit": 2, "in_use": 2}
    workflow_slots = {"kind": "workflow", "workflow": "tenant", "limit": 2, "in_use": 2}
    assert json.loads(typed("show", last, "--json"))["waits_for"] == [queue_slots, workflow_slots]
    listed = {run["run_id"]: run["waits_for"] for run in json.loads(typed("list", "--json"))}
    assert listed[first] == []
    assert [one["kind"] for one in listed[of_key]] == ["queue", "workflow", "key"]
    rows = {line.split()[0]: line for line in typed("list").splitlines()}
    assert rows["RUN"].endswith("WAITS FOR")
    assert rows[last].endswith("  queue numbers, workflow tenant")
    (where / "hold").unlink()
    wait_for(where, "-", 4)
    assert "WAITS FOR" not in typed("list")
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=60)


def test_a_run_in_line_that_is_cancelled_ends_at_once_whether_or_not_a_worker_is_there(
    tmp_path: Path, database_url: str
) -> None:
    def typed(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = kagzi(*arguments, db=database_url, cwd=where)
        assert done.returncode == status, done.stderr
        return done

    where = folder(tmp_path)
    (where / "hold").touch()
    typed("queues", "set", "numbers", "--concurrency", "1")
    worker = start_worker(where, database_url)
    first, *rest = (typed("start", "one.yaml", "-i", f"name=n{n}", "--quiet").stdout.strip() for n in range(3))
    wait_for(where, "+", 1)
    # Either who types it ends the run, or the worker is quicker.
    said = typed("cancel", rest[0], "--reason", "no need").stderr
    assert said in [f"run {rest[0]} is {what}\n" for what in ("cancelled", "told to cancel")]
    assert "no need" in typed("wait", rest[0], status=3).stderr
    worker.kill()
    worker.communicate(timeout=60)
    assert typed("cancel", rest[1]).stderr == f"run {rest[1]} is cancelled\n"
    entries = json.loads(typed("history", rest[1], "--json").stdout)
    assert [entry["type"] for entry in entries] == ["cancel_requested", "run_ended"]
    typed("verify", *rest[1:])
    assert queue("numbers", where, database_url)["slots"] == 1
    (where / "hold").unlink()
    second = start_worker(where, database_url)
    typed("wait", first)
    assert most_at_once(marks(where)[1:]) == 1
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=60)


SENDER = """
workflow: sender
foreach: "${ range(`0`, `8`) }"
limit: 8
do: {activity: work, queue: emails, with: {name: "n${ item }"}}
"""


def test_a_limit_holds_for_the_activities_a_queue_s_workers_make_also_when_one_is_killed(
    tmp_path: Path, database_url: str
) -> None:
    where = folder(tmp_path)
    (where / "sender.yaml").write_text(SENDER)
    (where / "hold").touch()
    kagzi("queues", "set", "emails", "--concurrency", "2", db=database_url, cwd=where)
    makers = [start_maker(where, database_url) for _ in range(3)]
    owner = start_worker(where, database_url)
    run_id = kagzi("start", "sender.yaml", "--quiet", db=database_url, cwd=where).stdout.strip()
    wait_for(where, "+", 2)
    state = queue("emails", where, database_url)
    assert (state["slots"], state["concurrency"]) == (2, 2)
    shown = kagzi("show", run_id, db=database_url, cwd=where).stdout
    assert shown.count(" for a slot of queue emails (concurrency 2, 2 in use)") == 6
    busy = {int(line.split()[1]) for line in marks(where)}
    killed = next(one for one in makers if one.pid in busy)
    lost = sum(line.split()[1] == str(killed.pid) for line in marks(where))
    killed.kill()
    killed.communicate(timeout=60)
    (where / "hold").unlink()
    assert kagzi("wait", run_id, db=database_url, cwd=where).returncode == 0
    lines = [line for line in marks(where) if line.split()[1] != str(killed.pid)]
    assert len(marks(where)) == 16 + lost
    assert most_at_once(lines) <= 2
    assert queue("emails", where, database_url)["slots"] == 0
    for worker in [owner, *(one for one in makers if one is not killed)]:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)


def test_attempts_under_way_count_when_a_limit_is_set_while_workers_make_them(
    tmp_path: Path, database_url: str
) -> None:
    where = folder(tmp_path)
    (where / "sender.yaml").write_text(SENDER)
    (where / "hold").touch()
    makers = [start_maker(where, database_url, "--concurrency", "3")]
    owner = start_worker(where, database_url)
    run_id = kagzi("start", "sender.yaml", "--quiet", db=database_url, cwd=where).stdout.strip()
    wait_for(where, "+", 3)
    kagzi("queues", "set", "emails", "--concurrency", "2", db=database_url, cwd=where)
    state = queue("emails", where, database_url)
    assert (state["slots"], state["concurrency"]) == (3, 2)
    makers.append(start_maker(where, database_url))
    shown = kagzi("show", run_id, db=database_url, cwd=where).stdout
    assert shown.count(" for a slot of queue emails (concurrency 2, 3 in use)") == 5
    (where / "hold").unlink()
    assert kagzi("wait", run_id, db=database_url, cwd=where).returncode == 0
    lines = marks(where)
    # The next one begins when there is but one left of the three.
    assert "".join(line[0] for line in lines[:5]) == "+++--"
    assert most_at_once(["+the third", *lines[5:]]) <= 2
    assert queue("emails", where, database_url)["slots"] == 0
    for worker in [owner, *makers]:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=PATIENCE)


OWN = """
workflow: own
queue: emails
activity: work
with: {name: own}
"""
UNHURRIED = ("--poll-interval", "1h")


def test_attempts_begin_when_a_run_leaves_its_slot_and_when_a_rate_has_room_not_at_a_poll(
    tmp_path: Path, database_url: str
) -> None:
    def typed(*arguments: str) -> str:
        done = kagzi(*arguments, db=database_url, cwd=where)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def send(waits: str) -> str:
        run_id = typed("start", "sender.yaml", "--quiet")
        deadline = time.monotonic() + PATIENCE
        while (shown := typed("show", run_id)).count(waits) < 8:
            assert time.monotonic() < deadline, shown
        return run_id

    where = folder(tmp_path)
    (where / "sender.yaml").write_text(SENDER)
    (where / "own.yaml").write_text(OWN)
    (where / "hold").touch()
    typed("queues", "set", "emails", "--concurrency", "1")
    typed("start", "own.yaml")
    maker, owner = start_maker(where, database_url, *UNHURRIED), start_worker(where, database_url)
    wait_for(where, "+", 1)
    sent = send("for a slot of queue emails (concurrency 1, 1 in use)")
    (where / "hold").unlink()
    typed("wait", sent)
    assert most_at_once(marks(where)) == 1
    maker.send_signal(signal.SIGTERM)
    maker.communicate(timeout=PATIENCE)
    typed("queues", "set", "emails", "--concurrency", "none", "--rate", "3/200ms")
    sent = send("waiting for a worker of queue emails")
    maker = start_maker(where, database_url, *UNHURRIED)
    typed("wait", sent)
    assert len(marks(where)) == 2 + 16 + 16
    for worker in (maker, owner):
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=PATIENCE)


def test_limits_are_set_shown_and_taken_away(terminal: Terminal) -> None:
    assert terminal.type("queues").err == "no queue has limits, or runs that are not over\n"
    done = terminal.type("queues", "set", "mail", "--concurrency", "5", "--rate", "100/1m")
    assert done.err == "queue mail of default has at most 5 at work, and begins at most 100/1m\n"
    assert terminal.type("queues").out.splitlines() == [
        "QUEUE  DEPTH  OLDEST  LATER  RUNNING  PARKED  SLOTS   RATE",
        "mail   0              0      0        0       0 of 5  0 of 100/1m",
    ]
    assert terminal.type("queues", "--namespace", "test").err.startswith("no queue")
    assert "mail" in terminal.type("queues", "--all-namespaces", "--namespace", "test").out
    [state] = terminal.type("queues", "--json").json
    assert (state["concurrency"], state["rate"]) == (5, {"starts": 100, "window_ms": 60_000, "used": 0})
    done = terminal.type("queues", "set", "mail", "--concurrency", "none")
    assert done.err == "queue mail of default begins at most 100/1m\n"
    assert terminal.type("queues", "clear", "mail").err == "queue mail of default has no limits\n"
    assert terminal.type("queues", "--json").json == []


def test_a_limit_that_is_none_is_refused_with_what_would_be_right(no_database: Terminal) -> None:
    for arguments, told in (
        (("--concurrency", "0"), "'0' is not a number from 1 to 1,000,000, nor `none`"),
        (("--rate", "5"), "'5' is no rate; write a number from 1 to 1,000,000 and a duration, for example 100/1m"),
        (("--rate", "5/minute"), "minute"),
        ((), "nothing to set: give --concurrency, --rate or both"),
    ):
        done = no_database.type("queues", "set", "mail", *arguments)
        assert done.status == 2
        assert told in done.err


def test_the_imports_of_tenants_keep_to_their_limits(tmp_path: Path, database_url: str) -> None:
    files = json.dumps([["ada", f"{n}.csv"] for n in range(5)] + [["ben", "x.csv"]])
    command = ("run", "examples/tenants/import_all.yaml", "-i", f"files:={files}", "--quiet")
    staging = ("--namespace", "staging")
    with start_kagzi(*command, db=database_url) as one, start_kagzi(*command, *staging, db=database_url) as two:
        most, busy = 0, {"default": 0, "staging": 0}
        while one.poll() is None or two.poll() is None:
            found = json.loads(kagzi("queues", "--all-namespaces", "--json", db=database_url).stdout)
            for state in found:
                if state["queue"] == "imports":
                    busy[state["namespace"]] = max(busy[state["namespace"]], state["slots"])
            most = max(most, *busy.values())
        assert (one.returncode, two.returncode) == (0, 0)
        assert one.stdout is not None
        assert len(json.loads(one.stdout.read())["imported"]) == 6
    assert most <= 3
