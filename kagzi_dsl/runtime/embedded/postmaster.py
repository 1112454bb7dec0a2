"""The server process: found, started, stopped. To be used under the lock of the home directory."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded import sockets
from kagzi_dsl.runtime.embedded.account import Account
from kagzi_dsl.runtime.embedded.cluster import DATABASE, ROLE
from kagzi_dsl.runtime.embedded.home import Home
from kagzi_dsl.runtime.embedded.program import environment, program

START_WAIT_S = 300.0
"""How long a server may take to start: after a crash it first reads the log it left."""
STOP_WAIT_S = 60.0
ORPHAN_WAIT_S = 5.0
"""How long the children of a killed server get to notice that it is gone."""
_STEP_S = 0.004
_LOG_LIMIT = 1_000_000
_TO_A_CLIENT = "FATAL:  the database system is "
"""What a server says to those who connect while it starts, recovers or ends: often after it has said why it ends."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server that takes connections."""

    pid: int
    socket: Path

    @property
    def url(self) -> str:
        """Its libpq URL."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.socket), safe='')}&port=5432"


def running(home: Home) -> Postmaster | None:
    """The server of this home directory, if it takes connections."""
    lines = _pid_file(home)
    if len(lines) < 8 or lines[7] != "ready":
        return None
    found = Postmaster(int(lines[0]), Path(lines[4]))
    # Children of a server that was killed hold its socket open for a moment longer, so an answer alone proves nothing.
    return found if _exists(found.pid) and _answers(found.socket / sockets.NAME) else None


def process_of(home: Home) -> int | None:
    """The process id of the server, whatever state it is in."""
    lines = _pid_file(home)
    return int(lines[0]) if lines and lines[0].isdigit() and _is_ours(int(lines[0]), home.data) else None


def start(home: Home, account: Account) -> Postmaster:
    """Starts the server, or waits for one that is starting. Raises DatabaseUnavailable."""
    pid = process_of(home) or _launch(home, account)
    try:
        return _ready(home, pid)
    except KeyboardInterrupt:
        # It is soon where it can be found, and stopped.
        while process_of(home) is None and _is_alive(pid):
            time.sleep(_STEP_S)
        raise


def _ready(home: Home, pid: int) -> Postmaster:
    """The server once it takes connections; `pid` is its process."""
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        if found := running(home):
            return found
        if not _is_alive(pid):
            pid = _successor(home)
        time.sleep(_STEP_S)
    raise DatabaseUnavailable(f"the embedded database did not start within {START_WAIT_S:.0f} s; its log is {home.log}")


def stop(home: Home) -> None:
    """Stops the server and waits until it is gone; connections there are get closed. Raises DatabaseUnavailable."""
    pid = process_of(home)
    if pid is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate (PostgreSQL manual, "Shutting Down the Server")
        os.kill(pid, how)
        deadline = time.monotonic() + STOP_WAIT_S
        while time.monotonic() < deadline:
            if not _is_alive(pid):
                sockets.forget(home)
                return
            time.sleep(_STEP_S)
    raise DatabaseUnavailable(f"the embedded database (process {pid}) does not stop; its log is {home.log}")


def _launch(home: Home, account: Account) -> int:
    folder = sockets.choose(home, account)
    if (home.data / "postmaster.pid").exists():
        _clear_up_after_a_crash(home, folder)
    _rotate(home)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "cluster_name": "kagzi-dsl",
        # A plan is made in less time than its machine code, for queries as small as ours.
        "jit": "off",
    }
    command = [str(program("postgres")), "-D", str(home.data)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return _detached(command, home, account)


def _detached(command: list[str], home: Home, account: Account) -> int:
    """Starts a process that is nobody's child, so that it lives on and leaves no zombie; returns its id."""
    log = home.open(home.log, os.O_WRONLY | os.O_APPEND)
    try:
        script = f"{shlex.join(command)} </dev/null >&2 & echo $!"
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
            cwd="/",
            env=environment(),
            start_new_session=True,
            user=account.user,
            group=account.group,
            extra_groups=account.groups,
        )
    finally:
        os.close(log)
    return int(done.stdout)


def _successor(home: Home) -> int:
    """The server to wait for now that the one we waited for is dead. Raises DatabaseUnavailable with its last words."""
    # Where a first launcher was killed there may be two servers for a moment, one of which stands down.
    if (other := process_of(home)) is not None:
        return other
    said = last_words(home.log)
    raise DatabaseUnavailable(
        f"the embedded database in {home.data} cannot start: {said} (log: {home.log}); {_way_out(said)}"
    )


def _way_out(said: str) -> str:
    """What to do about a server that cannot start, by its last words."""
    if os.strerror(errno.ENOSPC) in said or os.strerror(errno.EDQUOT) in said:
        return "make room there and try again: what was stored is kept"
    return "if the directory is damaged, restore it from a backup, or move it away to begin with an empty database"


def last_words(log: Path) -> str:
    """The last fatal message of a server's log that is about the server itself."""
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines if ("FATAL:" in line or "PANIC:" in line) and _TO_A_CLIENT not in line]
    last = (fatal or lines or ["it said nothing"])[-1]
    return last.partition("FATAL:")[2].strip() or last.partition("PANIC:")[2].strip() or last.strip()


def _clear_up_after_a_crash(home: Home, folder: Path) -> None:
    """Sees to it that nothing of a server that died without a word is left to stand in the way of the next.

    PostgreSQL does so itself, but for two things: it takes any process for a server that has the id its lock files name
    (that of another program by now, or a zombie that nobody reaps), and refuses as long as children of a killed server
    use its shared memory. They end by themselves when they notice.
    """
    deadline = time.monotonic() + ORPHAN_WAIT_S
    while orphans := [process for process in _servers() if _is_ours(process, home.data)]:
        if time.monotonic() > deadline:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
        time.sleep(_STEP_S)
    for path in (home.data / "postmaster.pid", folder / f"{sockets.NAME}.lock"):
        path.unlink(missing_ok=True)


def _rotate(home: Home) -> None:
    if home.log.exists() and home.log.stat().st_size > _LOG_LIMIT:
        home.log.replace(home.log.with_suffix(".log.1"))


def _pid_file(home: Home) -> list[str]:
    try:
        return [line.strip() for line in (home.data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def _exists(pid: int) -> bool:
    """Whether there is such a process and it has not ended; as `_is_alive`, without the import."""
    try:
        # After the name in parentheses, which may hold anything, comes the state; Z has ended and nobody has noticed.
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _is_alive(pid: int) -> bool:
    import psutil  # only here: a server that runs is found without it

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_ours(pid: int, data: Path) -> bool:
    """Whether a process is a server of this data directory: every process of PostgreSQL works there."""
    import psutil

    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == data.resolve())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _servers() -> list[int]:
    """The processes of every PostgreSQL there is."""
    import psutil

    return [process.pid for process in psutil.process_iter(["name"]) if process.info["name"] == "postgres"]
