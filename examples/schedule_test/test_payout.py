"""How a schedule is tested: time is let pass, and what was started is compared with what was meant."""

from pathlib import Path

from kagzi_dsl.testing import simulate_schedule

PAYOUT = Path(__file__).parent / "payout.yaml"


def test_it_is_paid_out_on_the_last_weekday_of_every_month_at_nine_in_new_york():
    fired = simulate_schedule(PAYOUT, start="2026-01-01T00:00:00Z", until="2026-06-15T00:00:00Z")
    assert [f"{one.scheduled_for:%a %Y-%m-%d %H:%M}" for one in fired] == [
        "Fri 2026-01-30 09:00",
        "Fri 2026-02-27 09:00",
        "Tue 2026-03-31 09:00",
        "Thu 2026-04-30 09:00",
        "Fri 2026-05-29 09:00",
    ]
    assert [one.run.output["paid"] for one in fired] == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]


def test_what_could_not_be_paid_out_in_time_is_paid_out_later_for_its_own_month():
    fired = simulate_schedule(
        PAYOUT,
        start="2026-01-01T00:00:00Z",
        until="2026-03-15T00:00:00Z",
        outages=[("2026-01-15T00:00:00Z", "2026-02-03T08:00:00Z")],
    )
    assert [one.run.output["paid"] for one in fired] == ["2026-01", "2026-02"]
    assert fired[0].started_at is not None
    assert f"{fired[0].started_at:%Y-%m-%d %H:%M}" == "2026-02-03 03:00"
