"""The workflows that are measured."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl.link import Linked, link_text
from kagzi_dsl.payload import dumps


def linked(name: str, **root: Any) -> Linked:
    """A workflow of this name, of one root node."""
    found = link_text(dumps({"workflow": name, **root}))
    assert found.document is not None, found.diagnostics
    return found


def row(steps: int, **others: str) -> Linked:
    """A run of `steps` activities, each given what the one before it returned; `others` names activities by step."""
    named = [others.get(f"s{index}", "work") for index in range(steps)]
    nodes = [{"id": f"s{index}", "activity": name, "with": _with(index)} for index, name in enumerate(named)]
    return linked(f"row-{steps}" + "".join(f"-{name}" for name in others.values()), seq=nodes)


def _with(index: int) -> dict[str, str | int]:
    return {"n": f"${{ steps.s{index - 1}.n }}"} if index else {"n": 0}
