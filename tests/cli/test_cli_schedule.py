"""`kagzi-dsl schedule` and `apply`, by the commands a person types."""

from __future__ import annotations

import re

import pytest
from terminal import Terminal

REPORT = """
workflow: report
version: "1.2"
input:
  type: object
  required: [region]
  properties: {region: {type: string}, days: {type: integer, default: 1}}
activity: mark
with: {what: "${ input.region }"}
"""
NIGHTLY = 'schedule: {cron: "30 2 * * *", timezone: Europe/Berlin, input: {region: eu}}\n'
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d"
NO_WORKER = "no worker is about to start its runs; `kagzi-dsl worker` does"


@pytest.fixture
def written(terminal: Terminal) -> Terminal:
    terminal.write("report.yaml", REPORT)
    return terminal


def create(terminal: Terminal, *options: str, status: int = 0) -> str:
    typed = terminal.type("schedule", "create", "nightly", "report.yaml", "-i", "region=eu", *options)
    assert (typed.status, typed.out) == (status, ""), typed.err
    return typed.err


def shown(terminal: Terminal, schedule_id: str = "nightly") -> dict[str, object]:
    found: dict[str, object] = terminal.type("schedule", "show", schedule_id, "--json").json
    return found


# -- creating and looking


def test_a_schedule_is_created_and_shown(written: Terminal) -> None:
    told = create(
        written, "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--overlap", "skip", "--jitter", "30s"
    )
    assert re.fullmatch(
        rf"{re.escape(NO_WORKER)}\ncreated nightly, which starts report; next at {MOMENT} \(Europe/Berlin\)\n", told
    )
    found = shown(written)
    for name, value in {
        "id": "nightly", "workflow": "report", "version": "1.2", "cron": "30 2 * * *", "timezone": "Europe/Berlin",
        "interval": None, "input": {"region": "eu", "days": 1}, "max_catchup": 100, "overlap": "skip", "jitter": "30s",
        "state": "active", "document": False, "last": None, "left_out": 0,
    }.items():  # fmt: skip
        assert found[name] == value, name
    picture = written.type("schedule", "show", "nightly").out
    assert re.search(r"^when +30 2 \* \* \* Europe/Berlin$", picture, re.MULTILINE)
    assert re.search(rf"^next +{MOMENT} \(Europe/Berlin\)  in \d+", picture, re.MULTILINE)
    listed = written.type("schedule", "list").out.splitlines()
    assert listed[0].split() == ["SCHEDULE", "WORKFLOW", "WHEN", "STATE", "NEXT", "LAST"]
    assert re.fullmatch(rf"nightly +report +30 2 \* \* \* Europe/Berlin +active +{MOMENT}", listed[1])
    assert [one["id"] for one in written.type("schedule", "list", "--json").json] == ["nightly"]


def test_without_schedules_the_list_says_so(terminal: Terminal) -> None:
    typed = terminal.type("schedule", "list")
    assert (typed.status, typed.out, typed.err) == (0, "", "no schedules\n")


def test_a_workflow_that_is_stored_is_scheduled_by_its_name(written: Terminal) -> None:
    written.type("apply", "report.yaml")
    typed = written.type("schedule", "create", "poll", "report", "--interval", "90s", "-i", "region=np", "-i", "days=2")
    assert typed.status == 0, typed.err
    found = shown(written, "poll")
    assert (found["interval"], found["cron"], found["input"]) == ("1m30s", None, {"region": "np", "days": 2})


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--cron", "0 25 * * *"], 2, "error: the hour `25` in '0 25 * * *' is not right; it takes 0–23"),
        (["--cron", "0 2 * * *", "--timezone", "Berlin"], 2, "did you mean Europe/Berlin?"),
        (["--cron", "@daily", "--interval", "1h"], 2, "a schedule has `cron` or `interval`, not both"),
        ([], 2, "a schedule needs `cron` or `interval`: when should it fire?"),
        (["--interval", "soon"], 2, "'soon' is not a duration"),
        (["--interval", "1500ms"], 2, "an interval is a whole number of seconds, and 1.5s is not"),
        (["--cron", "@daily", "-i", "days=two"], 2, 'input.days is "two", and must be a whole number'),
        (["--cron", "0 0 0 1 1 * 2020"], 1, "'0 0 0 1 1 * 2020' names no moment that is still to come"),
        (["--cron", "@daily", "--overlap", "both"], 2, "'both' is not one of 'allow', 'skip', 'queue', 'cancel'"),
    ],
)
def test_what_makes_no_sense_is_refused(written: Terminal, options: list[str], status: int, message: str) -> None:
    assert message in create(written, *options, status=status)
    assert written.type("schedule", "list", "--json").json == []


