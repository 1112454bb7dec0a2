"""The data directory: made whole or not at all, and who may connect to it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded.account import Account, caller_name, let_read, let_through
from kagzi_dsl.runtime.embedded.home import Home
from kagzi_dsl.runtime.embedded.program import MAJOR, installation, program, run

ROLE = DATABASE = "kagzi"
_UNFINISHED = "postgres.new-"
_TELLING = re.compile(r"\b(?:error|ERROR|FATAL|PANIC): ")
"""Where PostgreSQL's programs say what went wrong: the server in capitals, the others not."""
# The builtin locale sorts by code point on every system and does not change when the system's libraries do.
_INITDB = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=peer"]


def ensure(home: Home, account: Account) -> None:
    """Makes the data directory if there is none, and checks that this PostgreSQL can use the one there is.

    Raises DatabaseUnavailable.
    """
    let_through(home.data, account)
    let_through(program("postgres"), account)
    for folder in (installation(), installation().parent.with_suffix(".libs")):
        if folder.is_dir():
            let_read(folder, account)
    if not home.data.exists():
        _create(home, account)
    _check_version(home.data)
    _write_access_rules(home.data, account)


def _create(home: Home, account: Account) -> None:
    for left in home.path.glob(f"{_UNFINISHED}*"):
        _clear_away(left)
    new = home.path / f"{_UNFINISHED}{secrets.token_hex(4)}"
    new.mkdir(mode=0o700)
    account.own(new)
    try:
        run([program("initdb"), "-D", new, "-U", ROLE, *_INITDB], account)
        run([program("postgres"), "--single", "-D", new, "template1"], account, stdin=f"create database {DATABASE}\n")
    except (subprocess.CalledProcessError, OSError) as error:
        shutil.rmtree(new, ignore_errors=True)
        raise DatabaseUnavailable(f"the embedded database cannot be made in {home.path}: {_reason(error)}") from error
    new.rename(home.data)
    _sync(home.path)


def _clear_away(left: Path) -> None:
    """Removes what a process left that was killed in `_create`, together with the programs it had started."""
    import psutil  # only here: hardly ever needed

    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] in ("initdb", "postgres") and str(left) in (process.info["cmdline"] or ()):
            for each in (*process.children(recursive=True), process):
                each.kill()
            psutil.wait_procs([process], timeout=10)
    shutil.rmtree(left, ignore_errors=True)


def _reason(error: subprocess.CalledProcessError | OSError) -> str:
    if isinstance(error, OSError):
        return str(error)
    lines = [line for line in str(error.output).splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or [f"exit status {error.returncode}"])[0].strip()


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise DatabaseUnavailable(
            f"{data} is not a complete PostgreSQL data directory ({error.strerror}: PG_VERSION); restore it from a "
            "backup, or move it away to begin with an empty database"
        ) from error
    if found != str(MAJOR):
        raise DatabaseUnavailable(
            f"{data} belongs to PostgreSQL {found}, and this program brings PostgreSQL {MAJOR}; dump it with the old "
            "version and load it into a new one, or move it away to begin with an empty database"
        )


def _write_access_rules(data: Path, account: Account) -> None:
    """Lets in the user who runs the server and the one who started it, as the kernel tells who is calling."""
    names = sorted({account.name, caller_name()})
    _write(data / "pg_hba.conf", f"local all {ROLE} peer map={ROLE}\n", account)
    _write(data / "pg_ident.conf", "".join(f'{ROLE} "{name}" {ROLE}\n' for name in names), account)


def _write(path: Path, text: str, account: Account) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(fd, "w") as file:
        file.write(text)
    account.own(path)
