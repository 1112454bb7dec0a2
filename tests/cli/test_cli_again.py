"""Which runs that have ended `resume` takes up again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.resuming import why_again
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.records import Run

RUN_ID = uuid7()
RUN = Run(
    id=RUN_ID, root_id=RUN_ID, namespace="default", workflow="w", version=None, digest="0" * 64, input="{}",
    external_id=None, queue="default", priority=0, labels={}, pins={}, parent=None, origin={}, status="failed",
    created_at=0,
)  # fmt: skip
POISONED = Failure.of(Code.INTERNAL, "claimed 20 times without getting on", type="Poisoned")


@pytest.mark.parametrize("status", ["pending", "running", "sleeping", "waiting", "completed"])
def test_a_run_that_goes_on_or_completed_needs_no_reason(status: str) -> None:
    assert why_again(replace(RUN, status=status, compensation="failed", failure=POISONED)) is None


def test_a_failed_compensation_is_one() -> None:
    assert "compensation failed" in (why_again(replace(RUN, compensation="failed")) or "")
    assert "compensation failed" in (why_again(replace(RUN, status="cancelled", compensation="failed")) or "")
    assert why_again(replace(RUN, compensation="completed")) is None


def test_being_given_up_by_the_engine_is_one_and_the_same_word_from_a_workflow_is_not() -> None:
    assert "no progress" in (why_again(replace(RUN, failure=POISONED)) or "")
    assert why_again(replace(RUN, failure=replace(POISONED, path="fail"))) is None


@pytest.mark.parametrize(
    ("database", "namespace", "flags", "command"),
    [
        (None, "default", "", "kagzi-dsl resume {id}"),
        ("postgresql://here/named-by-a-setting", "default", "", "kagzi-dsl resume {id}"),
        (
            "postgresql://me@host/db",
            "shop",
            "--db --namespace",
            "kagzi-dsl resume {id} --db 'postgresql://me@host/db' --namespace shop",
        ),
        ("postgresql://me:hunter2@host/db", "default", "--db", "kagzi-dsl resume {id} --db URL"),
    ],
)
def test_the_command_to_go_on_with_fits_the_database_and_hides_its_password(
    database: str | None, namespace: str, flags: str, command: str
) -> None:
    typed = frozenset(flags.split())
    manner = Manner(database=database, namespace=namespace, as_json=False, quiet=False, debug=False, flags=typed)
    assert manner.command("resume", RUN_ID) == command.format(id=RUN_ID)
