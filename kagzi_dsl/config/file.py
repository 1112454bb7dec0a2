"""The configuration file: `kagzi.toml`, or `[tool.kagzi-dsl]` in a `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kagzi_dsl.config.table import BY_KEY
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.errors import ConfigError

NAME = "kagzi.toml"
_PROJECT, _TABLE = "pyproject.toml", ("tool", "kagzi-dsl")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that was read: its settings, its text, and the table they stand in (none: the whole file)."""

    path: Path
    text: str
    content: Mapping[str, Any]
    table: tuple[str, ...] = ()

    def values(self, key: str) -> Iterator[object]:
        """The value of a key, or nothing."""
        here: Any = self.content
        for word in key.split("."):
            if not isinstance(here, dict) or word not in here:
                return
            here = here[word]
        yield here

    def unknown(self) -> Iterator[str]:
        """A sentence for each key that is no setting."""
        groups = {key.rpartition(".")[0] for key in BY_KEY} - {""}
        for key in _keys(self.content, groups):
            if key not in BY_KEY:
                meant = did_you_mean(key, [*BY_KEY, *groups], most=40)
                yield f"{self.place(key)}: there is no setting `{key}`; {meant}"

    def place(self, key: str) -> str:
        """`kagzi.toml:3`, or without a line where it cannot be told."""
        line = _line(self.text, (*self.table, *key.split(".")))
        return f"{self.path}:{line}" if line else str(self.path)


def find(folder: Path) -> ConfigFile | None:
    """The nearest file, from `folder` upwards. Raises ConfigError for one that cannot be read."""
    for here in (folder, *folder.parents):
        if (found := _read(here / NAME, ()) or _read(here / _PROJECT, _TABLE)) is not None:
            return found
    return None


def _read(path: Path, table: tuple[str, ...]) -> ConfigFile | None:
    """The settings in a file; None where there is no such file, or no such table in it."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        if table:
            return None  # whatever is wrong with it, it is not ours
        raise ConfigError(f"{path}: it cannot be read: {error}") from error
    if table and table[-1] not in text:
        return None
    import tomllib  # only for those who have such a file

    try:
        content: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: it is not TOML: {error}") from error
    for word in table:
        content = content.get(word) if isinstance(content, dict) else None
    return None if content is None else ConfigFile(path, text, _a_table(path, content), table)


def _a_table(path: Path, content: object) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: {'.'.join(_TABLE)} is not a table")
    return content


def _keys(content: Mapping[str, Any], groups: set[str], before: str = "") -> Iterator[str]:
    """The keys of a table, a dot leading into those tables that are groups of settings."""
    for word, value in content.items():
        key = f"{before}{word}"
        if key in groups and isinstance(value, dict):
            yield from _keys(value, groups, f"{key}.")
        else:
            yield key


def _line(text: str, key: tuple[str, ...]) -> int | None:
    """The line on which a key, or a table of that name, stands; else that of the inline table it is in."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            table = _words(line.strip("[").partition("]")[0])
            if table[: len(key)] == key:
                return number
        elif "=" in line and not line.startswith("#"):
            full = (*table, *_words(line.partition("=")[0]))
            if full == key[: len(full)]:
                return number
    return None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().strip("\"'") for word in text.split("."))
