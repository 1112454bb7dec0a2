"""Where the server's socket lies: in the home directory, or where that path is too long in a short private one."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded.account import Account
from kagzi_dsl.runtime.embedded.home import Home

NAME = ".s.PGSQL.5432"
_LIMIT = 107 if sys.platform == "linux" else 103
"""The bytes a socket's path may have: what `sun_path` holds, without the closing NUL."""


def choose(home: Home, account: Account) -> Path:
    """The directory for the socket of a server about to start: the account's own, mode 0700.

    Raises DatabaseUnavailable.
    """
    if _fits(home.socket) and not home.socket.is_symlink():
        home.socket.mkdir(mode=0o700, exist_ok=True)
        home.socket.chmod(0o700)
        account.own(home.socket)
        return home.socket
    if home.socket.is_symlink():
        if _is_private(target := home.socket.readlink(), account):
            return target
        home.socket.unlink()
    elif home.socket.exists():
        # The home directory was moved here from a shorter path.
        shutil.rmtree(home.socket)
    target = _short_directory(account)
    home.socket.symlink_to(target)
    return target


def forget(home: Home) -> None:
    """Removes a short directory once its server has stopped."""
    if home.socket.is_symlink():
        try:
            home.socket.readlink().rmdir()
        except OSError:
            # Somebody emptied /tmp, or keeps something there: nothing that matters to us.
            return
        home.socket.unlink()


def _fits(folder: Path) -> bool:
    # A comma would part a list of hosts in a connection URL, and a line feed the lines of postmaster.pid.
    return len(os.fsencode(folder / NAME)) <= _LIMIT and "," not in str(folder) and str(folder).isprintable()


def _is_private(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == 0o700


def _short_directory(account: Account) -> Path:
    places = [tempfile.gettempdir(), "/tmp"] if account.foreign else _places_of_a_user()
    for place in places:
        if _fits(Path(place, "kagzi-12345678")) and os.access(place, os.W_OK | os.X_OK):
            folder = Path(tempfile.mkdtemp(prefix="kagzi-", dir=place))
            account.own(folder)
            return folder
    raise DatabaseUnavailable(
        f"the embedded database found no directory for its socket: none of {', '.join(places)} is writable and short "
        f"enough ({_LIMIT} bytes); set KAGZI_HOME to a shorter path"
    )


def _places_of_a_user() -> list[str]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return [*([runtime] if runtime else []), tempfile.gettempdir(), "/tmp"]
