"""The name that was likely meant by one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

_MOST = 500
"""How many names are looked at closely: comparing takes microseconds each, and a hostile document has many."""


def nearest(name: str, names: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The one of `names` that is most like `name`, None when none is; `likeness` goes from 0 to 1."""
    from difflib import get_close_matches  # only for those who mistype

    slack = 4 + len(name) // 2
    alike = (one for one in names if abs(len(one) - len(name)) <= slack)
    return next(iter(get_close_matches(name, list(islice(alike, _MOST)), 1, likeness)), None)


def did_you_mean(name: str, names: Iterable[str], *, most: int = 12) -> str | None:
    """The name that was likely meant, else all there are; None when there is none at all."""
    known = list(names)
    close = nearest(name, known)
    if close is not None:
        return f"did you mean `{close}`?"
    if not known:
        return None
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return f"there is {', '.join(f'`{one}`' for one in known[:most])}{more}"
