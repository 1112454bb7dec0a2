"""Examples typed on the command line, on a real PostgreSQL, as their headers say."""

from __future__ import annotations

import json
from typing import Any

from command_line import kagzi, run_id_of, start_kagzi
from examples.example_files import FOLDER, header_of
from patience import PATIENCE


def shown(reference: str, database_url: str) -> Any:
    return json.loads(kagzi("show", reference, "--json", db=database_url).stdout)


def test_every_example_is_valid_without_a_warning() -> None:
    checked = kagzi("validate", str(FOLDER), "--strict")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr


def test_the_order_is_processed(database_url: str) -> None:
    header = header_of("order_processing.yaml")
    ran = kagzi(*header.run, db=database_url)
    assert (ran.returncode, json.loads(ran.stdout)) == (0, header.output), ran.stderr


def test_a_declined_card_fails_the_order_and_releases_the_goods(database_url: str) -> None:
    words = ["amount=5000" if word.startswith("amount=") else word for word in header_of("order_processing.yaml").run]
    ran = kagzi(*words, "--json", db=database_url)
    record = json.loads(ran.stdout)
    assert (ran.returncode, record["status"], record["compensation"]) == (1, "failed", "completed")
    assert "CardDeclined: the card does not cover 5000.00" in ran.stderr
    nodes = {node["id"]: node["status"] for node in shown(record["run_id"], database_url)["nodes"]}
    assert nodes["release_inventory"] == "completed"
    assert "cancel_payment" not in nodes


def test_a_booking_that_fails_is_undone_from_the_last_leg_to_the_first(database_url: str) -> None:
    ran = kagzi(*header_of("trip_booking/trip_booking.yaml").run, "--json", db=database_url)
    record = json.loads(ran.stdout)
    assert (ran.returncode, record["error"]["type"], record["compensation"]) == (1, "NoCars", "completed")
    nodes = shown(record["run_id"], database_url)["nodes"]
    undone = [node["input"]["kind"] for node in nodes if node["id"].startswith("cancel_booking")]
    assert undone == ["hotel", "flight"]
    assert nodes[-1]["id"] == "tell_traveller"


def test_a_decision_from_another_process_ends_the_wait(database_url: str) -> None:
    header = header_of("approval/approval.yaml")
    assert header.signal is not None
    with start_kagzi(*header.run, db=database_url) as running:
        run_id_of(running)
        refused = kagzi("signal", "expense-7", "decision", "--payload", '{"approved": "yes"}', db=database_url)
        decided = kagzi(*header.signal, db=database_url)
        stdout, stderr = running.communicate(timeout=PATIENCE)
    assert refused.returncode == 1
    assert "does not fit" in refused.stderr
    assert decided.returncode == 0, decided.stderr
    assert (running.returncode, json.loads(stdout)) == (0, header.output), stderr


def test_children_are_runs_of_their_own(database_url: str) -> None:
    ran = kagzi(*header_of("child_workflows/onboard_team.yaml").run, db=database_url)
    assert ran.returncode == 0, ran.stderr
    output = json.loads(ran.stdout)
    runs = json.loads(kagzi("list", "--json", db=database_url).stdout)
    assert sorted(run["workflow"] for run in runs) == ["audit-team", "onboard-member", "onboard-member", "onboard-team"]
    assert {run["status"] for run in runs} == {"completed"}
    audit = shown(output["audit"], database_url)
    assert audit["output"] == {"audited": 2}


def test_a_web_service_is_called_with_a_secret_that_is_nowhere_to_be_seen(database_url: str, shop: str) -> None:
    header = header_of("http_call/http_call.yaml")
    words = [f"base_url={shop}" if word.startswith("base_url=") else word for word in header.run]
    ran = kagzi(*words, "--id", "parcel", db=database_url, KAGZI_SECRET_SHOP_TOKEN="let-me-in")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, header.output), ran.stderr
    shipment = next(node for node in shown("parcel", database_url)["nodes"] if node["id"] == "shipment")
    assert shipment["attempt"] == 2
    assert shipment["input"]["headers"] == {"authorization": "Bearer ***"}
    looks = [kagzi(verb, "parcel", "--json", db=database_url).stdout for verb in ("show", "history")]
    assert "let-me-in" not in "".join([ran.stdout, ran.stderr, *looks])


def test_two_runs_of_one_external_id_are_one(database_url: str) -> None:
    words = header_of("order_processing.yaml").run
    first = kagzi(*words, "--id", "A-1", "--json", "-i", "pause=0s", db=database_url)
    again = kagzi(*words, "--id", "A-1", "--json", "-i", "pause=0s", db=database_url)
    assert json.loads(first.stdout)["run_id"] == json.loads(again.stdout)["run_id"]


def test_a_charge_is_made_once_however_often_it_is_typed(database_url: str) -> None:
    header = header_of("idempotency/charge_once.yaml")
    first = kagzi(*header.run, db=database_url)
    again = kagzi(*header.run, db=database_url)
    assert json.loads(first.stdout) == json.loads(again.stdout) == header.output, first.stderr
    assert "nothing was started" in again.stderr
    refused = kagzi(*header.run, "--on-conflict", "reject", db=database_url)
    assert (refused.returncode, "there is a run of the id 'order-17' already" in refused.stderr) == (1, True)


def test_a_subscription_is_paused_and_unpaused_and_ends_when_it_is_cancelled(database_url: str) -> None:
    header = header_of("long_running/subscription.yaml")
    assert header.signal is not None
    with start_kagzi(*header.run, db=database_url) as running:
        run_id_of(running)
        assert kagzi("pause", "sub-1", db=database_url).returncode == 0
        assert kagzi(*header.signal, db=database_url).returncode == 0
        assert kagzi("unpause", "sub-1", db=database_url).returncode == 0
        stdout, stderr = running.communicate(timeout=PATIENCE)
    assert (running.returncode, json.loads(stdout)) == (0, header.output), stderr
    assert any(
        entry["type"] == "run_paused"
        for entry in json.loads(kagzi("history", "sub-1", "--json", db=database_url).stdout)
    )
