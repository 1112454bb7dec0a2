"""Who uses the server: one file for each use, under a lock that the kernel drops with the process that holds it.

Unlike a list of process ids this cannot be fooled by a process that was killed or by an id that was given out again.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.runtime.embedded.home import Home


@dataclass(slots=True)
class Use:
    """A use of the server that lasts as long as its file is locked."""

    path: Path
    fd: int

    def end(self) -> None:
        """Gives up this use."""
        self.path.unlink(missing_ok=True)
        os.close(self.fd)


def begin(home: Home) -> Use:
    """Counts this process as a user from now on. To be called under the lock of the home directory."""
    home.users.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        owner = home.path.stat()
        os.chown(home.users, owner.st_uid, owner.st_gid, follow_symlinks=False)
    path = home.users / f"{os.getpid()}-{secrets.token_hex(4)}"
    fd = home.open(path)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return Use(path, fd)


def living(home: Home) -> list[int]:
    """The process ids of the users there are, one for each use; the traces of dead ones are removed."""
    if not home.users.is_dir():
        return []
    return sorted(int(path.name.partition("-")[0]) for path in home.users.iterdir() if _is_held(home, path))


def _is_held(home: Home, path: Path) -> bool:
    fd = home.open(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    path.unlink(missing_ok=True)
    return False
