"""How the user wants a run to be worked on: which database and namespace, what to print."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import click

from kagzi_dsl.cli.debug import Flags
from kagzi_dsl.cli.settings import typed_flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """The options that `run` and `resume` share."""

    database: str | None
    namespace: str
    as_json: bool
    quiet: bool
    debug: bool
    flags: frozenset[str] = frozenset()
    """The flags among them that were typed, and have to be typed again."""

    def command(self, verb: str, run_id: UUID) -> str:
        """What to type to do `verb` with a run of this database and namespace; a password is not repeated."""
        words = ["kagzi-dsl", verb, str(run_id)]
        if self.database and "--db" in self.flags:
            words += ["--db", "URL" if urlsplit(self.database).password else f"'{self.database}'"]
        if "--namespace" in self.flags:
            words += ["--namespace", quote(self.namespace)]
        words += sorted(self.flags & {"--pooler"})
        return " ".join(words)


def manner_of(context: click.Context, options: dict[str, Any]) -> Manner:
    """Takes the options that say how out of the `options` of a command."""
    shared = {name: options.pop(name) for name in ("database", "namespace", "as_json", "quiet")}
    return Manner(debug=context.find_root().ensure_object(Flags).debug, flags=typed_flags(), **shared)
