"""Settings resolved: the value of each, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kagzi_dsl.config.environment import variables
from kagzi_dsl.config.file import ConfigFile, find
from kagzi_dsl.config.setting import Origin, Setting
from kagzi_dsl.config.table import SETTINGS
from kagzi_dsl.errors import ConfigError
from kagzi_dsl.payload import Json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A value that is set somewhere."""

    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting that is set, by its key. `file` is the configuration file, None where there is none."""

    found: Mapping[str, Found] = field(default_factory=dict)
    file: Path | None = None

    def value(self, setting: Setting[T]) -> T:
        """The value of a setting."""
        found = self.found.get(setting.key)
        value: T = setting.default if found is None else found.value
        return value

    def origin(self, setting: Setting[Any]) -> Origin:
        """Where that value comes from."""
        found = self.found.get(setting.key)
        return Origin("default") if found is None else found.origin

    def shown(self, setting: Setting[Any]) -> Json:
        """The value as JSON, secrets masked."""
        return setting.kind.shown(self.value(setting))

    def with_flag(self, setting: Setting[Any], value: object, flag: str) -> Configuration:
        """The same with a value that was given on the command line. Raises ValueError."""
        found = Found(setting.kind.read(value, Path.cwd()), Origin("flag", flag))
        return Configuration({**self.found, setting.key: found}, self.file)


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Configuration:
    """What the environment (`os.environ`) and the file nearest above `folder` (the working directory) say.

    Raises ConfigError that names everything that is wrong there.
    """
    problems: list[str] = []
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    file = find(folder)
    found = {} if file is None else dict(_from_file(file, problems.append))
    found |= dict(_from_environment(environ, folder, problems.append))
    if problems:
        raise ConfigError("\n".join(problems))
    return Configuration(found, None if file is None else file.path)


def _from_file(file: ConfigFile, complain: Callable[[str], None]) -> Iterator[tuple[str, Found]]:
    for problem in file.unknown():
        complain(problem)
    for setting in SETTINGS:
        for value in file.values(setting.key):
            place = file.place(setting.key)
            try:
                yield setting.key, Found(setting.kind.read(value, file.path.parent), Origin("file", place))
            except ValueError as error:
                complain(f"{place}: {setting.key}: {error}")


def _from_environment(
    environ: Mapping[str, str], folder: Path, complain: Callable[[str], None]
) -> Iterator[tuple[str, Found]]:
    for setting, text in variables(environ, complain):
        try:
            yield setting.key, Found(setting.kind.read(text, folder), Origin("variable", setting.variable))
        except ValueError as error:
            complain(f"{setting.variable}: {error}")
