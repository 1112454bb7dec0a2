"""Inputs of many runs: a line of JSON each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.cli.given import parsed_json
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.dsl.template import Template, compile_template
from kagzi_dsl.errors import ConfigError, ExpressionError, InputError
from kagzi_dsl.payload import Json

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Lines:
    """The inputs in a file, and for each the number of its line."""

    name: str
    numbers: Sequence[int]
    inputs: Sequence[Json]

    def problem(self, by_place: Mapping[int, Sequence[str]]) -> InputError:
        """What is wrong with inputs, by their place from 0, told by their lines."""
        problems = [f"{self.name}:{self.numbers[at]}: {text}" for at, texts in by_place.items() for text in texts]
        more = [f"… and {len(problems) - _MOST_TOLD:,} more"] if len(problems) > _MOST_TOLD else []
        return InputError(problems[:_MOST_TOLD] + more)

    def external_ids(self, template: str | None) -> list[str | None]:
        """An external id for each input, of a template that sees it. Raises ConfigError and InputError."""
        if template is None:
            return [None] * len(self.inputs)
        try:
            compiled = compile_template(template)
        except ExpressionError as error:
            raise ConfigError(f"--id: {error}") from error
        ids: list[str | None] = []
        wrong: dict[int, list[str]] = {}
        for place, given in enumerate(self.inputs):
            found = _id_of(compiled, given)
            if isinstance(found, ExpressionError):
                wrong[place] = [f"--id: {found}"]
            else:
                ids.append(found)
        if wrong:
            raise self.problem(wrong)
        return ids


def _id_of(template: Template, given: Json) -> str | ExpressionError:
    try:
        value = template.evaluate(MappingScope({"input": given}))
    except ExpressionError as error:
        return error
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return ExpressionError(f"an id is text or a number, and this is {value!r}")
    return str(value)


def read_lines(source: str) -> Lines:
    """The inputs in a file, or on stdin (`-`); empty lines are passed over. Raises ConfigError and InputError."""
    name = "stdin" if source == "-" else source
    numbers: list[int] = []
    inputs: list[Json] = []
    wrong: dict[int, list[str]] = {}
    for number, line in enumerate(_texts(source, name), 1):
        if not line.strip():
            continue
        numbers.append(number)
        try:
            inputs.append(parsed_json(line.strip(), "it"))
        except ConfigError as error:
            wrong[len(numbers) - 1] = [str(error)]
    lines = Lines(name, numbers, inputs)
    if wrong:
        raise lines.problem(wrong)
    if not numbers:
        raise ConfigError(f"{name} holds no input; every run is a line of JSON")
    return lines


def _texts(source: str, name: str) -> Iterator[str]:
    try:
        if source != "-":
            with Path(source).expanduser().open("rb") as stream:
                yield from _decoded(stream, name)
        elif sys.stdin is not None:
            yield from _decoded(sys.stdin.buffer, name)
    except OSError as error:
        raise ConfigError(f"--bulk: {name} cannot be read: {(error.strerror or str(error)).lower()}") from error


def _decoded(lines: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name}:{number} is not UTF-8") from error
