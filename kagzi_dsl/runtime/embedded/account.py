"""The account the server runs under, and what it must be let through to.

PostgreSQL refuses to run as root. For root it runs as the owner of the home directory, or where that is root too, as a
system user made for it. That user may only pass through the directories above its files, by an access control list
where the file system has them, else by the `x` bit for others; nobody is allowed to list or read anything more.
"""

from __future__ import annotations

import os
import pwd
import shutil
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.errors import DatabaseUnavailable

SYSTEM_USER = "kagzi-postgres"
_ACL = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_PASS = 0o1


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the system; `foreign` when it is not the one we are."""

    name: str
    uid: int
    gid: int
    foreign: bool

    @property
    def user(self) -> int | None:
        """What `subprocess` takes to run a program as this account; None when it is us."""
        return self.uid if self.foreign else None

    @property
    def group(self) -> int | None:
        return self.gid if self.foreign else None

    @property
    def groups(self) -> list[int] | None:
        return [] if self.foreign else None

    def own(self, path: Path) -> None:
        """Makes this account the owner of `path`."""
        if self.foreign:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_account(home: Path) -> Account:
    """The account to run the server of this home directory under. Raises DatabaseUnavailable."""
    euid = os.geteuid()
    if euid != 0:
        return _account(euid, foreign=False)
    owner = home.stat().st_uid
    return _account(owner, foreign=True) if owner != 0 else _system_user()


def caller_name() -> str:
    """The name of the user we are."""
    return _account(os.geteuid(), foreign=False).name


def _account(uid: int, *, foreign: bool) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise DatabaseUnavailable(
            f"the embedded database cannot start: user id {uid} has no name on this system, and PostgreSQL wants one; "
            "name a server of your own in KAGZI_DB_URL"
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, foreign)


def _system_user() -> Account:
    for _ in range(50):
        try:
            return _account(pwd.getpwnam(SYSTEM_USER).pw_uid, foreign=True)
        except KeyError:
            problem = _add_system_user()
        # Somebody else may be adding it, or hold the lock over /etc/passwd for a moment.
        time.sleep(0.1 if problem else 0)
    raise DatabaseUnavailable(
        f"the embedded database cannot start: PostgreSQL refuses to run as root, and the user {SYSTEM_USER} cannot be "
        f"added ({problem}); run as another user, or name a server of your own in KAGZI_DB_URL"
    )


def _add_system_user() -> str:
    """Adds the user and returns what went wrong, if anything."""
    if useradd := shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    elif adduser := shutil.which("adduser"):
        command = [adduser, "-S", "-D", "-H", "-s", "/sbin/nologin", SYSTEM_USER]
    else:
        return "there is neither useradd nor adduser"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr.strip() or f"exit status {done.returncode}") if done.returncode else ""


def let_through(path: Path, account: Account) -> None:
    """Lets the account pass through every directory above `path`. Raises DatabaseUnavailable."""
    if not account.foreign:
        return
    for folder in path.parents:
        try:
            _let_pass(folder, account)
        except OSError as error:
            raise DatabaseUnavailable(
                f"the embedded database cannot start: it runs as {account.name}, which cannot pass through {folder} "
                f"({error.strerror}); chmod o+x {folder}, or set KAGZI_HOME to another directory"
            ) from error


def let_read(folder: Path, account: Account) -> None:
    """Lets everybody read PostgreSQL's own files, where an installation made them private."""
    if not account.foreign or folder.stat().st_mode & 0o005 == 0o005:
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))


def _let_pass(folder: Path, account: Account) -> None:
    stat = folder.stat()
    if stat.st_mode & 0o001 or (stat.st_uid == account.uid and stat.st_mode & 0o100):
        return
    try:
        _grant(folder, stat.st_mode, account.uid)
    except (OSError, AttributeError):
        # No access control lists here (or no way to them, on macOS).
        folder.chmod(stat.st_mode & 0o7777 | 0o001)


def _grant(folder: Path, mode: int, uid: int) -> None:
    entries = _read_acl(folder) or {
        (_USER_OBJ, _NO_ID): mode >> 6 & 7,
        (_GROUP_OBJ, _NO_ID): mode >> 3 & 7,
        (_OTHER, _NO_ID): mode & 7,
    }
    # A chmod in between changes the mask, and with it what the entry is worth.
    if entries.get((_USER, uid), 0) & entries.get((_MASK, _NO_ID), 0) & _PASS:
        return
    group_class = entries.get((_MASK, _NO_ID), entries[_GROUP_OBJ, _NO_ID])
    entries |= {(_USER, uid): _PASS, (_MASK, _NO_ID): group_class | _PASS}
    packed = (struct.pack("<HHI", tag, bits, owner) for (tag, owner), bits in sorted(entries.items()))
    os.setxattr(folder, _ACL, _ACL_VERSION + b"".join(packed))


def _read_acl(folder: Path) -> dict[tuple[int, int], int]:
    try:
        packed = os.getxattr(folder, _ACL)
    except OSError:
        return {}
    return {(tag, owner): bits for tag, bits, owner in struct.iter_unpack("<HHI", packed[4:])}
