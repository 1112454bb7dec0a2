"""Looking at the embedded server, and stopping it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.runtime.embedded import postmaster, users
from kagzi_dsl.runtime.embedded.home import Home, home_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The embedded server of a home directory.

    `url` and `pid` are None when it does not run. `users` are the process ids of those who use it, one for each use;
    `kept` says that it stays without any.
    """

    home: Path
    log: Path
    url: str | None
    pid: int | None
    users: tuple[int, ...]
    kept: bool


def status(home: Path | str | None = None) -> Status:
    """How the server is. Starts nothing and makes nothing."""
    place = home_at(home)
    if not place.path.is_dir():
        return _observed(place)
    with place.locked():
        return _observed(place)


def stop(home: Path | str | None = None, *, force: bool = False) -> Status:
    """Stops the server, or lets it stop with its last user; what is returned says which.

    `force` stops it at once, whoever uses it. Raises DatabaseUnavailable when it does not stop.
    """
    place = home_at(home)
    if not place.path.is_dir():
        return _observed(place)
    with place.locked():
        place.keep.unlink(missing_ok=True)
        if force or not users.living(place):
            postmaster.stop(place)
        return _observed(place)


def _observed(home: Home) -> Status:
    server = postmaster.running(home)
    return Status(
        home=home.path,
        log=home.log,
        url=server.url if server else None,
        pid=server.pid if server else None,
        users=tuple(users.living(home)),
        kept=home.keep.exists(),
    )