def test_an_id_that_is_taken_is_refused(written: Terminal) -> None:
    create(written, "--interval", "1h")
    assert "there is a schedule 'nightly' already; `schedule update` changes it" in create(
        written, "--interval", "2h", status=1
    )


def test_a_schedule_there_is_not_is_told_with_the_one_that_was_meant(written: Terminal) -> None:
    create(written, "--interval", "1h")
    for command in ("show", "pause", "resume", "delete", "trigger", "runs", "next"):
        typed = written.type("schedule", command, "nightli")
        assert (typed.status, typed.err) == (2, "error: there is no schedule 'nightli'; did you mean `nightly`?\n")


# -- changing


def test_a_schedule_is_updated(written: Terminal) -> None:
    create(written, "--cron", "30 2 * * *", "--timezone", "Europe/Berlin")
    typed = written.type("schedule", "update", "nightly", "--interval", "2h", "--max-catchup", "0", "-i", "region=us")
    assert (typed.status, typed.out) == (0, "")
    assert re.fullmatch(rf"updated nightly; next at {MOMENT}\n", typed.err)
    found = shown(written)
    assert (found["cron"], found["timezone"], found["interval"]) == (None, None, "2h")
    assert (found["max_catchup"], found["input"]) == (0, {"region": "us", "days": 1})
    nothing = written.type("schedule", "update", "nightly")
    assert (nothing.status, "say what is to be different" in nothing.err) == (2, True)


def test_a_newer_file_counts_after_an_update(written: Terminal) -> None:
    create(written, "--interval", "1h")
    before = shown(written)["digest"]
    written.write("report.yaml", REPORT.replace("1.2", "2.0").replace("mark", "chatter").replace("with:", "# with:"))
    typed = written.type("schedule", "update", "nightly", "--workflow", "report.yaml")
    assert typed.status == 0, typed.err
    found = shown(written)
    assert found["version"] == "2.0"
    assert found["digest"] != before


def test_a_schedule_is_paused_and_goes_on(written: Terminal) -> None:
    create(written, "--interval", "1h")
    assert written.type("schedule", "pause", "nightly").err == "paused nightly\n"
    assert (shown(written)["state"], shown(written)["next"]) == ("paused", None)
    typed = written.type("schedule", "resume", "nightly")
    assert re.fullmatch(rf"nightly goes on; next at {MOMENT}\n", typed.err)
    assert shown(written)["state"] == "active"


def test_a_deleted_schedule_is_gone(written: Terminal) -> None:
    create(written, "--interval", "1h", "--paused")
    assert written.type("schedule", "delete", "nightly").err == "deleted nightly\n"
    assert written.type("schedule", "show", "nightly").status == 2


# -- runs


def test_a_triggered_run_is_worked_on_like_any_other(written: Terminal) -> None:
    create(written, "--interval", "1h", "--paused")
    typed = written.type("schedule", "trigger", "nightly")
    assert (typed.status, typed.err) == (0, "")
    run_id = typed.out.strip()
    assert written.type("resume", run_id).json == "eu"
    [run] = written.type("schedule", "runs", "nightly", "--json").json
    assert (run["run_id"], run["status"]) == (run_id, "completed")
    assert re.fullmatch(r"schedule:nightly:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", run["external_id"])
    assert run_id in written.type("schedule", "runs", "nightly").out


def test_the_runs_of_a_schedule_come_in_pages(written: Terminal) -> None:
    create(written, "--interval", "1h")
    assert written.type("schedule", "runs", "nightly").err == "no runs yet\n"
    started = [written.type("schedule", "trigger", "nightly").out.strip() for _ in range(3)]
    first = written.type("schedule", "runs", "nightly", "--limit", "2", "--json")
    assert [run["run_id"] for run in first.json] == [started[2], started[1]]
    assert first.err == f"there are more; the next page: --after {started[1]}\n"
    second = written.type("schedule", "runs", "nightly", "--limit", "2", "--after", started[1], "--json")
    assert [run["run_id"] for run in second.json] == [started[0]]


# -- the coming fires


