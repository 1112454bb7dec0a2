"""What becomes of the hours nobody was there for."""

from pathlib import Path

from kagzi_dsl.testing import Fired, simulate_schedule

IMPORT = Path(__file__).parent / "hourly_import.yaml"


def hours(fired: list[Fired]) -> list[str]:
    return [one.run.output["hour"][8:13] for one in fired]


def test_after_an_outage_every_hour_is_imported_once_and_in_order():
    fired = simulate_schedule(
        IMPORT,
        start="2026-03-01T00:30:00Z",
        until="2026-03-01T10:30:00Z",
        outages=[("2026-03-01T02:30:00Z", "2026-03-01T07:15:00Z")],
    )
    assert hours(fired) == [f"01T{hour:02}" for hour in range(10)]
    began = [one.started_at for one in fired]
    assert began == sorted(began)
    assert [f"{moment:%H}" for moment in began[:3]] == ["01", "02", "07"]


def test_of_a_long_outage_the_last_three_days_are_imported():
    fired = simulate_schedule(
        IMPORT,
        start="2026-03-01T00:30:00Z",
        until="2026-03-11T00:30:00Z",
        outages=[("2026-03-01T01:30:00Z", "2026-03-10T23:30:00Z")],
    )
    assert len(fired) == 1 + 72 + 1
    assert hours(fired)[:2] == ["01T00", "07T23"]
