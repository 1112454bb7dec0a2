"""The outline of a run: what is shown of its nodes when there is room for few of them."""

from __future__ import annotations

from kagzi_dsl.cli.nodeline import pieces_of
from kagzi_dsl.cli.outline import Outline, Row
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.view import NodeView


def node(path: str, status: str = "completed", parent: str = "", kind: str = "activity", **more: object) -> NodeView:
    view = NodeView(path=path, id=path.rpartition(".")[2], kind=kind, parent=parent, status=status, started_at=0)
    for name, value in more.items():
        setattr(view, name, value)
    return view


def fan_out(count: int, **statuses: str) -> Outline:
    """A foreach with `count` items, all completed but those named `i7="failed"`."""
    items = [node(f"each[{i}].work", statuses.get(f"i{i}", "completed"), "each") for i in range(count)]
    return Outline([node("each", "running", kind="foreach"), *items])


def labels(rows: list[Row]) -> list[str]:
    return [row.guides + row.label for row in rows]


def text(row: Row, **how: object) -> str:
    return "".join(piece for piece, _ in pieces_of(row, **{"now": None, **how}))  # type: ignore[arg-type]


def test_nodes_stand_below_the_node_they_are_in() -> None:
    outline = Outline([node("saga", kind="saga"), node("a", parent="saga"), node("b", parent="saga")])
    assert labels(outline.rows(10)) == ["saga", "  a", "  b"]


def test_items_of_a_loop_are_named_by_their_index() -> None:
    assert labels(fan_out(2).rows(10)) == ["each", "  [0].work", "  [1].work"]


def test_a_large_fan_out_is_counted_and_what_goes_on_or_failed_is_shown() -> None:
    rows = labels(fan_out(10_000, i17="failed", i5000="running", i9000="sleeping").rows(20))
    assert len(rows) <= 20
    assert {"  [17].work", "  [5000].work", "  [9000].work"} < set(rows)
    assert rows[-1] == "  … 9,992 more completed"


def test_failures_leave_room_for_what_goes_on() -> None:
    statuses = {f"i{i}": "failed" for i in range(500)} | {"i999": "running"}
    rows = labels(fan_out(1_000, **statuses).rows(12))
    assert len(rows) <= 12
    assert "  [999].work" in rows
    assert "more failed" in rows[-1]


def test_drawing_looks_at_no_more_nodes_than_it_shows() -> None:
    outline = fan_out(10_000, i3="running")

    class Counting(dict[str, NodeView]):
        asked = 0

        def __getitem__(self, path: str) -> NodeView:
            Counting.asked += 1
            return super().__getitem__(path)

    outline.nodes = Counting(outline.nodes)
    outline.rows(24)
    assert Counting.asked <= 24


def test_a_node_that_moves_on_is_counted_once() -> None:
    outline = fan_out(100, i50="running")
    outline.put(node("each[50].work", "completed", "each"))
    assert labels(outline.rows(4))[-1] == "  … 98 more completed"


def test_what_is_inside_unfinished_nodes_comes_before_what_is_inside_finished_ones() -> None:
    done = [node("done", parent="root", kind="seq"), *(node(f"d{i}", parent="done") for i in range(10))]
    busy = [node("busy", "running", "root", "seq"), *(node(f"b{i}", "running", "busy") for i in range(4))]
    outline = Outline([node("root", "running", kind="parallel"), *done, *busy])
    rows = labels(outline.rows(7))
    assert rows == ["root", "  done", "  busy", "    b0", "    b1", "    b2", "    b3"]


def test_a_child_run_is_grafted_onto_its_call() -> None:
    parent, child = Outline([node("call", "waiting", kind="call")]), Outline([node("step")])
    parent.grafts["call"] = child
    assert labels(parent.rows(10)) == ["call", "  step"]


def test_a_run_that_begins_again_starts_with_an_empty_outline() -> None:
    outline = fan_out(5)
    outline.clear()
    assert outline.rows(10) == []


def test_a_line_tells_attempt_time_and_error() -> None:
    failure = Failure.of(Code.UNAVAILABLE, "no answer", path="fetch")
    view = node("fetch", "failed", attempt=3, finished_at=1_500, error=failure, name="http.request")
    assert text(Row("  ", view, "fetch")) == "  ✗ fetch http.request attempt 3 1.5s Unavailable: no answer"
    assert text(Row("", view, "fetch"), symbols=False).startswith("x fetch")


def test_an_error_is_told_where_it_happened_and_not_again_around_it() -> None:
    failure = Failure.of(Code.UNAVAILABLE, "no answer", path="fetch")
    assert "no answer" not in text(Row("", node("saga", "failed", kind="saga", error=failure), "saga"))


def test_a_backoff_counts_down_and_then_the_attempt_runs() -> None:
    view = node("fetch", "sleeping", attempt=2)
    assert text(Row("", view, "fetch"), now=1_000, due=4_000) == "◌ fetch activity attempt 2 retries in 3.0s"
    assert text(Row("", view, "fetch"), now=4_500, due=4_000) == "⠴ fetch activity attempt 2 4.0s"


def test_a_sleep_and_a_wait_count_down() -> None:
    assert (
        text(Row("", node("nap", "sleeping", kind="sleep"), "nap"), now=0, due=65_000) == "◌ nap sleep wakes in 1m 05s"
    )
    wait = node("approval", "waiting", kind="wait_for")
    assert text(Row("", wait, "approval"), now=0, due=9_000) == "◌ approval wait_for 9.0s until its timeout"
