"""What docs/reliability.md says in figures, made from those that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from faults.figures import Figure, kept


def section(line: str) -> str:
    """The laws of one line of the table of faults, each with its figures."""
    found = [figure for figure in kept() if figure.line == line]
    assert found, f"nothing is kept of {line}"
    by_law = groupby(sorted(found, key=lambda figure: (figure.law, figure.name)), key=lambda figure: figure.law)
    return "\n\n".join(_law(law, [*figures]) for law, figures in by_law)


def measured() -> str:
    """What the figures were measured on and with, each thing once."""
    facts: dict[str, set[str]] = {}
    for figure in kept():
        for name, value in figure.machine.items():
            facts.setdefault(name, set()).add(value)
    return "\n".join(f"- {name}: {', '.join(sorted(values))}" for name, values in facts.items())


def summary() -> str:
    """One row for each law: in how many cases it held."""
    figures = sorted(kept(), key=lambda figure: (figure.line, figure.law))
    rows = []
    for (line, law), group in groupby(figures, key=lambda figure: (figure.line, figure.law)):
        same = [*group]
        rows.append([f"[{line.replace('-', ' ')}](#{line})", law, _held(same)])
    return _table(["Fault", "What must hold", "Held"], rows)


def _law(law: str, figures: list[Figure]) -> str:
    commands = "\n".join(dict.fromkeys(figure.command for figure in figures))
    rows = [[figure.name.replace("_", " "), _held([figure]), ", ".join(_facts(figure))] for figure in figures]
    return f"{law}\n\n{_table(['Case', 'Held', 'Besides'], rows)}\n\n```sh\n{commands}\n```"


def _held(figures: Iterable[Figure]) -> str:
    same = [*figures]
    return f"{sum(f.held for f in same):,} of {sum(f.of for f in same):,} {same[0].case}"


def _facts(figure: Figure) -> Iterator[str]:
    for name, value in figure.facts.items():
        yield f"{name.replace('_', ' ')} {value:,}" if isinstance(value, int) else f"{name.replace('_', ' ')} {value}"


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])
