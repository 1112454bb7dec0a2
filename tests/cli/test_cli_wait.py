"""`kagzi-dsl wait` and `watch`: staying with runs that other processes work on."""

from __future__ import annotations

import asyncio
import json
import re
import signal

import asyncpg
import pexpect
from patience import PATIENCE
from terminal import Terminal
from test_cli_tree import last_picture, on_a_terminal

FLOW = "workflow: flow\nseq:\n  - {id: first, activity: gate, with: {name: a}}\n  - {id: last, set: done}\n"
BAD = "workflow: bad\nactivity: decline\n"
SLEEPY = "workflow: sleepy\nsleep: 1h\n"
CALLER = "workflow: caller\nseq:\n  - {id: work, call: flow}\n"


def started(terminal: Terminal, name: str, text: str, *options: str) -> str:
    """The id of a run nobody works on."""
    terminal.write(f"{name}.yaml", text)
    return terminal.type("run", f"{name}.yaml", "--detach", *options).out.strip()


def test_wait_prints_the_output_of_a_run_that_another_process_ends(terminal: Terminal) -> None:
    run_id = started(terminal, "flow", FLOW, "--id", "F-1")
    gate = terminal.gate("a")
    with terminal.typing("wait", "F-1") as waiting, terminal.typing("resume", run_id, "--quiet") as working:
        gate.reached()
        gate.open()
        ended = waiting.end()
        assert working.end().status == 0
    assert (ended.status, ended.json, ended.err) == (0, "done", "")


def test_wait_tells_how_a_run_failed(terminal: Terminal) -> None:
    terminal.write("bad.yaml", BAD)
    run_id = terminal.type("run", "bad.yaml").run_id
    waited = terminal.type("wait", run_id)
    assert waited.status == 1
    assert "failed: decline: InvalidArgument: card declined" in waited.err
    assert terminal.type("wait", run_id, "--json").json["status"] == "failed"


def test_wait_gives_up_when_its_time_is_over_and_leaves_the_run_alone(terminal: Terminal) -> None:
    run_id = started(terminal, "sleepy", SLEEPY)
    waited = terminal.type("wait", run_id, "--timeout", "10ms")
    assert (waited.status, waited.out, waited.err) == (124, "", "the run is not over yet\n")
    assert terminal.type("show", run_id, "--json").json["status"] == "pending"


def test_waiting_for_several_runs_tells_the_worst_of_their_ends(terminal: Terminal) -> None:
    terminal.write("good.yaml", "workflow: good\nset: 1\n")
    terminal.write("bad.yaml", BAD)
    good, bad = terminal.type("run", "good.yaml").run_id, terminal.type("run", "bad.yaml").run_id
    both = terminal.type("wait", good, bad)
    assert both.status == 1
    assert [line.split()[0] for line in both.out.splitlines()[1:]] == [good, bad]
    assert [run["status"] for run in terminal.type("wait", good, bad, "--json").json] == ["completed", "failed"]
    sleepy = started(terminal, "sleepy", SLEEPY)
    partly = terminal.type("wait", good, sleepy, "--timeout", "10ms")
    assert (partly.status, partly.err) == (124, "1 of 2 runs are not over yet\n")
    assert good in partly.out


def test_watch_prints_every_entry_as_it_comes(terminal: Terminal) -> None:
    run_id = started(terminal, "flow", FLOW)
    gate = terminal.gate("a")
    with terminal.typing("resume", run_id, "--quiet"), terminal.typing("watch", run_id) as watching:
        gate.reached()
        assert watching.process.stdout is not None
        assert "run started" in watching.process.stdout.readline()
        gate.open()
        ended = watching.end()
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert [line.split()[3:6] for line in lines[:2]] == [["node", "completed", "first"], ["node", "closed", "last"]]
    assert "run ended" in lines[-1]


def test_watch_json_is_an_object_a_line(terminal: Terminal) -> None:
    terminal.write("bad.yaml", BAD)
    run_id = terminal.type("run", "bad.yaml").run_id
    watched = terminal.type("watch", run_id, "--json", "--quiet")
    assert watched.status == 1
    types = [json.loads(line)["type"] for line in watched.out.splitlines()]
    assert types == ["run_started", "node_failed", "run_ended"]


def test_ctrl_c_ends_watching_and_waiting_and_leaves_the_run_alone(terminal: Terminal) -> None:
    run_id = started(terminal, "flow", FLOW)
    gate = terminal.gate("a")
    with terminal.typing("resume", run_id, "--quiet") as working:
        gate.reached()
        for command in ("watch", "wait"):
            url = f"{terminal.env['KAGZI_DB_URL']}&application_name={command}"
            with terminal.typing(command, run_id, KAGZI_DB_URL=url) as following:
                if command == "watch":
                    assert following.line() == f"run {run_id}"
                    assert following.process.stdout is not None
                    following.process.stdout.readline()
                until_connected(url, command)
                following.process.send_signal(signal.SIGINT)
                assert following.end().status == 130
        gate.open()
        assert working.end().status == 0


def until_connected(url: str, name: str) -> None:
    """Returns when a session of that name is at its work."""

    async def look() -> None:
        connection = await asyncpg.connect(url.replace(f"application_name={name}", "application_name=looking"))
        while not await connection.fetchval("select true from pg_stat_activity where application_name = $1", name):
            pass
        await connection.close()

    asyncio.run(asyncio.wait_for(look(), timeout=PATIENCE))


def test_watch_draws_a_tree_on_a_terminal_with_the_nodes_of_child_runs(terminal: Terminal) -> None:
    terminal.write("flow.yaml", FLOW)
    run_id = started(terminal, "caller", CALLER)
    assert terminal.type("resume", run_id, "--quiet").status == 0
    with on_a_terminal(terminal, "watch", run_id) as child:
        child.expect(pexpect.EOF)
    picture = last_picture(child.before)
    assert picture[0].startswith("caller completed ")
    nodes = [re.match(" *✓ [a-z]+", line) for line in picture[1:6]]
    assert [node and node[0] for node in nodes] == ["✓ seq", "  ✓ work", "    ✓ seq", "      ✓ first", "      ✓ last"]
    assert picture[-1] == '"done"'
