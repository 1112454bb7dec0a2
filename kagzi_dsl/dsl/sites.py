"""Every expression of a document, with the place it is written at and the node and moment it is evaluated in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.expressions import Expression
from kagzi_dsl.dsl.model import (
    Activity,
    Assert,
    Call,
    Common,
    Duration,
    Fail,
    Foreach,
    Repeat,
    Return,
    Set,
    Signal,
    Sleep,
    Switch,
)
from kagzi_dsl.dsl.sight import Binding, Moment, Spot, round_names
from kagzi_dsl.dsl.template import Embedded, Template, bare_expression


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One expression where it is written.

    `option` is the key it stands under, in words a message can use; `pointer` leads to its scalar and `offset` counts
    characters into it, None where the two have nothing to do with each other. `alone` says that the value of the
    expression is used as it is, and not made part of a text. `names` are the roots bound around it, beside the fixed
    ones.
    """

    spot: Spot
    moment: Moment
    option: str
    pointer: Pointer
    offset: int | None
    expression: Expression
    alone: bool
    names: Mapping[str, Binding]


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """A template where it is written, with its expressions by the place of their scalar inside it."""

    spot: Spot
    moment: Moment
    option: str
    pointer: Pointer
    template: Template
    sites: Mapping[Pointer, tuple[Site, ...]]

    @property
    def names(self) -> Mapping[str, Binding]:
        """The roots bound around it, beside the fixed ones."""
        return self.spot.names


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """The expressions of a document in the order of its nodes, and what the options of a node lead to."""

    every: tuple[Site, ...]
    expressions: Mapping[tuple[str, str], Site]
    fillings: Mapping[tuple[str, str], Filling]

    def expression(self, node: Common, option: str) -> Site | None:
        """The site of an option that is an expression."""
        return self.expressions.get((node.id, option))

    def filling(self, node: Common, option: str) -> Filling | None:
        """The template of an option that is one; the run's own `output` is under the option "run output"."""
        return self.fillings.get((node.id, option))


RUN_OUTPUT = "run output"
CONCURRENCY_KEY = "concurrency key"
"""It is worked out when the run is started, from the input alone."""


def sites_of(document: Document, spots: list[Spot]) -> Sites:
    """Every expression of a document."""
    collecting = _Collecting(document)
    for spot in spots:
        collecting.node(spot)
    collecting.header(spots[0])
    return Sites(tuple(collecting.every), collecting.expressions, collecting.fillings)


