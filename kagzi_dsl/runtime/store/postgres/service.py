"""Connection services: options of a database URL that stand in a file (PostgreSQL manual, "The Connection Service
File").
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.errors import ConfigError


def with_service(options: dict[str, str]) -> dict[str, str]:
    """The options together with those of the service that they, or $PGSERVICE, name; their own win.

    Raises ConfigError for a service that is nowhere to be found.
    """
    named = options.pop("servicefile", None)
    name = options.pop("service", None) or os.environ.get("PGSERVICE")
    if not name:
        return options
    known: list[str] = []
    for file in _files(named):
        services = _read(file)
        if services.has_section(name):
            return {**services[name], **options}
        known += services.sections()
    meant = did_you_mean(name, known)
    raise ConfigError(f"there is no service {name!r}{f'; {meant}' if meant else ''} (in {_told(named)})")


def _files(named: str | None) -> Iterator[Path]:
    """Where services may be, the first place first."""
    if first := named or os.environ.get("PGSERVICEFILE"):
        yield Path(first)
    else:
        yield Path.home() / ".pg_service.conf"
    if folder := os.environ.get("PGSYSCONFDIR"):
        yield Path(folder) / "pg_service.conf"


def _told(named: str | None) -> str:
    return " and ".join(str(file) for file in _files(named))


def _read(file: Path) -> configparser.ConfigParser:
    services = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    try:
        services.read(file)
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: it is no service file: {error}") from error
    return services
