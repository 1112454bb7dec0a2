"""Which files the PATHs of `validate` mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kagzi_dsl.errors import ConfigError

_SUFFIXES = (".yaml", ".yml", ".json")
_SKIPPED = {"node_modules", "__pycache__"}
_IN_BLOCK_STYLE = re.compile(rb"""^(?:\xef\xbb\xbf)?(["']?)workflow\1[ \t]*:(?:\s|$)""", re.MULTILINE)
_IN_BRACES = re.compile(rb"""[{,]\s*(["']?)workflow\1\s*:""")
_LOOKED_AT = 1_000_000


def files_of(paths: Sequence[str]) -> list[str]:
    """The files that `paths` (files, folders, globs) name, each once, as they are written there.

    A file that is named is always taken; in a folder, at any depth, those that look like a workflow. Raises ConfigError
    for a path that leads to nothing.
    """
    found: dict[Path, str] = {}
    for path in paths:
        for file in _files(path):
            found.setdefault(Path(file).resolve(), file)
    return list(found.values())


def _files(path: str) -> Iterator[str]:
    if os.path.isdir(path):
        yield from _workflows_in(path)
    elif os.path.exists(path):
        yield path
    else:
        yield from _matches(path)


def _matches(pattern: str) -> Iterator[str]:
    from glob import glob  # most paths are plain

    found = sorted(glob(pattern, recursive=True))
    if not found:
        is_glob = any(char in pattern for char in "*?[")
        raise ConfigError(f"no file matches {pattern}" if is_glob else f"there is no file or folder {pattern}")
    for path in found:
        if not os.path.isdir(path):
            yield path


def _workflows_in(folder: str) -> Iterator[str]:
    files = [file for file in _walk(folder) if file.endswith(_SUFFIXES) and looks_like_a_workflow(file)]
    if not files:
        raise ConfigError(f"no workflow in {folder}: no .yaml, .yml or .json file there has a top-level key `workflow`")
    yield from files


def _walk(folder: str) -> Iterator[str]:
    """Every file below `folder` in order; hidden folders and those of package managers are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(files):
            yield os.path.normpath(os.path.join(here, name))


def looks_like_a_workflow(file: str) -> bool:
    """Whether a file has the top-level key `workflow`, as far as a glance can tell; even one that is broken."""
    try:
        with open(file, "rb") as stream:
            head = stream.read(_LOOKED_AT)
    except OSError:
        return False
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _has_key(head)
    return _IN_BLOCK_STYLE.search(head.replace(b"\r", b"\n")) is not None


def _has_key(text: bytes) -> bool:
    import json  # few workflows are JSON

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _IN_BRACES.search(text) is not None
    return isinstance(value, dict) and "workflow" in value
