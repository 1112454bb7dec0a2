"""`kagzi-dsl list`, `show` and `history`, as they are typed."""

from __future__ import annotations

import pytest
from terminal import Terminal
from test_cli_run import DECLINED, RECORD

NODE = ["path", "id", "kind", "status", "attempt", "input", "output", "error", "started_at", "finished_at", "task"]
ENTRY = [
    "seq", "at", "type", "path", "kind", "status", "attempt", "started_at", "output", "error", "due", "note",
    "previous",
]  # fmt: skip


@pytest.fixture
def declined(terminal: Terminal) -> str:
    """The id of a run that failed and was compensated."""
    terminal.write("declined.yaml", DECLINED)
    return terminal.type("run", "declined.yaml", "--id", "D-1").run_id


def test_list_is_a_table_newest_first(terminal: Terminal, declined: str) -> None:
    terminal.write("flow.yaml", 'workflow: flow\nversion: "2"\nactivity: mark\n')
    run_id = terminal.type("run", "flow.yaml").run_id
    head, first, second = terminal.type("list").out.splitlines()
    assert head.split() == ["RUN", "WORKFLOW", "STATUS", "CREATED", "TOOK", "EXTERNAL", "ID"]
    assert first.split()[:4] == [run_id, "flow", "2", "completed"]
    assert second.split()[:3] == [declined, "declined", "failed"]
    assert second.endswith("D-1")
    for name in ("WORKFLOW", "STATUS", "CREATED"):
        assert first[head.index(name) - 1] == second[head.index(name) - 1] == " "


def test_list_json_is_an_array_of_records(terminal: Terminal, declined: str) -> None:
    [record] = terminal.type("list", "--json").json
    assert list(record) == [*RECORD, "waits_for"]
    assert record["run_id"] == declined
    assert record["compensation"] == "completed"
    assert list(record["error"]) == ["code", "type", "message", "retryable", "details", "path"]


def test_list_is_narrowed_by_status_workflow_limit_and_namespace(terminal: Terminal, declined: str) -> None:
    def ids(*options: str) -> list[str]:
        return [run["run_id"] for run in terminal.type("list", "--json", *options).json]

    assert ids("--status", "failed", "--status", "cancelled") == [declined]
    assert ids("--status", "completed") == []
    assert ids("--workflow", "declined", "--limit", "1") == [declined]
    assert ids("--workflow", "other") == []
    assert ids("--namespace", "other") == []


def test_list_is_narrowed_by_label_queue_version_time_external_id_and_to_roots(terminal: Terminal) -> None:
    def ids(*options: str) -> list[str]:
        return [run["run_id"] for run in terminal.type("list", "--json", *options).json]

    terminal.write("flow.yaml", 'workflow: flow\nversion: "2"\nqueue: q\nrun: {labels: {team: shop}}\nset: 1\n')
    terminal.write("caller.yaml", "workflow: caller\nseq: [{call: flow}]\n")
    flow = terminal.type("run", "flow.yaml", "--id", "F-1").run_id
    caller = terminal.type("run", "caller.yaml").run_id
    [child, *rest] = ids("--label", "team=shop")
    assert rest == [flow]
    assert ids("--label", "team=shop", "--roots") == ids("--id", "F-1") == [flow]
    assert ids("--queue", "q", "--version", "2") == [child, flow]
    assert ids("--roots") == ids("--roots", "--since", "1h") == [caller, flow]
    assert ids("--until", "1h") == ids("--since", "2999-01-01") == []
    assert ids("--since", "2020-01-31 09:00", "--until", "2999-01-31T09:00:00Z", "--workflow", "caller") == [caller]
    record = terminal.type("show", child, "--json").json
    assert (record["parent_id"], record["queue"], record["labels"]) == (caller, "q", {"team": "shop"})


