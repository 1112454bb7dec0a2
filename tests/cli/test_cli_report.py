"""How diagnostics look as text and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from kagzi_dsl.cli.formats import as_github, as_sarif
from kagzi_dsl.cli.report import summary_of, text_of
from kagzi_dsl.dsl.diagnostic import Diagnostic, Related, Span


def diagnostic(file: str = "", span: Span | None = None, **more: object) -> Diagnostic:
    return Diagnostic("some-code", "error", "it is wrong", ("seq", 0), span, file=file, **more)  # type: ignore[arg-type]


def lines(text: str, span: Span, tmp_path: Path) -> list[str]:
    """The line of the source and the carets under it, of a file that holds `text`."""
    file = tmp_path / "flow.yaml"
    file.write_bytes(text.encode())
    return text_of([diagnostic(str(file), span)]).splitlines()[1:]


def test_a_problem_without_a_place_is_told_in_one_line() -> None:
    assert text_of([diagnostic()]) == "error[some-code]: it is wrong"
    assert text_of([diagnostic("flow.yaml")]) == "flow.yaml: error[some-code]: it is wrong"


def test_the_caret_stands_under_wide_characters_and_behind_tabs(tmp_path: Path) -> None:
    assert lines("日本: x", Span(1, 5, 1, 6), tmp_path) == ["    1 | 日本: x", "      |       ^"]
    assert lines("\tkey: x", Span(1, 2, 1, 5), tmp_path) == ["    1 | \tkey: x", "      | \t^^^"]
    assert lines("日本: x", Span(1, 1, 1, 3), tmp_path) == ["    1 | 日本: x", "      | ^^^^"]


def test_a_place_over_several_lines_is_marked_to_the_end_of_the_first(tmp_path: Path) -> None:
    assert lines("with:\n  a: 1\n", Span(1, 1, 2, 7), tmp_path) == ["    1 | with:", "      | ^^^^^"]


def test_a_place_behind_the_end_of_the_text_still_has_a_caret(tmp_path: Path) -> None:
    assert lines("ab", Span(1, 3, 1, 3), tmp_path) == ["    1 | ab", "      |   ^"]


def test_every_kind_of_line_end_counts(tmp_path: Path) -> None:
    assert lines("a\r\nb\rcd", Span(3, 2, 3, 3), tmp_path) == ["    3 | cd", "      |  ^"]


def test_a_long_line_is_cut_around_the_place(tmp_path: Path) -> None:
    source, carets = lines("x" * 300 + "HERE" + "y" * 300, Span(1, 301, 1, 305), tmp_path)
    assert len(source) < 130
    assert source[carets.index("^") : carets.rindex("^") + 1] == "HERE"
    assert source.startswith("    1 | …")
    assert source.endswith("…")


def test_what_would_steer_a_terminal_is_made_harmless(tmp_path: Path) -> None:
    source, _ = lines("a: \x1b[2J\u202eb", Span(1, 1, 1, 2), tmp_path)
    assert "\x1b" not in source
    assert "\u202e" not in source
    told = text_of([Diagnostic("some-code", "error", "no such key '\x1b[2J'")])
    assert told == "error[some-code]: no such key '\\x1b[2J'"


def test_hints_and_related_places_stand_below(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text("id: a\nid: a\n")
    related = Related("`id` is first here", Span(1, 1, 1, 3))
    told = text_of([diagnostic(str(file), Span(2, 1, 2, 3), hint="remove one\nof them", related=(related,))])
    assert told.splitlines()[3:] == [
        "   hint: remove one",
        "      of them",
        f"   {file}:1:1: note: `id` is first here",
        "    1 | id: a",
        "      | ^^",
    ]


def test_colours_only_add_to_the_text(tmp_path: Path) -> None:
    import click

    file = tmp_path / "flow.yaml"
    file.write_text("id: a\n")
    one = diagnostic(str(file), Span(1, 1, 1, 3), hint="no")
    assert click.unstyle(text_of([one], colour=True)) == text_of([one])
    assert text_of([one], colour=True) != text_of([one])


def test_the_summary_counts_errors_and_warnings() -> None:
    warning = Diagnostic("other", "warning", "it is odd")
    assert summary_of([diagnostic(), diagnostic(), warning]) == "2 errors, 1 warning"
    assert summary_of([]) == ""


@pytest.mark.parametrize(
    ("span", "place"),
    [
        (None, "file=a%3Ab%2Cc%25.yaml,title=some-code"),
        (Span(3, 5, 3, 9), "file=a%3Ab%2Cc%25.yaml,line=3,col=5,endColumn=8,title=some-code"),
        (Span(3, 5, 4, 2), "file=a%3Ab%2Cc%25.yaml,line=3,endLine=4,title=some-code"),
    ],
)
def test_github_gets_what_it_reads_otherwise_escaped(span: Span | None, place: str) -> None:
    [command] = as_github([diagnostic("a:b,c%.yaml", span, hint="50%\nmore")])
    assert command == f"::error {place}::it is wrong%0Ahint: 50%25%0Amore"


def test_sarif_has_related_places_and_no_region_where_none_is_known() -> None:
    related = (Related("see here", Span(1, 1, 1, 2), "other.yaml"),)
    log = as_sarif([diagnostic("/a/flow.yaml", None, related=related)], version="1.2.3")
    [result] = log["runs"][0]["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "file:///a/flow.yaml"}}}]
    [other] = result["relatedLocations"]
    assert other["physicalLocation"]["artifactLocation"]["uri"] == "other.yaml"
    assert other["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
