"""Using the server: it runs as long as somebody does."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from kagzi_dsl.errors import DatabaseUnavailable, KagziError
from kagzi_dsl.runtime.embedded import cluster, postmaster, users
from kagzi_dsl.runtime.embedded.account import server_account
from kagzi_dsl.runtime.embedded.home import Home, home_at
from kagzi_dsl.runtime.embedded.postmaster import Postmaster


class Lease:
    """A use of the embedded server. It runs at least until `release`, which also happens at the end of the process."""

    def __init__(self, url: str, home: Home, use: users.Use) -> None:
        self.url = url
        self._home = home
        self._use: users.Use | None = use
        self._pid = os.getpid()
        atexit.register(self._release_at_exit)

    def release(self) -> None:
        """Ends this use; the last one stops the server, unless it is kept. Doing it twice does nothing.

        Raises DatabaseUnavailable when the server does not stop.
        """
        use, self._use = self._use, None
        # A forked child has a copy of this object, and the use is its parent's.
        if use is None or self._pid != os.getpid():
            return
        atexit.unregister(self._release_at_exit)
        with self._home.locked():
            use.end()
            _stop_unless_used(self._home)

    def _release_at_exit(self) -> None:
        # Nobody is left to read an error; the next user of the server deals with what is found.
        with contextlib.suppress(KagziError, OSError):
            self.release()

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(home: Path | str | None = None, *, keep: bool = False) -> Lease:
    """Starts the embedded server of a home directory unless it runs already, and counts as one of its users.

    `keep` leaves the server running until `stop`. Blocks: about a second the first time, a tenth later. Raises
    ConfigError for a directory that cannot be used, DatabaseUnavailable when the server does not start.
    """
    place = home_at(home)
    place.make()
    with place.locked(), _left_as_found(place):
        server = ensure_running(place)
        if keep:
            os.close(place.open(place.keep))
        return Lease(server.url, place, users.begin(place))


@contextlib.contextmanager
def _left_as_found(home: Home) -> Iterator[None]:
    """Stops the server that was started meanwhile when Ctrl-C, or an error, leaves it without a user."""
    try:
        yield
    except DatabaseUnavailable:  # it cannot start, or it takes long: whoever comes next goes on waiting
        raise
    except BaseException:
        with contextlib.suppress(KagziError, OSError):
            _stop_unless_used(home)
        raise


def _stop_unless_used(home: Home) -> None:
    if not home.keep.exists() and not users.living(home):
        postmaster.stop(home)


def start_detached(home: Path | str | None = None) -> str:
    """Starts the server so that it runs until `stop`, and returns its URL. Raises as `acquire` does."""
    with acquire(home, keep=True) as lease:
        return lease.url


def ensure_running(home: Home) -> Postmaster:
    """The server, started if need be. To be called under the lock of the home directory."""
    if (found := postmaster.running(home)) is not None:
        return found
    account = server_account(home.path)
    cluster.ensure(home, account)
    return postmaster.start(home, account)