def test_the_coming_fires_are_printed_by_the_clocks_of_the_zone(written: Terminal) -> None:
    create(written, "--cron", "0 9 1 7 *", "--timezone", "Europe/Berlin")
    lines = written.type("schedule", "next", "nightly", "-n", "2").out.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"\d{4}-07-01 09:00:00 \+02:00 \(Europe/Berlin\)  in \d+[dhms].*", line) for line in lines)
    [fire] = written.type("schedule", "next", "nightly", "-n", "1", "--json").json
    assert fire["at"].endswith("-07-01T07:00:00.000Z")
    assert fire["local"].endswith("-07-01T09:00:00+02:00")


def test_times_are_tried_out_without_a_database(no_database: Terminal) -> None:
    typed = no_database.type("schedule", "next", "--cron", "0 12 * * *", "--timezone", "America/New_York", "-n", "3")
    assert (typed.status, typed.err) == (0, "")
    assert len(re.findall(r"12:00:00 -0[45]:00 \(America/New_York\)", typed.out)) == 3
    assert len(no_database.type("schedule", "next", "--interval", "5m").out.splitlines()) == 5
    assert no_database.type("schedule", "next", "--cron", "0 0 0 1 1 * 2020").err == "it fires never again\n"
    neither = no_database.type("schedule", "next")
    assert (neither.status, "name a schedule, or try out --cron or --interval" in neither.err) == (2, True)


# -- documents


def test_a_document_is_applied_and_again_nothing_changes(written: Terminal) -> None:
    written.write("report.yaml", REPORT + NIGHTLY)
    first = written.type("apply", "report.yaml")
    assert first.status == 0, first.err
    stored, made = first.out.splitlines()
    assert re.fullmatch(r"report: stored \([0-9a-f]{12}\)", stored)
    assert re.fullmatch(rf"report: schedule report created; next at {MOMENT} \(Europe/Berlin\)", made)
    assert first.err == f"{NO_WORKER}\n"
    second = written.type("apply", "report.yaml")
    assert second.err == ""
    assert second.out.splitlines()[0].startswith("report: unchanged (")
    assert second.out.splitlines()[1].startswith("report: schedule report unchanged; next at ")
    assert shown(written, "report")["document"] is True


def test_applying_several_files_says_what_it_changed(written: Terminal) -> None:
    written.write("flows/report.yaml", REPORT + NIGHTLY)
    written.write("flows/other.yaml", "workflow: other\nschedule: {interval: 1h}\nset: 1\n")
    written.write("flows/activities.py", (written.folder / "activities.py").read_text())
    assert len(written.type("apply", "flows").out.splitlines()) == 4
    written.write("flows/report.yaml", REPORT + NIGHTLY.replace("30 2", "45 3"))
    written.write("flows/other.yaml", "workflow: other\nset: 2\n")
    told = written.type("apply", "flows", "--json").json
    assert [
        (one["workflow"], one["stored"], [(each["what"], each["fields"]) for each in one["schedules"]]) for one in told
    ] == [("other", True, [("deleted", [])]), ("report", False, [("updated", ["cron"])])]
    assert [one["id"] for one in written.type("schedule", "list", "--json").json] == ["report"]


def test_when_one_file_is_wrong_nothing_is_applied(written: Terminal) -> None:
    written.write("fine.yaml", "workflow: fine\nschedule: {interval: 1h}\nset: 1\n")
    written.write("wrong.yaml", REPORT + NIGHTLY.replace("30 2", "30 25"))
    typed = written.type("apply", "fine.yaml", "wrong.yaml")
    assert (typed.status, typed.out) == (2, "")
    assert "wrong.yaml:10:18: error[invalid-cron]: the hour `25`" in typed.err
    assert written.type("schedule", "list", "--json").json == []


def test_two_files_that_hold_one_workflow_are_refused(written: Terminal) -> None:
    written.write("copy.yaml", REPORT)
    typed = written.type("apply", "report.yaml", "copy.yaml")
    assert (typed.status, "both hold a workflow 'report'" in typed.err) == (2, True)


def test_an_applied_workflow_is_there_to_be_started_by_name(written: Terminal) -> None:
    written.type("apply", "report.yaml")
    assert written.type("start", "report", "-i", "region=eu").status == 0


def test_deleting_a_schedule_of_a_document_says_that_it_comes_back(written: Terminal) -> None:
    written.write("report.yaml", REPORT + NIGHTLY)
    written.type("apply", "report.yaml")
    typed = written.type("schedule", "delete", "report")
    assert typed.err == "deleted report; the document that holds it brings it back when applied\n"
