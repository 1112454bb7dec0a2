"""From the text of a document to its workflow.

First the shape is checked (which keys, which types), then the nodes are found and named (`parsing.drafts`,
`parsing.ids`), then built (`parsing.nodes`, `parsing.header`). Nothing stops at the first mistake: every step makes do
with what the one before it left, so that one pass shows all there is to correct.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from kagzi_dsl import payload
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parsing.drafts import Draft, draft_of
from kagzi_dsl.dsl.parsing.fields import Fields
from kagzi_dsl.dsl.parsing.header import HEADER, activities_of, read_header, schedule_of
from kagzi_dsl.dsl.parsing.ids import Clash, name_nodes
from kagzi_dsl.dsl.parsing.nodes import NodeBuilder
from kagzi_dsl.dsl.parsing.problems import Problems
from kagzi_dsl.dsl.shape import check_shape
from kagzi_dsl.dsl.source import Loaded, Source, load_source, read_source
from kagzi_dsl.errors import DocumentError, PayloadError
from kagzi_dsl.payload import Json


class Parsed(NamedTuple):
    """What parsing came to. `document` is None when not even a root node can be made out.

    With an error among the diagnostics the document is only good for checking it further.
    """

    document: Document | None
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """The document of a source, and everything that is wrong with it, in the order of the text."""
    shape = check_shape(source)
    problems = Problems(source, shape)
    root = _root_of(source.value)
    document = None if root is None else _document(root, source, problems)
    return Parsed(document, in_text_order([*_less_exact_left_out(shape, problems.found), *problems.found]))


def parse_text(text: str | bytes, file: str = "") -> Parsed:
    """As `parse`, from YAML or JSON text; `file` is what diagnostics call it."""
    return _parse_loaded(load_source(text, file=file))


def parse_file(path: str | Path) -> Parsed:
    """As `parse`, from a file."""
    return _parse_loaded(read_source(path))


def load_canonical(text: str) -> Workflow:
    """The workflow of a stored canonical form, without positions and the check of its shape.

    Raises DocumentError for a text that `digest.canonical_text` cannot have written.
    """
    problems = Problems(None)
    value = _stored(text)
    root = _root_of(value)
    if root is None:
        raise _not_canonical("it has no root node")
    name_nodes(root)
    workflow = read_header(Fields(value, (), problems), NodeBuilder(problems).build(root))
    if problems.found:
        raise DocumentError(problems.found)
    return workflow


def _stored(text: str) -> Json:
    try:
        return payload.loads(text)
    except PayloadError as error:
        raise _not_canonical(str(error)) from error


def _not_canonical(reason: str) -> DocumentError:
    return DocumentError([Diagnostic("not-canonical", "error", f"a stored workflow cannot be read: {reason}")])


def in_text_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics of one file by where they point; those without a place first."""
    return tuple(sorted(diagnostics, key=lambda one: (one.span.line, one.span.column) if one.span else (0, 0)))


def _parse_loaded(loaded: Loaded) -> Parsed:
    if loaded.source is None:
        return Parsed(None, loaded.diagnostics)
    parsed = parse(loaded.source)
    return Parsed(parsed.document, in_text_order([*loaded.diagnostics, *parsed.diagnostics]))


def _less_exact_left_out(shape: Iterable[Diagnostic], found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """A text that should be an expression and does not parse fails its pattern too: the parser says better why."""
    broken = {one.path for one in found if one.code == "invalid-expression"}
    return [one for one in shape if one.path not in broken or one.code not in ("invalid-duration", "invalid-value")]


def _root_of(value: Json) -> Draft | None:
    """The draft of the root node, which shares its mapping with the header; None when there is none."""
    if not isinstance(value, dict):
        return None
    draft = draft_of({key: option for key, option in value.items() if key not in HEADER})
    return draft if draft.kind is not None else None


def _document(root: Draft, source: Source, problems: Problems) -> Document:
    for clash in name_nodes(root):
        _report_clash(clash, problems)
    builder = NodeBuilder(problems)
    node = builder.build(root)
    read = Fields(source.value, (), problems)
    drafts = list(root.walk())
    return Document(
        workflow=read_header(read, node),
        source=source,
        places={draft.id: draft.pointer for draft in drafts},
        kind_keys={draft.id: _kind_key(draft) for draft in drafts},
        activities=activities_of(read),
        schedule=schedule_of(read),
        description=read.text("description"),
        broken=frozenset(builder.broken),
    )


def _kind_key(draft: Draft) -> Pointer:
    return draft.pointer if draft.kind_key is None else (*draft.pointer, draft.kind_key)


def _report_clash(clash: Clash, problems: Problems) -> None:
    name = clash.draft.options["id"]
    first = (*clash.first.pointer, "id")
    span = problems.span(first)
    line = f"; line {span.line} has it already" if span else ""
    related = Related(f"`{name}` is the id of this node", span, problems.file)
    message = f"the id `{name}` is taken{line}"
    hint = "every id stands once in a document; give this node another one"
    problems.report("duplicate-id", message, (*clash.draft.pointer, "id"), hint=hint, related=(related,))
