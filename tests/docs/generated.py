"""The parts of the documentation that are made from the code: what stands between `<!-- generated: NAME -->` and
`<!-- end -->`, and the reports behind wrong documents (see pages.py).

After a change of what they are made from run `python -m docs.generated` in the folder `tests`, which writes them anew,
and read the difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from docs.pages import pages
from docs.reports import reports_by_code, with_reports
from faults import page as faults

from kagzi_dsl import schemas
from kagzi_dsl.cli.main import COMMANDS, kagzi_dsl
from kagzi_dsl.config.table import SETTINGS
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.functions import EXAMPLE_INPUT, FUNCTIONS
from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.scope import ROOTS
from kagzi_dsl.errors import RETRYABLE_CODES, UNKNOWN_OUTCOME_CODES, Code

_SECTION = re.compile(r"(?P<head><!-- generated: (?P<name>[^>]+?) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_SCHEMA = json.loads((Path(schemas.__path__[0]) / "workflow.schema.json").read_text())


def generated(name: str) -> str:
    """The text of a section; `name` is a word and what belongs to it, as in `keys foreach`."""
    word, _, argument = name.partition(" ")
    return _MAKERS[word](argument)


def regenerated(page: Path) -> str:
    """The text of a page with every generated section and every report made anew."""
    text = with_reports(page, page.read_text())
    return _SECTION.sub(lambda found: f"{found['head']}\n{generated(found['name']).strip()}\n\n{found['end']}", text)


def write_all() -> None:
    """Writes every generated section anew."""
    for page in pages():
        page.write_text(regenerated(page))


# -- what the language has


def _keys(name: str) -> str:
    """The keys of a node kind, of the header, of every node, or of another mapping of the schema."""
    schema = _schema_of(name)
    required = {*schema.get("required", ()), *([name] if name in KINDS else [])}
    rows = [_key_row(key, given, key in required) for key, given in schema["properties"].items()]
    return _table(["Key", "Takes", "Meaning"], rows)


def _schema_of(name: str) -> Mapping[str, Any]:
    if name == "document":
        return _SCHEMA
    definition = "node_mapping" if name == "node" else name
    return _SCHEMA["properties"].get(name) or _SCHEMA["$defs"][definition]


def _key_row(key: str, schema: Mapping[str, Any], required: bool) -> list[str]:
    takes = _takes(schema)
    meaning = schema.get("description", "").replace("<", "\\<")
    return [f"`{key}`", takes + (", required" if required else ""), meaning]


_SHORT = {"duration": "a duration or an expression", "fixed_duration": "a duration"}
_TYPES = {"boolean": "true or false", "string": "a text", "object": "a mapping", "integer": "a whole number"}


def _takes(schema: Mapping[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    target = _SCHEMA["$defs"][name] if name else schema
    if name in _SHORT:
        return _SHORT[name]
    if "enum" in target:
        return " or ".join(f"`{word}`" for word in target["enum"])
    if "title" in target:
        return str(target["title"])
    if "if" in target and "else" in target:
        return f"{_takes(target['else'])}, or {{until}}"
    return _TYPES.get(target.get("type", ""), "any value")


def _functions(_: str) -> str:
    rows = [
        [f"`{signature}`", signature.summary, f"`` {signature.example} `` gives `{_json(signature.gives)}`"]
        for signature in FUNCTIONS.values()
    ]
    return _table(["Function", "Gives", "Example"], rows)


def _example_input(_: str) -> str:
    return f"```json\n{json.dumps(EXAMPLE_INPUT)}\n```"


def _roots(_: str) -> str:
    return _table(["Root", "Holds"], [[f"`{root}`", meaning] for root, meaning in ROOTS.items()])


def _codes(_: str) -> str:
    rows = [
        [f"`{code}`", "yes" if code in RETRYABLE_CODES else "no", "yes" if code in UNKNOWN_OUTCOME_CODES else "no"]
        for code in Code
    ]
    return _table(["Code", "Tried again", "May have happened all the same"], rows)


# -- diagnostics


def _diagnostics(severity: str) -> str:
    return "\n\n".join(_diagnostic(code) for code in _all_codes() if code.severity == severity)


def _all_codes() -> list[DiagnosticCode]:
    from kagzi_dsl.dsl.rules import CODES

    return sorted(CODES, key=lambda code: code.word)


def _diagnostic(code: DiagnosticCode) -> str:
    told = reports_by_code().get(code.word, code.example)
    return f"### {code.word}\n\n{code.meaning}\n\n```text\n{told.rstrip()}\n```"


# -- settings


def _settings(_: str) -> str:
    rows = [
        [f"`{one.key}`", f"`{one.variable}`", f"`{one.flag}`" if one.flag else "", one.default_text, one.meaning]
        for one in SETTINGS
    ]
    return _table(["In the file", "Variable", "Flag", "Default", "Meaning"], rows)


# -- the command line


def _help(command: str) -> str:
    ran = CliRunner().invoke(kagzi_dsl, [*command.split(), "--help"], prog_name="kagzi-dsl", terminal_width=100)
    assert ran.exit_code == 0, ran.output
    return f"```text\n{ran.output.rstrip()}\n```"


def every_command() -> list[str]:
    """Every command and subcommand, as words behind `kagzi-dsl`."""
    context = click.Context(kagzi_dsl)
    found = []
    for name in COMMANDS:
        command = kagzi_dsl.get_command(context, name)
        found.append(name)
        if isinstance(command, click.Group):
            found += [f"{name} {inner}" for inner in command.list_commands(context)]
    return found


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_MAKERS: Mapping[str, Callable[[str], str]] = {
    "keys": _keys,
    "functions": _functions,
    "example-input": _example_input,
    "roots": _roots,
    "codes": _codes,
    "diagnostics": _diagnostics,
    "settings": _settings,
    "help": _help,
    "faults": faults.section,
    "faults-in-all": lambda _: faults.summary(),
    "faults-measured-on": lambda _: faults.measured(),
}

if __name__ == "__main__":
    write_all()
