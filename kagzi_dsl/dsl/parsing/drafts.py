"""Where the nodes of a document are, before anybody asks what they say.

A draft is a node's raw mapping and the drafts inside it, in the order in which the model tells a node's children.
That is not the order of the keys: a document keeps its ids when the keys of a mapping are moved about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.shape_words import meant_kind
from kagzi_dsl.payload import Json


@dataclass(slots=True, eq=False)
class Draft:
    """A node that is about to be built.

    `kind` is None where none can be made out. `kind_key` is the key it was read from, None for a list, which is a
    `seq`; `value` is what stands under it. `branch` is the key of a named branch. `children` are found by the rest of
    their pointer, seen from here. `id` is given by `ids.name_nodes`.
    """

    pointer: Pointer
    options: Mapping[str, Json]
    kind: str | None
    kind_key: str | None
    value: Json
    branch: str | None = None
    children: dict[Pointer, Draft] = field(default_factory=dict)
    id: str = ""

    def walk(self) -> Iterator[Draft]:
        """This draft and all inside it, in the order of the model's `walk`."""
        stack = [self]
        while stack:
            draft = stack.pop()
            yield draft
            stack.extend(reversed(draft.children.values()))


class _Inner(NamedTuple):
    """A place where a node is expected: the rest of the pointer, what stands there, and the name of a branch."""

    tail: Pointer
    value: Json
    branch: str | None = None


def draft_of(value: Json, pointer: Pointer = (), branch: str | None = None) -> Draft:
    """The draft of whatever stands where a node is expected."""
    if isinstance(value, list):
        draft = Draft(pointer, {}, "seq", None, value, branch)
        return _with_children(draft, [_Inner((index,), item) for index, item in enumerate(value)])
    if not isinstance(value, dict):
        return Draft(pointer, {}, None, None, None, branch)
    key, kind = _kind_of(value)
    draft = Draft(pointer, value, kind, key, value.get(key) if key else None, branch)
    return _with_children(draft, _inside(draft))


def _with_children(draft: Draft, inner: Iterable[_Inner]) -> Draft:
    draft.children = {tail: draft_of(value, draft.pointer + tail, branch) for tail, value, branch in inner}
    return draft


def _kind_of(mapping: Mapping[str, Json]) -> tuple[str | None, str | None]:
    """The kind key and the kind it stands for; of two kinds the first, and of none the one that was likely meant."""
    for key in mapping:
        if key in _INSIDE:
            return key, key
    for key in mapping:
        meant = meant_kind(key, KINDS) if key not in _OPTIONS else None
        if meant is not None:
            return key, meant
    return None, None


_OPTIONS = frozenset(
    {"id", "description", "when", "timeout", "compensate", "output", "retry", "with", "queue", "heartbeat", "limit"}
    | {"on_error", "order", "on_failure", "on_compensation_error", "until", "every", "max", "as", "do", "tolerate"}
    | {"catch", "finally", "schema", "else", "to", "detach", "message", "idempotency_key"}
)
"""Keys that are no misspelt kinds."""


def _inside(draft: Draft) -> Iterator[_Inner]:
    if draft.kind is not None:
        yield from _INSIDE[draft.kind](draft)
    yield from _option(draft, "compensate")


def _option(draft: Draft, key: str) -> Iterator[_Inner]:
    if key in draft.options:
        yield _Inner((key,), draft.options[key])


def _nothing(draft: Draft) -> Iterator[_Inner]:
    yield from ()


def _body(draft: Draft) -> Iterator[_Inner]:
    assert draft.kind_key is not None
    for index, step in enumerate(_list(draft.value)):
        yield _Inner((draft.kind_key, index), step)


def _saga(draft: Draft) -> Iterator[_Inner]:
    yield from _body(draft)
    yield from _option(draft, "on_failure")


def _branches(draft: Draft) -> Iterator[_Inner]:
    assert draft.kind_key is not None
    if isinstance(draft.value, dict):
        for name, branch in draft.value.items():
            yield _Inner((draft.kind_key, name), branch, name)
    else:
        yield from _body(draft)


def _cases(draft: Draft) -> Iterator[_Inner]:
    assert draft.kind_key is not None
    for index, case in enumerate(_list(draft.value)):
        key = "else" if isinstance(case, dict) and "else" in case else "do"
        yield _needed((draft.kind_key, index), case, key)


def _wrapped(draft: Draft) -> Iterator[_Inner]:
    assert draft.kind_key is not None
    yield _Inner((draft.kind_key,), draft.value)


def _try(draft: Draft) -> Iterator[_Inner]:
    yield from _wrapped(draft)
    for index, handler in enumerate(_list(draft.options.get("catch"))):
        yield _needed(("catch", index), handler, "do")
    yield from _option(draft, "finally")


def _needed(tail: Pointer, around: Json, key: str) -> _Inner:
    """The node under `key`, which must be there; where it is not, there is a draft all the same, and nothing in it."""
    return _Inner((*tail, key), around.get(key) if isinstance(around, Mapping) else None)


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


_Finder: TypeAlias = Callable[[Draft], Iterator[_Inner]]
_INSIDE: dict[str, _Finder] = {
    **dict.fromkeys(KINDS, _nothing),
    "seq": _body,
    "saga": _saga,
    "parallel": _branches,
    "race": _branches,
    "switch": _cases,
    "foreach": lambda draft: iter([_needed((), draft.options, "do")]),
    "repeat": _wrapped,
    "try": _try,
    "wait_for": lambda draft: _option(draft, "else"),
}