def test_list_goes_on_page_by_page(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nset: 1\n")
    runs = [terminal.type("run", "flow.yaml").run_id for _ in range(3)]
    page = terminal.type("list", "--json", "--limit", "2")
    assert [run["run_id"] for run in page.json] == [runs[2], runs[1]]
    assert page.err == f"there are more; the next page: --after {runs[1]}\n"
    rest = terminal.type("list", "--json", "--limit", "2", "--after", runs[1])
    assert ([run["run_id"] for run in rest.json], rest.err) == ([runs[0]], "")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--since", "tomorrow"], "'tomorrow' is neither a duration such as 90m nor a date"),
        (["--label", "team"], "'team' is not of the form K=V"),
        (["--status", "done"], "'done' is not one of"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(no_database: Terminal, options: list[str], complaint: str) -> None:
    typed = no_database.type("list", *options)
    assert typed.status == 2
    assert complaint in typed.err


def test_a_list_of_nothing_says_so_on_stderr(terminal: Terminal) -> None:
    typed = terminal.type("list")
    assert (typed.status, typed.out, typed.err) == (0, "", "no runs\n")
    assert terminal.type("list", "--status", "nonsense").status == 2


def test_show_tells_the_facts_and_draws_the_nodes(terminal: Terminal, declined: str) -> None:
    typed = terminal.type("show", "D-1")
    head, nodes = typed.out.split("\n\n")
    facts = {line[:12].strip(): line[13:] for line in head.splitlines()}
    assert facts["run"] == declined
    assert facts["workflow"].startswith("declined (digest ")
    assert facts["status"] == "failed"
    assert facts["external id"] == "D-1"
    assert facts["error"].startswith("decline: InvalidArgument: card declined (activities.py:")
    assert facts["compensation"] == "completed"
    lines = nodes.splitlines()
    assert [line.split()[:2] for line in lines] == [["✗", "saga"], ["✓", "mark"], ["✗", "decline"], ["✓", "undo"]]
    assert "InvalidArgument: card declined" in lines[2]


def test_show_json_is_the_record_with_its_nodes(terminal: Terminal, declined: str) -> None:
    shown = terminal.type("show", declined, "--json").json
    assert list(shown) == [*RECORD, "waits_for", "nodes"]
    assert all(list(node) == NODE for node in shown["nodes"])
    nodes = {node["path"]: node for node in shown["nodes"]}
    assert list(nodes) == ["saga", "mark", "decline", "undo"]
    assert nodes["mark"]["input"] == {"what": "charge"}
    assert nodes["mark"]["output"] == "charge"
    assert nodes["mark"]["attempt"] == 1
    assert nodes["decline"]["error"]["code"] == "InvalidArgument"


def test_show_of_a_waiting_run_tells_that_it_waits(terminal: Terminal) -> None:
    terminal.write("waits.yaml", "workflow: waits\nseq:\n  - sleep: 1h\n")
    run_id = terminal.type("run", "waits.yaml", "--detach").out.strip()
    shown = terminal.type("show", run_id).out
    assert f"pending, but nobody works on it; `kagzi-dsl resume {run_id}` goes on with it" in shown


def test_history_is_every_entry_in_order(terminal: Terminal, declined: str) -> None:
    head, *lines = terminal.type("history", declined).out.splitlines()
    assert head.split() == ["SEQ", "AT", "WHAT", "WHERE", "STATUS"]
    assert [line.split()[0] for line in lines] == [str(number) for number in range(1, len(lines) + 1)]
    assert "run started" in lines[0]
    assert "InvalidArgument: card declined" in lines[2]
    assert "run ended" in lines[-1]


def test_history_json_is_an_array_of_entries(terminal: Terminal, declined: str) -> None:
    entries = terminal.type("history", declined, "--json").json
    assert all(list(entry) == ENTRY for entry in entries)
    assert [entry["type"] for entry in entries][:3] == ["run_started", "node_completed", "node_failed"]
    assert entries[-1]["type"] == "run_ended"


def test_a_reference_that_fits_several_runs_is_refused_with_their_ids(terminal: Terminal, declined: str) -> None:
    other = terminal.type("run", "declined.yaml").run_id
    typed = terminal.type("show", declined[:2])
    assert typed.status == 2
    assert declined in typed.err
    assert other in typed.err


def test_a_reader_that_leaves_early_is_no_error(terminal: Terminal, declined: str) -> None:
    import subprocess

    from terminal import COMMAND

    script = " ".join(COMMAND) + " list --json | true; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        cwd=terminal.folder,
        env=terminal.environment(),
        check=True,
    )
    assert (done.stdout.strip() in ("0", "141"), done.stderr) == (True, "")


def test_show_at_draws_a_run_as_it_was(terminal: Terminal, declined: str) -> None:
    now = terminal.type("show", declined, "--json").json
    entries = terminal.type("history", declined, "--json").json
    early = terminal.type("show", declined, "--at", "2", "--json").json
    assert [(node["path"], node["status"]) for node in early["nodes"]] == [
        ("saga", "running"),
        ("mark", "completed"),
        ("decline", "running"),
    ]
    assert (early["status"], early["error"], early["finished_at"]) == ("running", None, None)
    shown = terminal.type("show", declined, "--at", "2").out
    assert "as it was    after entry 2, of " in shown
    assert "status       running\n" in shown
    assert terminal.type("show", declined, "--at", str(len(entries)), "--json").json == now
    assert terminal.type("show", declined, "--at", entries[-1]["at"], "--json").json == now
    before = terminal.type("show", declined, "--at", "2020-01-31")
    assert (before.status, before.out) == (1, "")
    assert f"nothing had happened in run {declined} by then" in before.err
    assert terminal.type("show", declined, "--at", "lunch").status == 2


def test_show_at_uses_the_definition_a_run_had_then(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nseq: [{id: a, sleep: 0s}, {id: b, wait_for: go}]\n")
    with terminal.typing("run", "flow.yaml") as running:
        run_id = running.line().removeprefix("run ")
        terminal.watch(run_id, "timer fired")
        before = terminal.type("show", run_id, "--json").json["digest"]
        terminal.write("flow.yaml", "workflow: flow\nseq: [{id: a, sleep: 0s}, {id: c, set: 1}]\n")
        assert terminal.type("migrate", run_id, "flow.yaml").status == 0
        assert running.end().json == 1
    was = terminal.type("show", run_id, "--at", "2", "--json").json
    assert (was["digest"], was["status"]) == (before, "waiting")
    assert [node["id"] for node in was["nodes"]] == ["seq", "a", "b"]
    assert [node["id"] for node in terminal.type("show", run_id, "--json").json["nodes"]] == ["seq", "a", "c"]
