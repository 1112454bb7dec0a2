"""Scopes at run time: where expressions look names up. Making one copies nothing.

Outputs live in one dict a loop round, and one for everything outside loops: ids are unique in a document, so no dict
needs more structure than that. What a node may see is settled by the checker; here a name that has no value is null.
"""

from __future__ import annotations

from kagzi_dsl.payload import Json

MASK = "***"


class Env:
    """A scope inside a scope: its own names (`item`, `error`, …), and the dict its steps' outputs go to."""

    __slots__ = ("_base", "_names", "_outer", "values")

    def __init__(
        self, outer: Env | None, base: dict[str, Json], names: dict[str, Json], values: dict[str, Json]
    ) -> None:
        self._outer = outer
        self._base = base
        self._names = names
        self.values = values

    @classmethod
    def root(cls, base: dict[str, Json]) -> Env:
        """The scope of a run: `base` holds `input` and `run`."""
        return cls(None, base, {}, {})

    def binding(self, **names: Json) -> Env:
        """A scope that adds names and shares this one's steps."""
        return Env(self, self._base, names, self.values)

    def round(self, names: dict[str, Json]) -> Env:
        """The scope of one round of a loop: names of its own and steps of its own."""
        return Env(self, self._base, names, {})

    def get(self, root: str) -> Json:
        if root in self._base:
            return self._base[root]
        env: Env | None = self
        while env is not None:
            if root in env._names:
                return env._names[root]
            env = env._outer
        return None

    def step(self, step_id: str) -> Json:
        env: Env | None = self
        while env is not None:
            if step_id in env.values:
                return env.values[step_id]
            env = env._outer
        return None

    def secret(self, name: str) -> str:
        """Secrets are the shell's business; here they are a mask."""
        return MASK
