"""From an exception to a failure: the code, one line that names the user's own, and a bounded traceback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kagzi_dsl.activities.place import PACKAGE, Place, is_users

if TYPE_CHECKING:
    import traceback
    from collections.abc import Iterable

_FRAMES = 30


def last_line(error: BaseException, *, home: str) -> Place | None:
    """The last line of the user's own code that `error` came through; code beneath `home` counts as theirs."""
    if isinstance(error, SyntaxError) and error.filename and is_users(error.filename, home):
        return Place(error.filename, error.lineno or 0)
    import traceback  # only for code that fails

    last = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_users(frame.f_code.co_filename, home):
            last = Place(frame.f_code.co_filename, line)
    return last


def unwrapped(error: BaseException) -> BaseException:
    """The one exception inside a group of one, such as a TaskGroup makes; any other as it is."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def told(error: BaseException) -> str:
    """`ZeroDivisionError: division by zero`, whatever the exception's own `__str__` does."""
    try:
        text = str(error)
    except Exception:  # it is the user's code again
        text = "(its message cannot be shown)"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def formatted(error: BaseException) -> str:
    """The traceback, its causes included, without the frames of this package."""
    import traceback  # as above

    shown = traceback.TracebackException.from_exception(error, limit=-_FRAMES, compact=True)
    for each in _chain(shown):
        kept = [frame for frame in each.stack if not frame.filename.startswith(PACKAGE + "/")]
        each.stack = traceback.StackSummary.from_list(kept)
    return "".join(shown.format()).rstrip("\n")


def _chain(shown: traceback.TracebackException) -> Iterable[traceback.TracebackException]:
    pending = [shown]
    while pending:
        current = pending.pop()
        yield current
        linked = [current.__cause__, current.__context__, *(getattr(current, "exceptions", None) or ())]
        pending.extend(each for each in linked if each is not None)


def home_of(file: str) -> str:
    """The folder whose code counts as the user's own when a function of `file` crashes."""
    return str(Path(file).parent)
