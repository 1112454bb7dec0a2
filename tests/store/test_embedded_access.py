"""What the server's account is let through to, and nothing more."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from embedded_processes import environment

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded import account as accounts
from kagzi_dsl.runtime.embedded import postmaster, sockets
from kagzi_dsl.runtime.embedded.account import Account, let_read, let_through
from kagzi_dsl.runtime.embedded.home import Home, home_at
from kagzi_dsl.runtime.embedded.postmaster import last_words

STRANGER = Account("stranger", 54321, 54321, foreign=True)
MYSELF = Account("myself", os.geteuid(), os.getegid(), foreign=False)
ACL = "system.posix_acl_access"


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """A file two private directories down."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    for each in (folder, folder.parent):
        each.chmod(0o700)
    return folder / "data"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def acl_of(path: Path) -> dict[tuple[int, int], int]:
    return {(tag, owner): bits for tag, bits, owner in struct.iter_unpack("<HHI", os.getxattr(path, ACL)[4:])}


def test_one_account_may_pass_through_private_directories_and_nobody_else(nested: Path) -> None:
    let_through(nested, STRANGER)
    for folder in (nested.parent, nested.parent.parent):
        assert mode(folder) & 0o007 == 0
        # Named users are tag 2, the owner's group 4, others 32 (acl(5)).
        entries = acl_of(folder)
        assert entries[2, STRANGER.uid] == 1
        assert entries[4, 0xFFFFFFFF] == entries[32, 0xFFFFFFFF] == 0


def test_letting_through_twice_changes_nothing(nested: Path) -> None:
    let_through(nested, STRANGER)
    first = acl_of(nested.parent)
    let_through(nested, STRANGER)
    assert acl_of(nested.parent) == first


def test_two_accounts_can_be_let_through(nested: Path) -> None:
    let_through(nested, STRANGER)
    let_through(nested, Account("other", 54322, 54322, foreign=True))
    entries = acl_of(nested.parent)
    assert (entries[2, 54321], entries[2, 54322]) == (1, 1)


def test_without_access_control_lists_everybody_may_pass_but_not_list(
    nested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(accounts.os, "setxattr", refuse)
    let_through(nested, STRANGER)
    assert mode(nested.parent) == 0o701


def test_a_directory_that_cannot_be_opened_is_named_with_what_to_do(
    nested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(accounts.os, "setxattr", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(DatabaseUnavailable, match=r"runs as stranger, which cannot pass through .*inner .*chmod o\+x"):
        let_through(nested, STRANGER)


def test_nothing_is_changed_for_the_own_account_or_where_everybody_may_pass(nested: Path) -> None:
    let_through(nested, MYSELF)
    assert mode(nested.parent) == 0o700
    nested.parent.chmod(0o711)
    let_through(nested, STRANGER)
    with pytest.raises(OSError):  # noqa: PT011 - its number differs between systems
        os.getxattr(nested.parent, ACL)


def test_files_of_a_private_installation_become_readable(tmp_path: Path) -> None:
    program, library = tmp_path / "bin" / "postgres", tmp_path / "lib" / "libpq.so"
    for path, bits in ((program, 0o700), (library, 0o600)):
        path.parent.mkdir(mode=0o700)
        path.write_text("")
        path.chmod(bits)
    tmp_path.chmod(0o700)
    let_read(tmp_path, MYSELF)
    assert mode(tmp_path) == 0o700
    let_read(tmp_path, STRANGER)
    assert [mode(path) for path in (tmp_path, program.parent, program, library)] == [0o755, 0o755, 0o755, 0o644]


def test_the_last_fatal_words_of_a_log_are_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x LOG:  starting\nx FATAL:  first\nx HINT:  why\nx FATAL:  could not read\nx LOG:  shut down\n")
    assert last_words(log) == "could not read"
    with log.open("a") as more:
        more.write("x FATAL:  the database system is starting up\nx FATAL:  the database system is in recovery mode\n")
    assert last_words(log) == "could not read"
    log.write_text("sh: postgres: not found\n")
    assert last_words(log) == "sh: postgres: not found"
    log.write_text("")
    assert last_words(log) == "it said nothing"


def test_a_large_log_is_put_aside_when_the_server_starts(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.log.write_text("x" * 1_000_001)
    postmaster._rotate(home)
    assert not home.log.exists()
    assert (tmp_path / "postgres.log.1").stat().st_size == 1_000_001


def test_a_socket_directory_is_short_private_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 120)))
    home = Home(tmp_path / ("a" * 110))
    home.path.mkdir()
    first = sockets.choose(home, MYSELF)
    assert len(str(first / sockets.NAME)) <= 107
    assert mode(first) == 0o700
    assert sockets.choose(home, MYSELF) == first
    sockets.forget(home)
    assert not first.exists()
    assert not home.socket.is_symlink()


def test_where_no_short_directory_can_be_had_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_LIMIT", 10)
    with pytest.raises(DatabaseUnavailable, match="set KAGZI_HOME to a shorter path"):
        sockets.choose(home_at(tmp_path), MYSELF)


def test_another_process_at_work_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    home = home_at(tmp_path)
    with (
        home.locked(),
        pytest.raises(DatabaseUnavailable, match="starting or stopping the embedded database"),
        home.locked(wait_s=0.01),
    ):
        pass


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    home = home_at(tmp_path)
    with pytest.raises(ZeroDivisionError), home.locked():
        raise ZeroDivisionError
    with home.locked(wait_s=0.01):
        pass


if os.geteuid() == 0:

    def test_a_user_without_a_name_is_told_what_to_do(tmp_path: Path) -> None:
        code = """
import os, platformdirs, sys
from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime import embedded
os.setgroups([]), os.setgid(54321), os.setuid(54321)
try:
    embedded.acquire(sys.argv[1])
except DatabaseUnavailable as error:
    print(error)
"""
        home = tmp_path / "home"
        home.mkdir()
        os.chown(home, 54321, 54321)
        let_through(home / "x", STRANGER)
        done = subprocess.run(
            [sys.executable, "-c", code, str(home)],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            cwd="/",
        )
        assert "user id 54321 has no name on this system" in done.stdout, done.stderr
        assert "KAGZI_DB_URL" in done.stdout
