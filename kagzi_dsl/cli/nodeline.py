"""One line of an outline as styled pieces: symbol, label, what it is, attempt, time, error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TextIO, TypeAlias

from kagzi_dsl.cli.outline import Row
from kagzi_dsl.cli.words import COLOURS, failure_text, local_time, shortened, took
from kagzi_dsl.runtime.view import NodeView

Piece: TypeAlias = tuple[str, str]
"""Text and its style: a colour, `bold`, `dim` or nothing."""

_SYMBOLS = {
    "completed": ("✓", "+"),
    "failed": ("✗", "x"),
    "cancelled": ("⊘", "!"),
    "skipped": ("–", "-"),
    "running": ("●", ">"),
    "sleeping": ("◌", "."),
    "waiting": ("◌", "."),
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINS_MS = 100
_SHOWN_FROM_MS = 1_000


def knows_symbols(stream: TextIO) -> bool:
    """Whether `stream` can show more than ASCII."""
    return (stream.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def pieces_of(row: Row, *, now: int | None, due: int | None = None, symbols: bool = True) -> Iterator[Piece]:
    """The line of a row. `now` (ms) is None for a picture that stands still; `due` is when the node goes on."""
    yield row.guides, ""
    node = row.node
    if node is None:
        yield row.label if symbols else row.label.replace("…", "..."), "dim"
        return
    if node.status == "sleeping" and due is not None and now is not None and due <= now:
        node = replace(node, status="running", error=None)  # nobody says so when a delayed attempt begins
        due = None
    yield f"{_symbol(node, now, symbols)} ", COLOURS.get(node.status, "")
    yield row.label, "bold" if node.status == "running" else "dim" if node.status == "skipped" else ""
    what = _what(node)
    if what:
        yield f" {what}", "dim"
    if node.attempt > 1:
        yield f" attempt {node.attempt}", "yellow"
    yield from _time(node, now, due)
    if node.error is not None and node.error.path in ("", node.path):  # around it, it would be said again
        yield f" {shortened(failure_text(node.error), 160)}", "red" if node.status == "failed" else "yellow"


def _symbol(node: NodeView, now: int | None, symbols: bool) -> str:
    if node.status == "running" and now is not None and symbols:
        return _SPINNER[now // _SPINS_MS % len(_SPINNER)]
    return _SYMBOLS.get(node.status, ("?", "?"))[0 if symbols else 1]


def _what(node: NodeView) -> str:
    """What kind of node it is, where its id does not say so."""
    name = node.name or node.kind
    return "" if name.replace(".", "_") == node.id else name


def _time(node: NodeView, now: int | None, due: int | None) -> Iterator[Piece]:
    if node.status == "skipped" or node.started_at is None:
        return
    if node.finished_at is not None:
        yield f" {took(node.finished_at - node.started_at)}", "dim"
    elif due is not None:
        verb = (
            "retries"
            if node.kind in ("activity", "call")
            else "until its timeout"
            if node.kind == "wait_for"
            else "wakes"
        )
        yield _countdown(verb, due, now), COLOURS["sleeping"]
    elif now is not None and now - node.started_at >= _SHOWN_FROM_MS:
        yield f" {took((now - node.started_at) // 1_000 * 1_000)}", "dim"
    if node.finished_at is None and node.status in ("sleeping", "waiting") and now is None and due is None:
        yield f" {node.status}", COLOURS[node.status]


def _countdown(verb: str, due: int, now: int | None) -> str:
    if now is None:
        return f" {verb} at {local_time(due)}"
    left = took(-(-max(0, due - now) // 1_000) * 1_000)
    return f" {left} {verb}" if verb.startswith("until") else f" {verb} in {left}"