class _Collecting:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.every: list[Site] = []
        self.expressions: dict[tuple[str, str], Site] = {}
        self.fillings: dict[tuple[str, str], Filling] = {}

    def header(self, root: Spot) -> None:
        """What belongs to the run, not to its root node."""
        workflow = self.document.workflow
        self._duration(root, ("timeout",), "run timeout", workflow.timeout)
        self._template(root, ("output",), RUN_OUTPUT, workflow.output, Moment.AFTER)
        self._duration(root, ("defaults", "timeout"), "defaults timeout", workflow.defaults.timeout)
        self._template(root, (*self._concurrency(), "key"), CONCURRENCY_KEY, workflow.run.concurrency.key)

    def _concurrency(self) -> Pointer:
        """Where the limit with a key stands: alone, or in a list."""
        place = ("run", "concurrency")
        given = self._value(place)
        listed = enumerate(given) if isinstance(given, list) else ()
        return next(((*place, index) for index, one in listed if isinstance(one, dict) and "key" in one), place)

    def node(self, spot: Spot) -> None:
        node = spot.node
        place = self.document.places[node.id]
        self._expression(spot, (*place, "when"), "when", node.when)
        self._own(spot, place, self.document.kind_keys[node.id])
        self._duration(spot, (*place, "timeout"), "timeout", node.timeout)
        self._template(spot, (*place, "output"), "output", node.output, Moment.AFTER)

    def _own(self, spot: Spot, place: Pointer, key: Pointer) -> None:
        """The expressions of a node's kind."""
        match spot.node:
            case Activity() as node:
                self._template(spot, (*place, "with"), "with", node.with_)
                self._duration(spot, (*place, "heartbeat"), "heartbeat", node.heartbeat)
                self._template(spot, (*place, "idempotency_key"), "idempotency_key", node.idempotency_key)
            case Sleep() as node:
                self._duration(spot, key, "sleep", node.duration)
                self._expression(spot, (*key, "until"), "until", node.until)
            case Switch() as node:
                for index, case in enumerate(node.cases):
                    self._expression(spot, (*key, index, "when"), f"when {index}", case.when)
            case Foreach() as node:
                self._items(spot, key, node)
            case Repeat() as node:
                self._expression(spot, (*place, "until"), "until", node.until, Moment.ROUND)
                self._duration(spot, (*place, "every"), "every", node.every, Moment.ROUND)
            case Signal() as node:
                self._template(spot, (*place, "to"), "to", node.to)
                self._template(spot, (*place, "with"), "with", node.with_)
            case Call() as node:
                self._template(spot, (*place, "with"), "with", node.with_)
            case Set() as node:
                self._template(spot, key, "set", node.value)
            case Return() as node:
                self._template(spot, key, "return", node.value)
            case Assert() as node:
                self._expression(spot, key, "assert", node.condition)
                self._template(spot, (*place, "message"), "message", node.message)
            case Fail() as node:
                short = isinstance(self._value(key), str)
                self._template(spot, key if short else (*key, "message"), "message", node.message)
                self._template(spot, (*key, "details"), "details", node.details)
            case _:
                pass

    def _items(self, spot: Spot, key: Pointer, node: Foreach) -> None:
        if isinstance(node.items.source, str) and node.items.expressions:
            expression = node.items.expressions[0].expression
            self._expression(spot, key, "foreach", expression)
        else:
            self._template(spot, key, "foreach", node.items)

    def _duration(
        self, spot: Spot, pointer: Pointer, option: str, value: Duration | None, moment: Moment = Moment.BEFORE
    ) -> None:
        if isinstance(value, Expression):
            self._expression(spot, pointer, option, value, moment)

    def _expression(
        self,
        spot: Spot,
        pointer: Pointer,
        option: str,
        expression: Expression | None,
        moment: Moment = Moment.BEFORE,
    ) -> None:
        if expression is None:
            return
        written = self._value(pointer)
        offset = written.find(expression.text) if isinstance(written, str) else -1
        if offset < 0 and not isinstance(written, bool) and spot.node.id in self.document.broken:
            return  # it was made up where something broken stood
        site = Site(
            spot=spot,
            moment=moment,
            option=option,
            pointer=pointer,
            offset=offset if offset >= 0 else None,
            expression=expression,
            alone=True,
            names=round_names(spot) if moment is Moment.ROUND else spot.names,
        )
        self.every.append(site)
        self.expressions[spot.node.id, option] = site

    def _template(
        self, spot: Spot, pointer: Pointer, option: str, template: Template | None, moment: Moment = Moment.BEFORE
    ) -> None:
        if template is None or (template.source is None and self._value(pointer) is not None):
            return  # there is none, or a broken one was replaced by null
        by_place: dict[Pointer, list[Site]] = {}
        for embedded in template.expressions:
            site = self._embedded(spot, pointer, option, template, embedded, moment)
            by_place.setdefault(embedded.path, []).append(site)
            self.every.append(site)
        sites = {path: tuple(found) for path, found in by_place.items()}
        self.fillings[spot.node.id, option] = Filling(spot, moment, option, pointer, template, sites)

    def _embedded(
        self, spot: Spot, pointer: Pointer, option: str, template: Template, embedded: Embedded, moment: Moment
    ) -> Site:
        text = value_at(template.source, embedded.path)
        return Site(
            spot=spot,
            moment=moment,
            option=option,
            pointer=pointer + embedded.path,
            offset=embedded.offset,
            expression=embedded.expression,
            alone=isinstance(text, str) and _is_alone(text, embedded),
            names=spot.names,
        )

    def _value(self, pointer: Pointer) -> object:
        return value_at(self.document.source.value, pointer)


def _is_alone(text: str, embedded: Embedded) -> bool:
    return text.lstrip().startswith("${") and bare_expression(text) == embedded.expression.text


def value_at(value: object, pointer: Pointer) -> object:
    """What stands at a pointer; None where there is nothing."""
    for part in pointer:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return None
    return value
