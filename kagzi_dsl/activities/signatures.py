"""Definitions as the checker sees them: names, JSON Schemas and policies, no code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kagzi_dsl.activities.definition import Definition
from kagzi_dsl.activities.parameters import Keyword
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.signature import Parameter, Signature


class Signatures(Mapping[str, Signature]):
    """The signatures of `definitions`, each worked out when it is first asked for.

    Asking raises RegistrationError for a parameter whose type cannot be read from JSON.
    """

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self._definitions = definitions
        self._known: dict[str, Signature] = {}

    def __getitem__(self, name: str) -> Signature:
        if name not in self._known:
            self._known[name] = signature(self._definitions[name])
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)


def signature(definition: Definition) -> Signature:
    """The signature of one activity. Raises RegistrationError as `Signatures` does."""
    return Signature(
        name=definition.name,
        place=str(definition.place),
        parameters={name: _parameter(keyword) for name, keyword in definition.keywords.items()},
        open_ended=definition.others is not None,
        output_schema=_output_schema(definition),
        description=definition.description,
        retry=definition.retry,
        timeout=definition.timeout,
        transactional=definition.transactional,
        at_most_once=definition.at_most_once,
    )


def _parameter(keyword: Keyword) -> Parameter:
    return Parameter(keyword.name, keyword.required, keyword.schema("validation"))


def _output_schema(definition: Definition) -> dict[str, Any]:
    try:
        return definition.returns.schema("serialization")
    except RegistrationError:
        # What a function returns is written by its value, not by its hint: one that pydantic does not know hides
        # nothing.
        return {}
