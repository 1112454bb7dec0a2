"""`kagzi-dsl validate`: every problem of every file, in one go."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED, FAILED
from kagzi_dsl.cli.output import clean, colourful, say, stdout_kept, write_json, write_text
from kagzi_dsl.dsl.diagnostic import Diagnostic, has_errors


@click.command(short_help="Check workflow files, without running them.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "github", "sarif"]), default="text", help="How to report."
)
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--no-import", is_flag=True, help="Import no activities; their names and arguments stay unchecked.")
@debug_option
def validate(paths: tuple[str, ...], format_: str, strict: bool, no_import: bool) -> int:
    """Check workflow files, without running them.

    PATH is a file, a folder (searched for .yaml, .yml and .json files with a top-level `workflow:` key) or a glob.
    Every problem of every file is reported to stdout, sorted by file, line and column.

    \b
    Examples:
      kagzi-dsl validate order.yaml
      kagzi-dsl validate workflows/ --strict
      kagzi-dsl validate 'flows/**/*.yaml' --format github
      kagzi-dsl validate . --format sarif > kagzi.sarif

    Exit status: 0 valid, 1 invalid, 2 no such file.
    """
    from kagzi_dsl.cli.paths import files_of

    files = files_of(paths)
    with stdout_kept():
        diagnostics = _check(files, load=not no_import)
    valid = not (has_errors(diagnostics) or (strict and diagnostics))
    _report(format_, files, diagnostics, valid=valid)
    return COMPLETED if valid else FAILED


def _check(files: Sequence[str], *, load: bool) -> tuple[Diagnostic, ...]:
    from kagzi_dsl.cli.checking import check_file, in_order

    return in_order(problem for file in files for problem in check_file(file, load=load).diagnostics)


def _report(format_: str, files: Sequence[str], diagnostics: Sequence[Diagnostic], *, valid: bool) -> None:
    if format_ != "text":
        _write_as(format_, files, diagnostics, valid=valid)
    summary = "no problems"
    if diagnostics:
        from kagzi_dsl.cli import report  # only for those who make mistakes

        if format_ == "text":
            write_text(report.text_of(diagnostics, colour=colourful(sys.stdout)))
        summary = report.summary_of(diagnostics)
    say(f"{len(files)} file{'s' * (len(files) != 1)}: {summary}", fg="green" if valid else "red")


def _write_as(format_: str, files: Sequence[str], diagnostics: Sequence[Diagnostic], *, valid: bool) -> None:
    from kagzi_dsl import __version__
    from kagzi_dsl.cli import formats  # most people read text

    match format_:
        case "json":
            write_json(formats.as_json(files, diagnostics, valid=valid))
        case "sarif":
            write_json(formats.as_sarif(diagnostics, version=__version__))
        case _:
            for line in formats.as_github(diagnostics):
                write_text(clean(line))
