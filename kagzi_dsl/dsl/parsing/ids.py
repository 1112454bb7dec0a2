"""Node ids: those the author wrote, and the ones worked out for all other nodes.

Written ids are taken first, wherever they stand. Then every other node, in document order, gets the name of its branch,
its activity or its kind, with `_2`, `_3` behind it when that is taken.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kagzi_dsl.dsl.parsing.drafts import Draft

ID = re.compile(r"[a-z][a-z0-9_]*")


class Clash(NamedTuple):
    """Two nodes with one written id; `draft` is the later one."""

    draft: Draft
    first: Draft


def name_nodes(root: Draft) -> list[Clash]:
    """Gives every draft its id, and says which written ones were taken already."""
    drafts = list(root.walk())
    clashes: list[Clash] = []
    taken: dict[str, Draft] = {}
    for draft in drafts:
        written = _written_id(draft)
        if written is None:
            continue
        first = taken.setdefault(written, draft)
        if first is draft:
            draft.id = written
        else:
            clashes.append(Clash(draft, first))
    _name_the_rest(drafts, set(taken))
    return clashes


def _name_the_rest(drafts: list[Draft], taken: set[str]) -> None:
    last: dict[str, int] = {}
    for draft in drafts:
        if draft.id:
            continue
        basis = _basis(draft)
        name, number = basis, last.get(basis, 1)
        while name in taken:
            number += 1
            name = f"{basis}_{number}"
        last[basis] = number
        taken.add(name)
        draft.id = name


def _basis(draft: Draft) -> str:
    written = _written_id(draft)
    if written is not None:
        return written
    if draft.branch is not None and (name := _sanitised(draft.branch)):
        return name
    if draft.kind == "activity" and isinstance(draft.value, str):
        return _sanitised(draft.value) or "activity"
    return draft.kind or "node"


def _written_id(draft: Draft) -> str | None:
    written = draft.options.get("id")
    return written if isinstance(written, str) and ID.fullmatch(written) else None


def _sanitised(name: str) -> str:
    """`name` as an id, everything but small letters and digits an underscore; empty if no letter is left."""
    return re.sub(r"[^a-z0-9]", "_", name.lower()).lstrip("0123456789_")
