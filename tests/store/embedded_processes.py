"""Other processes that use the embedded server, so that they can be killed."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from patience import PATIENCE

ROOT = Path(__file__).parents[2]
USER = """
import os, pwd, sys
import psutil, platformdirs
from kagzi_dsl.runtime import embedded

if len(sys.argv) > 2:
    # Dropped here, not by who starts us: the interpreter itself may lie where only root may look.
    user = pwd.getpwnam(sys.argv[2])
    os.setgroups([]), os.setgid(user.pw_gid), os.setuid(user.pw_uid)
lease = embedded.acquire(sys.argv[1])
print(lease.url, flush=True)
sys.stdin.readline()
lease.release()
"""


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **(changes or {})}


def let_reach_the_programs(user: str | None) -> None:
    """Lets a user pass through to PostgreSQL's programs and to this package, wherever root installed them."""
    if user is None:
        return
    import kagzi_dsl
    from kagzi_dsl.runtime import embedded
    from kagzi_dsl.runtime.embedded.account import Account, let_through

    entry = pwd.getpwnam(user)
    for path in (embedded.psql_path(), Path(kagzi_dsl.__file__)):
        let_through(path, Account(entry.pw_name, entry.pw_uid, entry.pw_gid, foreign=True))


class User:
    """A process that uses the server of a home directory until it is told to stop, or killed."""

    def __init__(self, home: Path | str, *, user: str | None = None) -> None:
        let_reach_the_programs(user)
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home), *([user] if user else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
            cwd="/",
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def url(self) -> str:
        """Its URL, once it has one."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def leave(self) -> None:
        """Lets it end in good order."""
        self._process.communicate("\n", timeout=PATIENCE)
        assert self._process.returncode == 0

    def kill(self) -> None:
        """Kills it where it stands."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@contextmanager
def using(home: Path | str, *, user: str | None = None) -> Iterator[User]:
    """A process that uses the server; killed at the end if it is still there."""
    process = User(home, user=user)
    try:
        yield process
    finally:
        process.kill()


def psql(url: str, statement: str, *, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a statement as a user of this system."""
    from kagzi_dsl.runtime import embedded

    let_reach_the_programs(user)
    return subprocess.run(
        [embedded.psql_path(), "-X", "-At", url, "-c", statement],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
    )
