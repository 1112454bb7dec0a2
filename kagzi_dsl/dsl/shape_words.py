"""How the check of a document's shape says things, and what an author may have meant by a word that is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from kagzi_dsl.payload import Json

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}

KIND_SYNONYMS: Mapping[str, str] = {
    meant: kind
    for kind, words in {
        "activity": "action call_activity function invoke run_activity step task use uses",
        "seq": "do sequence sequential serial series steps tasks then",
        "parallel": "all branches concurrent fork",
        "saga": "transaction",
        "sleep": "delay pause wait",
        "switch": "case cases choice choose if",
        "foreach": "each for for_each iterate loop map",
        "repeat": "poll retry_until while",
        "try": "attempt rescue",
        "race": "any first",
        "wait_for": "await on_signal receive wait_for_signal wait_signal",
        "signal": "emit publish send send_signal",
        "call": "call_workflow child child_workflow sub_workflow subworkflow",
        "set": "assign let value vars",
        "assert": "check ensure require",
        "fail": "error raise throw",
        "return": "end exit stop",
    }.items()
    for meant in words.split()
}
"""Kind keys of other languages, and what they are called here."""

_OPTIONS_ELSEWHERE: Mapping[str, frozenset[str]] = {
    option: frozenset(words.split())
    for option, words in {
        "with": "args arguments input inputs params parameters payload",
        "id": "key name",
        "when": "condition if only_if",
        "retry": "retries retry_policy",
        "description": "comment doc title",
        "timeout": "deadline time_limit",
        "compensate": "compensation rollback undo",
        "limit": "concurrency max_concurrency max_parallel parallelism",
        "as": "item item_name var",
        "do": "body step steps then",
        "every": "delay interval",
        "max": "max_iterations max_rounds times",
        "until": "stop_when",
        "else": "default otherwise",
        "catch": "except on_error rescue",
        "finally": "always ensure",
        "errors": "error on types",
        "on_failure": "on_error",
        "output": "outputs result",
        "input": "inputs input_schema params",
        "workflow": "name",
        "max_attempts": "attempts max_retries maximum_attempts",
        "backoff_coefficient": "backoff factor multiplier",
        "initial_interval": "delay interval",
        "max_interval": "max_delay maximum_interval",
        "non_retryable_errors": "non_retryable not_retryable",
    }.items()
}
"""What options are called in other languages."""

_LONGEST_WORD = 60  # a longer key is no slip of the pen, and comparing it takes time


def meant_kind(word: str, kinds: Collection[str]) -> str | None:
    """The kind that a key most likely stands for; None when there is no telling."""
    return KIND_SYNONYMS.get(word) or _closest(word, kinds, 0.75)


def meant_key(word: str, keys: Collection[str]) -> str | None:
    """The one of `keys` that a word most likely stands for; None when there is no telling."""
    for option, elsewhere in _OPTIONS_ELSEWHERE.items():
        if word in elsewhere and option in keys:
            return option
    return _closest(word, keys, 0.6)


def meant_word(word: Json, words: Collection[str]) -> str | None:
    """The one of a list of fixed words that a value most likely stands for."""
    if not isinstance(word, str):
        return None
    same = [one for one in words if one.lower() == word.lower()]
    return same[0] if same else _closest(word, words, 0.6)


def described(value: Json) -> str:
    """What a value is, in the words of a person who looks at the file."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {shortened(value)!r}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def wanted(title: str, types: tuple[str, ...]) -> str:
    """What must stand there instead."""
    return title or " or ".join(_TYPE_WORDS[name] for name in types)


def shortened(text: str) -> str:
    """`text`, its middle left out where it is long."""
    return text if len(text) <= 40 else f"{text[:25]}…{text[-10:]}"


def listed(words: Iterable[str]) -> str:
    """`a, b, c`"""
    return ", ".join(words)


def either(words: Iterable[str]) -> str:
    """`a, b or c`"""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def respelled(name: str, allowed: Callable[[str], bool], separator: str) -> str | None:
    """A name much like `name` that is allowed; None when there is none."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name[:_LONGEST_WORD])
    for candidate in (re.sub(r"\s+", separator, name.strip()), re.sub(r"[^A-Za-z0-9]+", separator, apart).lower()):
        tidy = re.sub(r"^[^A-Za-z]+|[^A-Za-z0-9]+$", "", candidate)
        if allowed(tidy):
            return tidy
    return None


def _closest(word: str, words: Collection[str], cutoff: float) -> str | None:
    from difflib import get_close_matches  # needed only for documents with a mistake

    close = get_close_matches(word, words, 1, cutoff) if len(word) <= _LONGEST_WORD else []
    return close[0] if close else None
