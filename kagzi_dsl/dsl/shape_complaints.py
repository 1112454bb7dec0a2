"""What the check of a document's shape says about each mistake, and at which place.

A complaint about a key points at the key, one about a value at the value, and one about a whole mapping at its kind key
or its first key, so that what is underlined is short.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related, Span
from kagzi_dsl.dsl.schema import Rule, workflow_rule
from kagzi_dsl.dsl.shape_words import described, either, listed, meant_key, meant_word, respelled, shortened, wanted
from kagzi_dsl.dsl.source import Source
from kagzi_dsl.dsl.span import index_at
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.payload import Json

MAX_DIAGNOSTICS = 200
"""After how many mistakes the rest of a document is not looked at."""

_DURATIONS = ("duration", "fixed_duration")
_SEPARATORS = {"id": "_", "workflow_name": "-", "signal_name": "_"}
_NODES = ("node", "node_mapping")


class Complaints:
    """Collects the diagnostics of one document."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[tuple[str, str, Span | None], Diagnostic] = {}

    @property
    def full(self) -> bool:
        """Whether there are so many that nobody would read more."""
        return len(self._found) >= MAX_DIAGNOSTICS

    def by_place(self) -> list[Diagnostic]:
        """All of them in the order of the text. What several aliases lead to is told once."""
        return sorted(self._found.values(), key=lambda one: (one.span.line, one.span.column) if one.span else (0, 0))

    # Values

    def wrong_type(self, rule: Rule, value: Json, pointer: Pointer) -> None:
        """A value of a type that the rule does not allow."""
        if rule.name in _DURATIONS and isinstance(value, int | float) and not isinstance(value, bool):
            self._report("invalid-duration", _duration_problem(str(value)), pointer, self._value_span(value, pointer))
            return
        message = f"{_name(pointer)} is {described(value)}, and must be {wanted(rule.title, rule.types)}"
        hint = self._type_hint(rule, value, pointer) or rule.description or None
        self._report("wrong-type", message, pointer, self._value_span(value, pointer), hint=hint)

    def _type_hint(self, rule: Rule, value: Json, pointer: Pointer) -> str | None:
        match value:
            case str() if rule.name in _NODES:
                return f"to call an activity write `activity: {value}`" if re.fullmatch(r"[\w.]+", value) else None
            case str() if "integer" in rule.types or "number" in rule.types:
                return _number_hint(value)
            case bool() | int() | float() if "string" in rule.types:
                return f'put it in quotes: "{self._written(pointer)}"'
            case dict() if "string" in rule.types and list(value.values()) == [None]:
                return "an expression is written ${ … }, and inside { } or [ ] in quotes"
            case dict() if rule.items is not None and "array" in rule.types:
                return "start each entry with `- `"
        return None

    def bad_text(self, rule: Rule, value: str, pointer: Pointer) -> None:
        """A text that the rule's pattern does not allow."""
        if rule.name in _DURATIONS:
            self._bad_duration(rule, value, pointer)
        elif rule.name in _SEPARATORS:
            message = f"{_name(pointer)} is {described(value)}, and {rule.pattern_message}"
            self._report("invalid-name", message, pointer, hint=_name_hint(rule, value))
        else:
            message = f"{_name(pointer)} is {described(value)}; {rule.pattern_message}"
            hint = f"write ${{ {value} }}" if rule.name == "arguments" and value and "${" not in value else None
            self._report("invalid-value", message, pointer, hint=hint or rule.description)

    def bad_branch_name(self, rule: Rule, key: str, pointer: Pointer) -> None:
        """A key that is the name of a branch, and cannot be."""
        message = f"`{shortened(key)}` cannot name a branch; {rule.pattern_message}"
        self._report("invalid-name", message, pointer, self._key_span(pointer), hint=_name_hint(rule, key))

    def _bad_duration(self, rule: Rule, value: str, pointer: Pointer) -> None:
        if "${" not in value:
            self._report("invalid-duration", _duration_problem(value), pointer)
        elif rule.name == "fixed_duration":
            message = f"{_name(pointer)} must be written out, since it holds for all attempts"
            self._report("invalid-duration", message, pointer, hint="write a duration such as 30s or 1h30m")
        else:
            message = f"{_name(pointer)} must be one expression alone, or a duration written out"
            self._report("invalid-duration", message, pointer, hint=rule.description)

    def empty(self, rule: Rule, value: Json, pointer: Pointer) -> None:
        """A text, list or mapping without anything in it."""
        what = "is an empty text" if isinstance(value, str) else "is empty"
        span = self._value_span(value, pointer)
        self._report("invalid-value", f"{_name(pointer)} {what}", pointer, span, hint=rule.description)

    def too_few(self, rule: Rule, value: Mapping[str, Json], pointer: Pointer) -> None:
        """A mapping with too few entries."""
        message = f"{_name(pointer)} has only {listed(f'`{key}`' for key in value)}, and needs two entries or more"
        self._report("invalid-value", message, pointer, self._value_span(value, pointer), hint=rule.description)

    def too_small(self, rule: Rule, value: Json, pointer: Pointer) -> None:
        """A number below the least one."""
        message = f"{_name(pointer)} is {self._written(pointer)}, and must be at least {rule.least}"
        self._report("invalid-value", message, pointer, hint=rule.description)

    def not_a_word(self, rule: Rule, value: Json, pointer: Pointer) -> None:
        """A value that is none of the words allowed here."""
        meant = meant_word(value, rule.words)
        message = f"{_name(pointer)} is {described(value)}, and must be {either(rule.words)}"
        hint = f"did you mean {meant}?" if meant else rule.description
        self._report("invalid-value", message, pointer, self._value_span(value, pointer), hint=hint)

    # Keys of mappings

    def unknown_key(self, key: str, pointer: Pointer, known: Collection[str]) -> None:
        """A key that the mapping at `pointer` does not have."""
        owner = _name(pointer) if pointer else "the header"
        self._unknown(
            key, pointer, f"`{shortened(key)}` is not a key of {owner}", known, f"its keys are {listed(known)}"
        )

    def missing(self, rule: Rule, keys: tuple[str, ...], pointer: Pointer, kind_key: str | None) -> None:
        """One of `keys` must be there and none is."""
        owner = f"`{kind_key}`" if kind_key else _name(pointer)
        message = f"{owner} needs {either(f'`{key}`' for key in keys)}"
        found = rule.properties.get(keys[0])
        hint = f"{keys[0]}: {found.description}" if found and found.description and len(keys) == 1 else None
        self._report("missing-key", message, pointer, self._whole(pointer, kind_key), hint=hint)

    def missing_beside(self, key: str, other: str, pointer: Pointer) -> None:
        """`key` is there without `other`, which it needs."""
        span = self._key_span((*pointer, key))
        self._report("missing-key", f"`{key}` needs `{other}` beside it", pointer, span)

    # Nodes

    def unknown_option(self, option: str, kind: str, rule: Rule, of_kind: Rule, pointer: Pointer) -> None:
        """A key that a node of this kind does not have."""
        misplaced = _misplaced(option, kind, at_root=not pointer)
        own = [key for key in of_kind.properties if key != kind]
        nor = "" if pointer else ", nor a key of the header"
        message, hint = misplaced or (f"`{shortened(option)}` is not an option of `{kind}`{nor}", "")
        common = f"{'every node' if pointer else 'the header'} may have {listed(rule.properties)}"
        hint = hint or (f"`{kind}` may have {listed(own)}; {common}" if own else common)
        self._unknown(option, pointer, message, [] if misplaced else [*own, *rule.properties], hint)

    def two_kinds(self, first: str, second: str, pointer: Pointer) -> None:
        """A node with two kind keys."""
        message = f"a node has one kind, and this one has two: `{first}` and `{second}`"
        related = (Related(f"`{first}` stands here", self._key_span((*pointer, first)), self._source.file),)
        place = (*pointer, second)
        hint = "for one after the other, write a list of two nodes"
        self._report("two-kinds", message, place, self._key_span(place), hint=hint, related=related)

    def unknown_kind(self, key: str, meant: str | None, kinds: Iterable[str], pointer: Pointer) -> None:
        """A node whose kind there is not."""
        place = (*pointer, key)
        hint = f"{f'did you mean `{meant}`? ' if meant else ''}the kinds are {listed(kinds)}"
        message = f"`{shortened(key)}` is not a kind of node"
        self._report("unknown-kind", message, place, self._key_span(place), hint=hint)

    def no_kind(self, kinds: Iterable[str], pointer: Pointer) -> None:
        """A node without anything that could be its kind."""
        what = "the node has no kind" if pointer else "the workflow has no root node"
        message = f"{what}: it needs one of the keys {listed(kinds)}"
        hint = None if pointer else "for nodes one after the other write `seq:` and a list"
        self._report("no-kind", message, pointer, self._whole(pointer, None), hint=hint)

    # Places

    def _unknown(self, key: str, pointer: Pointer, message: str, known: Collection[str], hint: str) -> None:
        meant = meant_key(key, known)
        place = (*pointer, key)
        hint = f"did you mean `{meant}`? {hint}" if meant else hint
        self._report("unknown-key", message, place, self._key_span(place), hint=hint)

    def _key_span(self, pointer: Pointer) -> Span | None:
        return self._source.key_spans.get(pointer) or self._source.spans.get(pointer)

    def _value_span(self, value: Json, pointer: Pointer) -> Span | None:
        """Where a value stands; its key for one that is empty or goes over many lines."""
        span = self._source.spans.get(pointer)
        if span is None or value is None or span.line != span.end_line:
            return self._source.key_spans.get(pointer) or _first_character(span)
        return span

    def _whole(self, pointer: Pointer, kind_key: str | None) -> Span | None:
        """What stands for a whole mapping: its kind key, else the key that leads to it, else its first key."""
        spans = self._source.key_spans
        if kind_key is not None:
            return spans.get((*pointer, kind_key))
        return spans.get(pointer) or self._first_key(pointer) or _first_character(self._source.spans.get(pointer))

    def _first_key(self, pointer: Pointer) -> Span | None:
        value = self._source.value
        for part in pointer:
            value = value[part]
        first = next(iter(value), None) if isinstance(value, dict) else None
        return None if first is None else self._source.key_spans.get((*pointer, first))

    def _written(self, pointer: Pointer) -> str:
        span = self._source.spans[pointer]
        text = self._source.text
        return text[index_at(text, span.line, span.column) : index_at(text, span.end_line, span.end_column)]

    def _report(
        self,
        code: str,
        message: str,
        pointer: Pointer,
        span: Span | None = None,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        span = span or self._source.spans.get(pointer)
        file = self._source.file
        diagnostic = Diagnostic(code, "error", message, pointer, span, hint or None, related, file)
        self._found.setdefault((code, message, span), diagnostic)


def _name(pointer: Pointer) -> str:
    if not pointer:
        return "the document"
    last = pointer[-1]
    return f"`{shortened(last)}`" if isinstance(last, str) else f"item {last + 1} of {_name(pointer[:-1])}"


def _first_character(span: Span | None) -> Span | None:
    return span and Span(span.line, span.column, span.line, span.column + 1)


def _duration_problem(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as problem:
        return str(problem)
    return f"{text!r} is not a duration"


def _number_hint(value: str) -> str | None:
    if "${" in value:
        return "it must be written out; an expression cannot stand here"
    return f"leave the quotes out: {value}" if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", value) else None


def _name_hint(rule: Rule, value: str) -> str | None:
    better = respelled(value, rule.matches, _SEPARATORS[rule.name]) if rule.pattern else None
    return f"did you mean {better}?" if better else None


def _misplaced(option: str, kind: str, *, at_root: bool) -> tuple[str, str] | None:
    """The message and hint about a key that has its place, but not here."""
    workflow = workflow_rule()
    kinds = workflow.kinds or {}
    owners = [f"`{owner}`" for owner, of_kind in kinds.items() if option in of_kind.properties]
    if option == "compensate":
        message = "`compensate` has no place at the root: no saga is around the root node"
        return message, "make the root a `saga`, and put `compensate` on the nodes inside it"
    if owners:
        return f"`{option}` belongs to {either(owners)}, and this node is `{kind}`", "move it to a node that has it"
    if not at_root and option in workflow.properties and option != "input":
        return f"`{option}` belongs to the document's header, not to a node", "move it to the top of the file"
    return None
