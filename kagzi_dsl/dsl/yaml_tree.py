"""YAML events put together to one JSON value, with the place of every key and value, within budgets.

One `Tree` reads one document. It goes on after a mistake wherever the rest still has a meaning, so that one reading
shows every mistake: what cannot be kept (the second of two equal keys, say) is dropped with all that is inside it. It
works event by event and never recurses, so that no nesting and no alias can exhaust it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NamedTuple

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related, Span
from kagzi_dsl.dsl.span import Between, Place, Stretch, place_after, span_between
from kagzi_dsl.dsl.yaml_core import CORE, check_text, plain_value, quoted, tagged_value
from kagzi_dsl.dsl.yaml_events import Alias, Collection, DocumentStart, Scalar
from kagzi_dsl.payload import Json

MAX_DEPTH = 64
"""How deep lists and mappings may be nested, aliases followed."""
MAX_EVENTS = 150_000
"""How many keys, values and brackets a document may have."""
MAX_ALIASED = 100_000
"""How many values aliases may add to a document."""
MAX_DIAGNOSTICS = 200
"""After how many mistakes the rest of a document is not looked at."""

_PROPERTIES = re.compile(r"(?:[&!][^ \t\n]*[ \t\n]*)*")
_START = Span(1, 1, 1, 1)


class _Dropped:
    """Stands for a key that cannot be kept, so that what it leads to can be read and then left out."""


class _Frame(NamedTuple):
    """A collection that is still open while one inside it is read."""

    container: dict[Any, Json] | list[Json]
    pointer: Pointer
    height: int
    anchor: str | None
    size: int


class _Anchor(NamedTuple):
    """What an alias stands for: its value, where that is written, how many values it holds and how deep it is."""

    value: Json
    pointer: Pointer
    size: int
    height: int


class Tree:
    """The value and the places of one document; `diagnostics` says what is wrong with it.

    `complete` tells whether the whole document was read into `value`.
    """

    def __init__(self, text: str, file: str) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.starts: dict[Pointer, Stretch] = {}
        self.ends: dict[Pointer, Place] = {}
        self.keys: dict[Pointer, Stretch] = {}
        self.aliases: dict[Pointer, Pointer] = {}
        self.complete = False
        self._text = text
        self._file = file
        self._stopped = False
        self._documents = 0
        self._root: dict[Any, Json] = {}
        self._container: dict[Any, Json] | list[Json] = self._root
        self._pointer: Pointer = ()
        # Where the next value of a mapping goes; None while the mapping waits for a key.
        self._child: Pointer | None = ()
        self._stack: list[_Frame] = []
        self._height = 0
        self._anchors: dict[str, _Anchor | None] = {}
        self._aliased = 0
        self._dropped: list[tuple[dict[Any, Json], Any]] = []
        self._last: Stretch | None = None

    @property
    def value(self) -> Json:
        """The document's value, None for an empty document."""
        return self._root.get(None)

    def read(self, events: Iterable[Event]) -> None:
        """Takes in the events of a whole stream. Raises what iterating them raises."""
        handlers: dict[type[Event], Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._begin_mapping,
            SequenceStartEvent: self._begin_sequence,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            DocumentStartEvent: self._begin_document,
            DocumentEndEvent: self._nothing,
            StreamStartEvent: self._nothing,
            StreamEndEvent: self._finish,
        }
        for event in islice(events, MAX_EVENTS):
            handlers[type(event)](event)
            if self._stopped:
                return
        if not self.complete:
            self.refuse_size()

    def refuse_size(self) -> None:
        """Says that the document is too large."""
        self._stop("too-large", f"the document has more than {MAX_EVENTS:,} keys, values and brackets", None)

    # The stream and its documents

    def _nothing(self, event: Event) -> None:
        pass

    def _begin_document(self, event: DocumentStart) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "a second document starts here, and a file holds one workflow"
            self._stop("several-documents", message, event, hint="put each workflow into a file of its own")
        elif event.version and tuple(event.version) != (1, 2):
            version = ".".join(str(part) for part in event.version)
            message = f"the document asks for YAML {version}, and workflows are YAML 1.2"
            self._report("yaml-version", message, event, hint="leave the %YAML line out")

    def _finish(self, event: Event) -> None:
        self.complete = True
        for container, key in self._dropped:
            container.pop(key, None)
        if self.value is None:
            hint = "a workflow starts with a line such as `workflow: order-processing`"
            message = "the document is empty"
            self.diagnostics.append(Diagnostic("empty-document", "error", message, (), _START, hint, file=self._file))

    # Scalars; most events come here, so the common ones take the shortest way

    def _scalar(self, event: Scalar) -> None:
        style = event.style
        value = event.value
        if event.tag is not None or event.anchor is not None:
            self._scalar_with_properties(event)
            return
        if not style:
            value = self._plain(event)
        elif style == '"' and ("\0" in value or not value.isascii()):
            value = self._storable(event)
        self._put(value, event, not style)

    def _put(self, value: Json, stretch: Stretch, plain: bool) -> None:
        container = self._container
        child = self._child
        if isinstance(container, list):
            child = (*self._pointer, len(container))
            container.append(value)
        elif child is None:
            self._key(value, stretch, plain)
            return
        else:
            container[child[-1] if child else None] = value
            self._child = None
        self.starts[child] = stretch
        self._last = stretch

    def _plain(self, event: Scalar) -> Json:
        try:
            return plain_value(event.value)
        except ValueError as error:
            self._report("invalid-number", str(error), event)
            return 0

    def _storable(self, event: Scalar) -> str:
        problem = check_text(event.value)
        if problem is None:
            return event.value
        self._report("invalid-text", problem, event)
        return ""

    def _scalar_with_properties(self, event: Scalar) -> None:
        stretch = self._without_properties(event)
        plain = not event.style
        untagged = self._plain if plain else self._storable
        value = untagged(event) if event.tag is None else self._tagged(event, event.tag)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, self._next_pointer(), 1, 0)
        self._put(value, stretch, plain and event.tag is None)

    def _without_properties(self, event: Scalar) -> Stretch:
        """Where the scalar itself stands, behind its anchor and tag."""
        found = _PROPERTIES.match(self._text, event.start_mark.index)
        if found is None or found.end() >= event.end_mark.index:
            return event
        return Between(place_after(event.start_mark, found[0]), event.end_mark)

    def _tagged(self, event: Scalar, tag: str) -> Json:
        written = self._text[event.start_mark.index : event.end_mark.index].strip()
        try:
            return tagged_value(event.value, tag)
        except ValueError as error:
            self._report("yaml-tag", str(error), event)
        except KeyError:
            self._unknown_tag(event, tag, hint=f"text that starts with ! must be in quotes: {quoted(written)}")
        # What the author most likely meant, so that the mistake brings no second one.
        return written

    def _unknown_tag(self, event: Stretch, tag: str, *, hint: str | None) -> None:
        name = "!!" + tag.removeprefix(CORE) if tag.startswith(CORE) else tag
        self._report("yaml-tag", f"the tag {name} has no meaning in a workflow", event, hint=hint)

    # Keys

    def _key(self, key: Json, stretch: Stretch, plain: bool) -> None:
        assert isinstance(self._container, dict)
        if type(key) is not str:
            key = self._refuse_key(key, stretch)
        elif key in self._container:
            key = self._refuse_duplicate(key, stretch)
        elif key == "<<" and plain:
            key = self._refuse_merge(stretch)
        self._child = (*self._pointer, key)
        self.keys[self._child] = stretch

    def _refuse_key(self, key: Json, stretch: Stretch) -> Any:
        written = self._text[stretch.start_mark.index : stretch.end_mark.index]
        message = f"the key {written} is {_KEY_KINDS[type(key)]}, and keys are text"
        hint = f'put it in quotes: "{written}":'
        if not written:
            message, hint = "a key is empty here, and keys are text", "write a name before the colon"
        self._report("invalid-key", message, stretch, hint=hint)
        return self._drop()

    def _refuse_duplicate(self, key: str, stretch: Stretch) -> Any:
        first = self.keys[(*self._pointer, key)]
        span = span_between(first.start_mark, first.end_mark)
        related = Related(f"`{key}` stands here first", span, self._file)
        message = f"the key `{key}` stands here a second time; line {span.line} has it already"
        self._report("duplicate-key", message, stretch, related=(related,), path=(*self._pointer, key))
        return self._drop()

    def _refuse_merge(self, stretch: Stretch) -> Any:
        hint = "write the keys out, or use an alias for a whole value, as in `retry: *slow`"
        self._report("merge-key", "merge keys (<<) are not part of YAML 1.2", stretch, hint=hint)
        return self._drop()

    def _drop(self) -> _Dropped:
        key = _Dropped()
        assert isinstance(self._container, dict)
        self._dropped.append((self._container, key))
        return key

    # Collections

    def _begin_mapping(self, event: Collection) -> None:
        self._begin(event, {})

    def _begin_sequence(self, event: Collection) -> None:
        self._begin(event, [])

    def _begin(self, event: Collection, collection: dict[Any, Json] | list[Json]) -> None:
        if self._child is None and type(self._container) is dict:
            self._stop("invalid-key", "a key is text, and here a collection stands as one", event, hint=_KEY_HINT)
            return
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(event)
            return
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            self._unknown_tag(event, event.tag, hint=None)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        pointer = self._next_pointer()
        self._put(collection, event, False)
        size = len(self.starts) + self._aliased
        self._stack.append(_Frame(self._container, self._pointer, self._height, event.anchor, size))
        self._container, self._pointer, self._child, self._height = collection, pointer, None, 0

    def _end(self, event: Stretch) -> None:
        frame = self._stack.pop()
        pointer = self._pointer
        height = self._height + 1
        if frame.anchor is not None:
            size = len(self.starts) + self._aliased - frame.size + 1
            self._anchors[frame.anchor] = _Anchor(self._container, pointer, size, height)
        if event.start_mark.column != event.end_mark.column:
            self._last = event
        if self._last is not None:
            self.ends[pointer] = self._last.end_mark
        self._container, self._pointer, self._child = frame.container, frame.pointer, None
        self._height = max(frame.height, height)

    def _alias(self, event: Alias) -> None:
        anchor = self._anchors.get(event.anchor, _MISSING)
        if anchor is None or anchor is _MISSING:
            self._refuse_alias(event, known=anchor is None)
            return
        if self._child is None and type(self._container) is dict:
            self._stop("invalid-key", "a key is text, and here an alias stands as one", event, hint=_KEY_HINT)
            return
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED:
            message = f"the aliases of the document stand for more than {MAX_ALIASED:,} values"
            self._stop("too-many-aliases", message, event, hint="write fewer aliases of aliases")
        elif len(self._stack) + anchor.height > MAX_DEPTH:
            self._too_deep(event)
        else:
            self._height = max(self._height, anchor.height)
            self.aliases[self._next_pointer()] = anchor.pointer
            self._put(anchor.value, event, False)

    def _refuse_alias(self, event: Alias, *, known: bool) -> None:
        if known:
            self._stop("alias-cycle", f"the alias *{event.anchor} stands inside the value it stands for", event)
            return
        names = ", ".join(f"&{name}" for name in list(self._anchors)[:10])
        there = f"the anchors before it are {names}" if names else "the document has no anchor before it"
        hint = "text that starts with * must be in quotes"
        self._stop("unknown-alias", f"no anchor is named {event.anchor}; {there}", event, hint=hint)

    def _too_deep(self, event: Stretch) -> None:
        message = f"lists and mappings are nested deeper than {MAX_DEPTH} levels here"
        self._stop("too-deep", message, event, hint="move the inner part to a workflow of its own and `call` it")

    def _next_pointer(self) -> Pointer:
        if type(self._container) is list:
            return (*self._pointer, len(self._container))
        return self._pointer if self._child is None else self._child

    # Diagnostics

    def _report(
        self,
        code: str,
        message: str,
        stretch: Stretch | None,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
        path: Pointer | None = None,
    ) -> None:
        span = span_between(stretch.start_mark, stretch.end_mark) if stretch else None
        path = self._next_pointer() if path is None else path
        self.diagnostics.append(Diagnostic(code, "error", message, _kept(path), span, hint, related, self._file))
        if len(self.diagnostics) >= MAX_DIAGNOSTICS:
            self._stopped = True

    def _stop(self, code: str, message: str, stretch: Stretch | None, *, hint: str | None = None) -> None:
        self._report(code, message, stretch, hint=hint)
        self._stopped = True


_MISSING = _Anchor(None, (), 0, 0)
_COLLECTION_TAGS = (f"{CORE}map", f"{CORE}seq", "!")
_KEY_HINT = "an expression is written ${ … }; text that starts with {, [ or * must be in quotes"
_KEY_KINDS = {int: "a number", float: "a number", bool: "true or false", type(None): "null"}


def _kept(path: Pointer) -> Pointer:
    """The part of a path that leads to something the document keeps."""
    for length, part in enumerate(path):
        if isinstance(part, _Dropped):
            return path[:length]
    return path
