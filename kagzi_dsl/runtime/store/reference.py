"""What a person may type for a run: its id, the beginning of its id, or its external id."""

from __future__ import annotations

import string
from uuid import UUID

_DASHES = (8, 13, 18, 23)
_HEX = frozenset(string.hexdigits)


def id_range(reference: str) -> tuple[UUID, UUID] | None:
    """The lowest and the highest id that begin with `reference`, or None when no id does."""
    digits = reference.replace("-", "")
    if not 0 < len(digits) <= 32 or not _HEX.issuperset(digits):
        return None
    low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    return (low, high) if "-" not in reference or _dashes_fit(reference) else None


def is_text(reference: str) -> bool:
    """Whether a database could hold this text at all: no NUL character, no lone surrogate."""
    return "\x00" not in reference and not any("\ud800" <= character <= "\udfff" for character in reference)


def _dashes_fit(reference: str) -> bool:
    return all((character == "-") == (place in _DASHES) for place, character in enumerate(reference))
