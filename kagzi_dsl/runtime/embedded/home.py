"""The home directory: where the embedded database keeps everything, and the lock over it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.errors import ConfigError, DatabaseUnavailable

LOCK_WAIT_S = 120.0
"""How long to wait for another process that starts or stops the server."""


@dataclass(frozen=True, slots=True)
class Home:
    """A home directory and the names of what lies in it. Its owner owns every file we make in it."""

    path: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory; it appears when it is complete."""
        return self.path / "postgres"

    @property
    def socket(self) -> Path:
        """The directory of the server's socket, or a link to it where this path would be too long."""
        return self.path / "socket"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def users(self) -> Path:
        return self.path / "users"

    @property
    def keep(self) -> Path:
        """There while the server is to stay without users."""
        return self.path / "keep"

    def make(self) -> None:
        """Makes the directory, for its owner alone. Raises ConfigError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(_unusable(self.path, error)) from error

    def open(self, path: Path, flags: int = os.O_RDWR) -> int:
        """Opens a file of ours, made at need. A link is refused: root may be working in a user's directory."""
        try:
            fd = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise ConfigError(_unusable(self.path, error)) from error
        if os.geteuid() == 0:
            owner = self.path.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
        return fd

    @contextmanager
    def locked(self, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
        """Keeps every other process from starting, stopping or counting meanwhile. Raises DatabaseUnavailable."""
        fd = self.open(self.path / "lock")
        try:
            _wait_for(fd, self.path, wait_s)
            yield
        finally:
            os.close(fd)


def home_at(path: Path | str | None) -> Home:
    """The home directory at `path`, else the default one; a relative path counts from the working directory."""
    return Home((Path(path) if path is not None else default_home()).expanduser().resolve())


def default_home() -> Path:
    """KAGZI_HOME, else the user's data directory of this platform."""
    if named := os.environ.get("KAGZI_HOME"):
        return Path(named)
    import platformdirs  # only here: most commands name a database or find KAGZI_HOME

    return platformdirs.user_data_path("kagzi-dsl", appauthor=False)


def _wait_for(fd: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"another process has been starting or stopping the embedded database in {path} for {wait_s:.0f} s"
                ) from None
        time.sleep(0.005)


def _unusable(path: Path, error: OSError) -> str:
    return f"the embedded database cannot use {path}: {error.strerror}; set KAGZI_HOME to a directory you can write to"
