"""Secrets: read from the environment when a node needs them, kept out of what is stored, logged or shown.

Whatever has been handed out is remembered, and looked for in the forms it takes on its way into a message: as it is,
escaped for JSON or by `repr`, quoted for a URL, in base64 at any offset (a Basic credential holds it in the middle). A
value under four characters would be found everywhere and hidden nowhere, so it is not handed out at all.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from kagzi_dsl.errors import ActivityError, Code
from kagzi_dsl.payload import Json

PREFIX = "KAGZI_SECRET_"
MASK = "***"
SHORTEST = 4
_SHORTEST_BASE64 = 5


class Secrets:
    """The secrets of a process, from `KAGZI_SECRET_<NAME>` of `environ` (os.environ when left out).

    Share one among all runs: a value handed out to one of them is scrubbed from what any of them says. May be used from
    several threads.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._values: set[str] = set()
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def get(self, name: str) -> str:
        """The value of a secret. Raises ActivityError (PreconditionFailed) saying which variable to set."""
        variable = PREFIX + name
        value = self._environ.get(variable)
        if not value:
            state = "not set" if value is None else "empty"
            raise _refusal("MissingSecret", f"the secret {name} is {state}; set the environment variable {variable}")
        if len(value) < SHORTEST:
            raise _refusal(
                "ShortSecret",
                f"the secret {name} has fewer than {SHORTEST} characters, too few to be kept out of logs and errors; "
                f"set a longer value in the environment variable {variable}",
            )
        self._remember(name, value)
        return value

    @property
    def handed_out(self) -> bool:
        """Whether there is anything to scrub."""
        return self._pattern is not None

    def scrub(self, text: str) -> str:
        """`text` with every secret that was handed out replaced by `***`."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def scrub_json(self, value: Json) -> Json:
        """`value` with every string in it scrubbed, keys too."""
        if self._pattern is None:
            return value
        match value:
            case str():
                return self.scrub(value)
            case list():
                return [self.scrub_json(item) for item in value]
            case dict():
                return {self.scrub(key): self.scrub_json(item) for key, item in value.items()}
            case _:
                return value

    def found_in(self, text: str) -> str | None:
        """The name of a secret that `text` (of JSON, say) contains, None when there is none."""
        # Looking for one form after the other is many times faster than the pattern: outputs may be megabytes.
        return next((name for form, name in list(self._names.items()) if form in text), None)

    def _remember(self, name: str, value: str) -> None:
        if value in self._values:
            return
        names = self._names | dict.fromkeys(_forms(value), name)
        longest_first = sorted(names, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))
        self._names = names
        self._values.add(value)


def _refusal(type: str, message: str) -> ActivityError:
    return ActivityError(message, code=Code.PRECONDITION_FAILED, type=type)


def _forms(value: str) -> Iterator[str]:
    """Every text that gives `value` away."""
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), quoted)
    for encoded in _base64_forms(value.encode("utf-8", "surrogateescape")):
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def _base64_forms(value: bytes) -> Iterator[str]:
    """`value` in base64, when it begins at the first, second or third byte of a group; only characters all its own."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + value).decode()
        first = (offset * 8 + 5) // 6
        last = (offset + len(value)) * 8 // 6
        if last - first >= _SHORTEST_BASE64:
            yield encoded[first:last]
