"""The examples: where they are, what their headers promise, what is expected of them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from command_line import ROOT

FOLDER = ROOT / "examples"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Header:
    """What the comment at the top of an example says: commands to type, and the output, or the error it fails with."""

    run: list[str]
    signal: list[str] | None
    output: Any
    fails_with: str | None


def example_names() -> list[str]:
    """Every workflow below `examples/`, by its path in there."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml"))


def expected() -> dict[str, list[dict[str, Any]]]:
    """The cases of expected.yaml, by example."""
    cases: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "expected.yaml").read_text())
    return cases


def header_of(name: str) -> Header:
    """The header of an example. Its first outcome belongs to the command that is shown."""
    lines = (FOLDER / name).read_text().split("\nworkflow:")[0].splitlines()
    assert all(line.startswith("#") for line in lines), f"{name} does not begin with a comment"
    text = " ".join(line.removeprefix("#").strip() for line in lines)
    commands = [line.removeprefix("#").strip() for line in lines if "kagzi-dsl " in line and line.startswith("#   ")]
    outcome = re.search(r"Completes .*?(?=\{)(?P<output>\{.*)|Fails with (?P<error>\w+)", text)
    assert outcome is not None, f"the header of {name} tells no outcome"
    output = json.JSONDecoder().raw_decode(outcome["output"])[0] if outcome["output"] else None
    return Header(
        run=_words(next(line for line in commands if "kagzi-dsl run" in line)),
        signal=next((_words(line) for line in commands if "kagzi-dsl signal" in line), None),
        output=output,
        fails_with=outcome["error"],
    )


def _words(command: str) -> list[str]:
    """The words behind `kagzi-dsl`; variables before it are left out."""
    words = shlex.split(command)
    return words[words.index("kagzi-dsl") + 1 :]


def masked(value: Any) -> Any:
    """`value` with `<run>` in place of the ids of runs."""
    match value:
        case dict():
            return {key: masked(inner) for key, inner in value.items()}
        case list():
            return [masked(inner) for inner in value]
        case str() if _is_uuid(value):
            return "<run>"
        case _:
            return value


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
