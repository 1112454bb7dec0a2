"""The kinds of values that settings have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from kagzi_dsl.config.setting import Kind
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.duration import format_duration, parse_duration
from kagzi_dsl.payload import Json

T = TypeVar("T")

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_PASSWORD_IN_QUERY = re.compile(r"(?<=[?&])((?:ssl)?password)=[^&]*", re.IGNORECASE)


def _kind(word: str, read: Callable[[object], T], shown: Callable[[object], Json] = lambda value: value) -> Kind[T]:
    return Kind(word=word, read=lambda value, _: read(value), shown=shown)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{_toml(value)} is not a text; write it in quotes")
    if not value.strip():
        raise ValueError("it is empty")
    return value


def _url(value: object) -> str:
    text = _text(value)
    if text.partition("://")[0].partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("a database URL looks like postgresql://user:password@host:5432/database")
    return text


def masked(url: object) -> str:
    """A URL with `***` in place of every password."""
    text = str(url)
    try:
        parts = urlsplit(text)
        login, at, hosts = parts.netloc.rpartition("@")
        user, colon, _ = login.partition(":")
        text = parts._replace(netloc=f"{user}{':***' if colon else ''}{at}{hosts}").geturl()
    except ValueError:
        return "***"
    return _PASSWORD_IN_QUERY.sub(r"\1=***", text)


def _path(value: object, folder: Path) -> Path:
    return folder / Path(_text(value)).expanduser()


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(f"{_toml(value)} is neither true nor false")
    return word in _TRUE


def whole(least: int, most: int = 2**63 - 1) -> Kind[int]:
    """A whole number between two others."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]+", str(value).replace("_", "")):
            raise ValueError(f"{_toml(value)} is not a whole number")
        return _between(int(str(value).replace("_", "")), least, most)

    return _kind("N", read)


def _between(number: int, least: int, most: int) -> int:
    if number < least:
        raise ValueError(f"{number:,} is too small; {least:,} is the least")
    if number > most:
        raise ValueError(f"{number:,} is too large; {most:,} is the most")
    return number


def number(least: float, *, unit: str = "") -> Kind[float]:
    """A number from `least` on, of some unit."""

    def read(value: object) -> float:
        try:
            found = math.nan if isinstance(value, bool) else float(str(value))
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise ValueError(f"{_toml(value)} is not a number{f' of {unit}' if unit else ''}")
        if found < least:
            raise ValueError(f"{found:g} is too small; {least:g} is the least")
        return found

    return _kind("SECONDS" if unit == "seconds" else "NUMBER", read)


def duration(least: str = "0s", most: str = "36500d") -> Kind[int]:
    """A duration (ms) between two others."""

    def read(value: object) -> int:
        found = parse_duration(str(value))
        if found < parse_duration(least):
            raise ValueError(f"{value} is too short; {least} is the least")
        if found > parse_duration(most):
            raise ValueError(f"{value} is too long; {most} is the most")
        return found

    return _kind("DURATION", read, lambda value: None if value is None else format_duration(int(str(value))))


def choice(*words: str) -> Kind[str]:
    """One of some words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"{_toml(value)} is not one of them; {did_you_mean(str(value), words)}")
        return str(value)

    return _kind("|".join(words), read)


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    found = tuple(_text(item).strip() for item in items)
    if not found:
        raise ValueError("it is empty")
    return found


def _toml(value: object) -> str:
    """A value as TOML would write it, for messages."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


TEXT = _kind("NAME", _text)
URL = _kind("URL", _url, lambda value: None if value is None else masked(value))
PATH = Kind(word="FOLDER", read=_path, shown=lambda value: None if value is None else str(value))
TRUTH = _kind("true|false", _truth)
TEXTS = _kind("NAME,…", _texts, lambda value: list(value) if isinstance(value, tuple) else value)
