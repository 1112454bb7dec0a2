"""What a setting is: its name in each place it can be given, how its values are read, and what holds without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from kagzi_dsl.payload import Json

T_co = TypeVar("T_co", covariant=True)

Source = Literal["flag", "variable", "file", "default"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: the `place` is a flag, a variable, or a file with its line; empty for a default."""

    source: Source
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T_co]):
    """A kind of value. `read` takes text, or what TOML holds, and a folder to see relative paths from.

    It raises ValueError with a sentence that says what is wrong and what would be right. `shown` is the value as a
    person would write it, secrets masked; `word` stands for one in help texts.
    """

    word: str
    read: Callable[[object, Path], T_co]
    shown: Callable[[object], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T_co]):
    """A setting. `key` is its place in the file, a dot leading into a table; `flag` is empty where there is none.

    `otherwise` says in words what holds without a value where the default does not speak for itself.
    """

    key: str
    kind: Kind[T_co]
    default: T_co
    meaning: str
    flag: str = ""
    otherwise: str = ""

    @property
    def variable(self) -> str:
        """The environment variable: `KAGZI_`, and the key in capitals."""
        return "KAGZI_" + self.key.upper().replace(".", "_")

    @property
    def default_text(self) -> str:
        """What holds without a value, for people."""
        return self.otherwise or self.text(self.default)

    def text(self, value: object) -> str:
        """A value as it would be typed, secrets masked."""
        match self.kind.shown(value):
            case None:
                return "none"
            case bool() as truth:
                return "true" if truth else "false"
            case list() as items:
                return ",".join(str(item) for item in items)
            case shown:
                return str(shown)
