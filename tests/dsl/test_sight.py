"""Which steps a node sees, by where the two stand."""

from __future__ import annotations

import pytest

from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.dsl.sight import Moment, Sight, Spot, sight, spots

TEXT = """
workflow: w
saga:
  - {id: first, set: 1}
  - {id: skipped, set: 1, when: input.x}
  - id: both
    parallel:
      left: [{id: l1, set: 1}, {id: l2, set: 1}]
      right: {set: 1}
  - id: fastest
    race:
      one: {set: 1}
      two: {set: 1}
  - id: choice
    switch:
      - {when: input.x, do: {id: taken, set: 1}}
      - else: {id: otherwise, set: 1}
  - id: each
    foreach: [1]
    do:
      id: round
      seq:
        - {id: before, set: 1}
        - {id: after, set: 1}
  - id: poll
    repeat: {id: ask, set: 1}
    until: steps.ask
    max: 3
  - id: attempt
    try: {id: body, seq: [{id: b1, set: 1}, {id: b2, set: 1}]}
    catch:
      - {errors: [Timeout], do: {id: late, set: 1}}
      - {do: {id: caught, set: 1}}
    finally: {id: cleanup, set: 1}
  - id: safe
    try: {id: tried, set: 1}
    finally: {id: always, set: 1}
  - {id: answer, wait_for: go, timeout: 1h, else: {id: silence, set: 1}}
  - id: inner
    saga:
      - {id: paid, set: 1, compensate: {id: undo, seq: [{id: u1, set: 1}, {id: u2, set: 1}]}}
    on_failure: {id: regret, set: 1}
    compensate: {id: undo_all, set: 1}
  - {id: last, set: 1}
on_failure: {id: told, set: 1}
"""

CERTAIN, POSSIBLE = Sight.CERTAIN, Sight.POSSIBLE


@pytest.fixture(scope="module")
def by_id() -> dict[str, Spot]:
    document = parse_text(TEXT).document
    assert document is not None
    return {spot.node.id: spot for spot in spots(document.workflow.root)}


@pytest.mark.parametrize(
    ("reader", "step", "expected"),
    [
        ("last", "first", CERTAIN),
        ("last", "skipped", POSSIBLE),
        ("last", "both", CERTAIN),
        ("last", "l1", CERTAIN),
        ("last", "right", CERTAIN),
        ("last", "one", POSSIBLE),
        ("last", "taken", POSSIBLE),
        ("last", "otherwise", POSSIBLE),
        ("last", "choice", CERTAIN),
        ("last", "each", CERTAIN),
        ("last", "before", Sight.IN_LOOP),
        ("last", "ask", Sight.IN_LOOP),
        ("last", "b2", POSSIBLE),
        ("last", "late", POSSIBLE),
        ("last", "cleanup", CERTAIN),
        ("last", "tried", CERTAIN),
        ("last", "silence", POSSIBLE),
        ("last", "paid", CERTAIN),
        ("last", "undo", Sight.IN_COMPENSATION),
        ("last", "u1", Sight.IN_COMPENSATION),
        ("last", "undo_all", Sight.IN_COMPENSATION),
        ("last", "regret", Sight.IN_ON_FAILURE),
        ("last", "told", Sight.IN_ON_FAILURE),
        ("last", "last", Sight.ITSELF),
        ("first", "last", Sight.LATER),
        ("l2", "l1", CERTAIN),
        ("l1", "l2", Sight.LATER),
        ("right", "l1", Sight.OTHER_BRANCH),
        ("two", "one", Sight.OTHER_BRANCH),
        ("l1", "first", CERTAIN),
        ("l1", "both", Sight.AROUND),
        ("taken", "otherwise", Sight.OTHER_CASE),
        ("after", "before", CERTAIN),
        ("before", "round", Sight.AROUND),
        ("after", "first", CERTAIN),
        ("b2", "b1", CERTAIN),
        ("late", "b2", POSSIBLE),
        ("caught", "late", Sight.OTHER_HANDLER),
        ("cleanup", "b1", POSSIBLE),
        ("cleanup", "caught", POSSIBLE),
        ("b1", "cleanup", Sight.LATER),
        ("caught", "cleanup", Sight.LATER),
        ("silence", "answer", Sight.AROUND),
        ("undo", "paid", POSSIBLE),
        ("u2", "paid", POSSIBLE),
        ("u2", "u1", CERTAIN),
        ("u1", "first", CERTAIN),
        ("u1", "last", Sight.LATER),
        ("regret", "paid", POSSIBLE),
        ("regret", "undo", Sight.IN_COMPENSATION),
        ("undo_all", "inner", POSSIBLE),
        ("undo_all", "paid", POSSIBLE),
        ("undo_all", "regret", Sight.IN_ON_FAILURE),
        ("told", "l1", POSSIBLE),
        ("told", "before", Sight.IN_LOOP),
        ("told", "regret", POSSIBLE),
        ("told", "saga", Sight.AROUND),
    ],
)
def test_a_node_sees_what_is_done_before_it(by_id: dict[str, Spot], reader: str, step: str, expected: Sight) -> None:
    assert sight(by_id[reader], Moment.BEFORE, by_id[step]) is expected


@pytest.mark.parametrize(
    ("reader", "moment", "step", "expected"),
    [
        ("both", Moment.BEFORE, "l1", Sight.INSIDE),
        ("both", Moment.AFTER, "l1", CERTAIN),
        ("choice", Moment.AFTER, "taken", POSSIBLE),
        ("each", Moment.AFTER, "before", Sight.IN_LOOP),
        ("each", Moment.ROUND, "before", CERTAIN),
        ("poll", Moment.ROUND, "ask", CERTAIN),
        ("poll", Moment.ROUND, "first", CERTAIN),
        ("poll", Moment.ROUND, "poll", Sight.ITSELF),
        ("inner", Moment.AFTER, "paid", CERTAIN),
        ("inner", Moment.AFTER, "regret", Sight.IN_ON_FAILURE),
        ("inner", Moment.AFTER, "undo_all", Sight.IN_COMPENSATION),
        ("saga", Moment.AFTER, "l2", CERTAIN),
        ("saga", Moment.AFTER, "two", POSSIBLE),
        ("saga", Moment.AFTER, "ask", Sight.IN_LOOP),
    ],
)
def test_a_node_sees_what_is_inside_it_once_that_has_run(
    by_id: dict[str, Spot], reader: str, moment: Moment, step: str, expected: Sight
) -> None:
    assert sight(by_id[reader], moment, by_id[step]) is expected


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ("first", set()),
        ("before", {"item", "index"}),
        ("ask", {"index", "previous"}),
        ("caught", {"error"}),
        ("cleanup", {"error"}),
        ("told", {"error"}),
        ("u1", {"error", "forward"}),
        ("each", set()),
    ],
)
def test_names_are_bound_where_their_owner_says(by_id: dict[str, Spot], node: str, names: set[str]) -> None:
    assert set(by_id[node].names) == names
