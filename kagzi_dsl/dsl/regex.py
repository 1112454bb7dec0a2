"""Regular expressions that always end soon.

Python's `re` tries alternatives one after the other, which for some patterns takes longer than the universe has been
there (`(a+)+$`), and there is no telling which patterns these are: `a*a*a*b` nests nothing and is slow all the same.
Here all alternatives are followed at once (Thompson's construction), so that the work is at most the length of the text
times the size of the pattern, and every step of it is paid for.

The syntax is that of Python, without what cannot be matched this way: back references and lookaround. What one
character or class means is left to `re`. `$` is the very end, also when the text ends with a line break.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, assert_never

from kagzi_dsl.dsl.regex_syntax import Anchor, Choice, Node, One, Repeat, Series, parse_pattern
from kagzi_dsl.errors import ExpressionError

MAX_STATES: Final = 1_000
"""Size of a compiled pattern: counted repetitions are written out, so that `(a{30}){30}` has 900."""

_CHARACTERS_PER_VISIT: Final = 4


class _Test(NamedTuple):
    """Takes one character that passes, and goes on at the next state."""

    accepts: Callable[[str], object]


class _Fork(NamedTuple):
    """Goes on at all of these states."""

    ways: tuple[int, ...]


class _Condition(NamedTuple):
    """Goes on at the next state if the place in the text is right."""

    anchor: Anchor


class _Match(NamedTuple):
    """The pattern has been found."""


_State = _Test | _Fork | _Condition | _Match


class Place(NamedTuple):
    """What is around a position in the text."""

    at_start: bool
    at_end: bool
    at_boundary: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    states: tuple[_State, ...]
    anchored: bool

    def search(self, text: str, visit: Callable[[int], None]) -> bool:
        """Whether the pattern is found anywhere in `text`; `visit` is told how much is looked at."""
        visit(len(self.states) + len(text) // _CHARACTERS_PER_VISIT)
        search = _Search(self, visit)
        current: frozenset[int] = frozenset()
        for position in range(len(text) + 1):
            reached = search.closure(current, _place(text, position) if self.anchored else _ANYWHERE)
            if search.found:
                return True
            if position < len(text):
                current = search.step(reached, text[position])
        return False


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Compiles a pattern. Raises ExpressionError for one that is not valid, too large or not supported."""
    states: list[_State] = []
    _emit(parse_pattern(pattern), states)
    states.append(_Match())
    return Pattern(tuple(states), any(isinstance(state, _Condition) for state in states))


def _emit(node: Node, states: list[_State]) -> None:
    if len(states) > MAX_STATES:
        raise ExpressionError("the pattern is too large, its counted repetitions written out")
    match node:
        case One(accepts):
            states.append(_Test(accepts))
        case Anchor():
            states.append(_Condition(node))
        case Series(parts):
            for part in parts:
                _emit(part, states)
        case Choice(parts):
            _emit_choice(parts, states)
        case Repeat():
            _emit_repeat(node, states)
        case _:
            assert_never(node)


def _emit_choice(parts: tuple[Node, ...], states: list[_State]) -> None:
    fork = len(states)
    states.append(_Fork(()))
    begins, ends = [], []
    for part in parts:
        begins.append(len(states))
        _emit(part, states)
        ends.append(len(states))
        states.append(_Fork(()))
    states[fork] = _Fork(tuple(begins))
    for end in ends:
        states[end] = _Fork((len(states),))


def _emit_repeat(node: Repeat, states: list[_State]) -> None:
    for _ in range(node.low):
        before = len(states)
        _emit(node.part, states)
        if len(states) == before:
            # Nothing, however often: it must not be counted out, as in (((){999}){999}){999}.
            break
    if node.high is None:
        fork = len(states)
        states.append(_Fork(()))
        _emit(node.part, states)
        states.append(_Fork((fork,)))
        states[fork] = _Fork((fork + 1, len(states)))
        return
    forks = []
    for _ in range(node.high - node.low):
        forks.append(len(states))
        states.append(_Fork(()))
        _emit(node.part, states)
    for fork in forks:
        states[fork] = _Fork((fork + 1, len(states)))


class _Search:
    """One search: remembers where a set of states leads, so that most characters cost two lookups."""

    def __init__(self, pattern: Pattern, visit: Callable[[int], None]) -> None:
        self.found = False
        self._states = pattern.states
        self._visit = visit
        self._closures: dict[tuple[frozenset[int], Place], frozenset[int]] = {}
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def closure(self, current: frozenset[int], place: Place) -> frozenset[int]:
        """The testing states that can be reached from `current` and from the beginning without taking a character."""
        known = self._closures.get((current, place))
        if known is None:
            known = self._closures[current, place] = self._closed(current, place)
        return known

    def step(self, reached: frozenset[int], character: str) -> frozenset[int]:
        """The states after taking `character`."""
        known = self._steps.get((reached, character))
        if known is None:
            self._visit(len(reached))
            states = self._states
            known = frozenset(
                index + 1 for index in reached if isinstance(test := states[index], _Test) and test.accepts(character)
            )
            self._steps[reached, character] = known
        return known

    def _closed(self, current: frozenset[int], place: Place) -> frozenset[int]:
        waiting, seen = [0, *current], set(current) | {0}
        tests: list[int] = []
        while waiting:
            index = waiting.pop()
            for following in self._free(index, place, tests):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        self._visit(len(seen))
        return frozenset(tests)

    def _free(self, index: int, place: Place, tests: list[int]) -> tuple[int, ...]:
        """Where a state leads without taking a character; one that takes one is put among `tests`."""
        match self._states[index]:
            case _Test():
                tests.append(index)
                return ()
            case _Fork(ways):
                return ways
            case _Condition(anchor):
                return (index + 1,) if _holds(anchor, place) else ()
            case _Match():
                self.found = True
                return ()


def _holds(anchor: Anchor, place: Place) -> bool:
    match anchor:
        case Anchor.START:
            return place.at_start
        case Anchor.END:
            return place.at_end
        case Anchor.BOUNDARY:
            return place.at_boundary
        case Anchor.NO_BOUNDARY:
            return not place.at_boundary
        case _:
            assert_never(anchor)


_ANYWHERE: Final = Place(False, False, False)


def _place(text: str, position: int) -> Place:
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return Place(position == 0, position == len(text), before != after)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
