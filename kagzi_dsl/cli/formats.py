"""Diagnostics for programs: JSON, GitHub's workflow commands, SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related, Span
from kagzi_dsl.payload import Json

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://pypi.org/project/kagzi-dsl/"


def as_json(files: Sequence[str], diagnostics: Sequence[Diagnostic], *, valid: bool) -> Json:
    """`{valid, files, diagnostics}`.

    Each diagnostic is `{file, line, column, end_line, end_column, severity, code, message, hint, path, related}`, its
    `path` a JSON Pointer (RFC 6901) into the document.
    """
    return {
        "valid": valid,
        "files": list(files),
        "diagnostics": [
            {
                "file": one.file,
                **_place(one.span),
                "severity": one.severity,
                "code": one.code,
                "message": one.message,
                "hint": one.hint,
                "path": _json_pointer(one.path),
                "related": [_related(related, one) for related in one.related],
            }
            for one in diagnostics
        ],
    }


def _related(related: Related, diagnostic: Diagnostic) -> Json:
    return {"file": related.file or diagnostic.file, **_place(related.span), "message": related.message}


def _place(span: Span | None) -> dict[str, Json]:
    return {
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
    }


def _json_pointer(path: Pointer) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def as_github(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """A workflow command for each diagnostic, which GitHub shows beside the line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return [_annotation(one) for one in diagnostics]


def _annotation(one: Diagnostic) -> str:
    properties = {"file": one.file, **_github_place(one.span), "title": one.code}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value != "")
    message = one.message if one.hint is None else f"{one.message}\nhint: {one.hint}"
    return f"::{one.severity} {listed}::{_escaped(message)}"


def _github_place(span: Span | None) -> dict[str, int]:
    """Columns are allowed within one line only; the last one is included."""
    if span is None:
        return {}
    if span.end_line != span.line:
        return {"line": span.line, "endLine": span.end_line}
    return {"line": span.line, "col": span.column, "endColumn": max(span.column, span.end_column - 1)}


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(diagnostics: Sequence[Diagnostic], *, version: str) -> Json:
    """A SARIF 2.1.0 log of one run of the checker (OASIS sarif-v2.1.0)."""
    rules = sorted({one.code for one in diagnostics})
    driver = {
        "name": "kagzi-dsl",
        "version": version,
        "informationUri": _HOME,
        "rules": [{"id": code, "name": _pascal(code)} for code in rules],
    }
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, rules.index(one.code)) for one in diagnostics],
            }
        ],
    }


def _pascal(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("-"))


def _result(one: Diagnostic, rule: int) -> Json:
    text = one.message if one.hint is None else f"{one.message}\nhint: {one.hint}"
    result: dict[str, Json] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": one.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(one.file, one.span)}],
    }
    if one.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": related.message},
                "physicalLocation": _physical(related.file or one.file, related.span),
            }
            for number, related in enumerate(one.related)
        ]
    return result


def _physical(file: str, span: Span | None) -> Json:
    location: dict[str, Json] = {"artifactLocation": {"uri": _uri(file)}}
    if span is not None:
        location["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return location


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
