"""`simulate_schedule`: a document's schedule in memory and in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kagzi_dsl.errors import DocumentError
from kagzi_dsl.testing import Fired, simulate_schedule

TICK = "workflow: tick\nset: ${ run.scheduled_for }\n"
DAY = {"start": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}


def times(fired: list[Fired]) -> list[str]:
    return [f"{one.scheduled_for:%H:%M}" for one in fired]


def test_what_fires_from_the_start_until_the_end_is_run() -> None:
    fired = simulate_schedule(TICK + 'schedule: {cron: "0 */6 * * *"}\n', **DAY)
    assert times(fired) == ["06:00", "12:00", "18:00"]
    assert [one.run.output for one in fired] == [f"2026-01-01T{hour}:00:00Z" for hour in ("06", "12", "18")]
    assert all(one.started_at is not None for one in fired)


def test_an_interval_counts_from_the_start() -> None:
    fired = simulate_schedule(TICK + "schedule: {interval: 7h}\n", **DAY)
    assert times(fired) == ["07:00", "14:00", "21:00"]


def test_what_an_outage_left_is_made_up_for_when_it_is_over() -> None:
    text = TICK + 'schedule: {cron: "@hourly", max_catchup: 3}\n'
    outages = [("2026-01-01T02:30:00Z", "2026-01-01T08:30:00Z"), ("2026-01-01T09:30:00Z", "2026-01-01T22:30:00Z")]
    fired = simulate_schedule(text, outages=outages, **DAY)
    assert times(fired) == [
        *("01:00", "02:00", "06:00", "07:00", "08:00", "09:00", "20:00", "21:00", "22:00", "23:00"),
    ]
    began = [one.started_at for one in fired if one.started_at is not None]
    assert [f"{one:%H:%M}" for one in began[2:5]] == ["08:30"] * 3


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("allow", ["06:00", "12:00", "18:00"]),
        ("skip", ["06:00", "18:00"]),
        ("queue", ["06:00", "12:00"]),
        ("cancel", ["06:00", "12:00", "18:00"]),
    ],
)
def test_runs_that_last_longer_than_the_pause_overlap_as_the_schedule_says(overlap: str, expected: list[str]) -> None:
    text = f'workflow: slow\nschedule: {{cron: "0 */6 * * *", overlap: {overlap}}}\nsleep: 11h\n'
    fired = simulate_schedule(text, **DAY)
    assert times(fired) == expected
    statuses = [one.run.status for one in fired]
    assert statuses[0] == ("cancelled" if overlap == "cancel" else "completed")
    if overlap == "queue":
        assert fired[1].started_at is not None
        assert timedelta(0) <= fired[1].started_at - fired[1].scheduled_for - timedelta(hours=5) < timedelta(seconds=6)


def test_jitter_puts_off_the_beginning() -> None:
    fired = simulate_schedule(TICK + 'schedule: {cron: "@hourly", jitter: 10m}\n', **DAY)
    delays = [one.started_at - one.scheduled_for for one in fired if one.started_at is not None]
    assert len(delays) == 23
    assert all(timedelta(0) <= delay <= timedelta(minutes=10, seconds=1) for delay in delays)
    assert len(set(delays)) > 15


def test_moments_are_by_the_clocks_of_the_schedules_zone() -> None:
    text = TICK + 'schedule: {cron: "0 9 * * *", timezone: Asia/Kathmandu}\n'
    [fired] = simulate_schedule(text, **DAY)
    assert fired.scheduled_for.isoformat() == "2026-01-01T09:00:00+05:45"


def test_a_document_without_a_schedule_or_with_a_wrong_one_is_refused() -> None:
    with pytest.raises(ValueError, match="the workflow tick has no `schedule:`"):
        simulate_schedule(TICK, **DAY)
    with pytest.raises(DocumentError, match="the hour `25`"):
        simulate_schedule(TICK + 'schedule: {cron: "0 25 * * *"}\n', **DAY)
