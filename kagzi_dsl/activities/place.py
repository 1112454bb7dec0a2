"""Where user code stands, and which code is the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = str(Path(__file__).parent.parent)
"""The folder of this package; its frames are of no interest to a user."""


class Place(NamedTuple):
    """A line of a file. As text it is short, `activities.py:17`, and the same on every machine."""

    file: str
    line: int

    def __str__(self) -> str:
        path = Path(self.file)
        name = f"{path.parent.name}/{path.name}" if path.name == "__init__.py" else path.name
        return f"{name}:{self.line}"

    def within(self, base: Path) -> str:
        """The place with its folders: from `base` on where it lies beneath, whole otherwise."""
        path = Path(self.file)
        return f"{path.relative_to(base) if path.is_relative_to(base) else path}:{self.line}"

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Place:
        """Where `function` is written, seen through wrappers made with functools.wraps."""
        code = inspect.unwrap(function).__code__
        return cls(code.co_filename, code.co_firstlineno)


def is_users(file: str, home: str) -> bool:
    """Whether `file` is the user's own: beneath `home`, or no library, neither Python's nor installed nor this one."""
    if file.startswith("<") or _beneath(file, PACKAGE):
        return False
    if _beneath(file, home):
        return not _is_installed(file[len(home) :])
    return not _is_installed(file) and not any(_beneath(file, folder) for folder in _standard_library())


def _is_installed(path: str) -> bool:
    return "/site-packages/" in path or "/dist-packages/" in path


def _beneath(file: str, folder: str) -> bool:
    return file.startswith(folder + "/")


@cache
def _standard_library() -> tuple[str, ...]:
    import sysconfig  # only for code that fails

    paths = sysconfig.get_paths()
    return (paths["stdlib"], paths["platstdlib"])
