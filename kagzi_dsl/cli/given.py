"""What a person gives a run on the command line: JSON from a word, a file or stdin, and `-i` assignments."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from kagzi_dsl.dsl.data_schema import follow
from kagzi_dsl.dsl.input import prepare_input, typed_assignments
from kagzi_dsl.errors import ConfigError, InputError
from kagzi_dsl.payload import LIMIT_BYTES, Json

_EXAMPLES = {
    "string": "=TEXT",
    "integer": "=42",
    "number": "=42.5",
    "boolean": "=true",
    "array": ":='[…]'",
    "object": ":='{…}'",
    "null": ":=null",
}


def read_json(text: str, option: str) -> Json:
    """The value `text` stands for: JSON itself, `@file`, or `-` for stdin. Raises ConfigError naming the option."""
    if text == "-":
        return parsed_json(_from_stdin(), f"{option}: stdin")
    if text.startswith("@"):
        return parsed_json(_from_file(text[1:], option), text[1:])
    return parsed_json(text, option)


def _from_stdin() -> str:
    if sys.stdin is None:
        raise ConfigError("stdin is closed, and the input was to be read from it")
    return _decoded(sys.stdin.buffer.read(_MOST), "stdin")


def _from_file(path: str, option: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as stream:
            return _decoded(stream.read(_MOST), path)
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be read: {(error.strerror or str(error)).lower()}") from error


_MOST = 20 * LIMIT_BYTES
"""Far more than any payload may have; the check of its size says the rest."""


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8") from error


def parsed_json(text: str, where: str) -> Json:
    """The value of JSON text. Raises ConfigError naming `where` it stands."""
    import json  # orjson would round integers beyond 64 bits, which the check of the input is to refuse

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno} column {error.colno}"
        hint = "" if text.strip() else "; it is empty"
        raise ConfigError(f"{where} is not JSON: {error.msg} at {at}{hint}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is not JSON: {error}") from error


def input_of(schema: Mapping[str, Any] | None, whole: str | None, assignments: Sequence[str]) -> Json:
    """The input that `--input` and `-i` make together; an assignment goes before what is in `--input`.

    Raises ConfigError for what is not JSON, InputError for assignments that make no sense.
    """
    base: Json = read_json(whole, "--input") if whole is not None else {}
    if not assignments:
        return base
    if not isinstance(base, dict):
        raise InputError(["-i sets fields of an object, and --input is none"])
    return _merged(base, typed_assignments(schema, assignments))


def fitting_input(schema: Mapping[str, Any] | None, whole: str | None, assignments: Sequence[str]) -> Json:
    """The same with its defaults filled in. Raises InputError also for what does not fit `schema`, with a hint."""
    given: Json = None
    try:
        given = input_of(schema, whole, assignments)
        return prepare_input(schema, given)
    except InputError as error:
        raise InputError(error.problems, hint=hint_for(schema, given)) from error


def _merged(base: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def hint_for(schema: Mapping[str, Any] | None, given: Json) -> str | None:
    """The `-i` that would give what is required and not there, or is to be a list or an object and is none.

    None when there is nothing of the kind.
    """
    if schema is None or not isinstance(given, dict):
        return None
    missing = [name for name in schema.get("required", ()) if name not in given]
    properties = {name: follow(one, schema) for name, one in schema.get("properties", {}).items()}
    plain = [name for name, value in given.items() if _is_too_plain(value, properties.get(name, True))]
    words = [_assignment(name, properties.get(name, True)) for name in missing + plain]
    return f"give {'it' if len(words) == 1 else 'them'} with {' '.join(words)}" if words else None


def _is_too_plain(value: Json, schema: Json) -> bool:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return kind in ("array", "object") and not isinstance(value, list if kind == "array" else dict)


def _assignment(name: str, schema: Json) -> str:
    known = schema if isinstance(schema, Mapping) else {}
    values = [*known.get("examples", ()), *known.get("enum", ())]
    if values and isinstance(values[0], str) and values[0].replace("-", "").isalnum():
        return f"-i {name}={values[0]}"
    kind = known.get("type")
    return f"-i {name}{_EXAMPLES.get(kind[0] if isinstance(kind, list) and kind else str(kind), '=…')}"
