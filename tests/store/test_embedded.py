"""The embedded server, with real processes: shared, counted, killed, found again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from embedded_processes import environment, psql, using

from kagzi_dsl.errors import ConfigError, DatabaseUnavailable
from kagzi_dsl.runtime import embedded

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kagzi-home-"))
    yield folder / "home"
    embedded.stop(folder / "home", force=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    """A home directory with a data directory that was stopped in good order."""
    folder = Path(tempfile.mkdtemp(prefix="kagzi-home-"))
    embedded.acquire(folder / "home").release()
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def made(pristine: Path, home: Path) -> Path:
    """A copy of that, which starts much faster than one that has to be made."""
    subprocess.run(["cp", "-a", str(pristine), str(home)], check=True)
    return home


def answers(url: str) -> bool:
    return psql(url, "select 1").stdout == "1\n"


def is_running(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def running_pid(home: Path) -> int:
    pid = embedded.status(home).pid
    assert pid is not None
    return pid


def test_a_first_use_makes_a_real_postgresql_with_its_database(home: Path) -> None:
    with embedded.acquire(home) as lease:
        found = psql(lease.url, "select current_database(), current_setting('server_version_num')::int / 10000")
        assert found.stdout == "kagzi|18\n"
        settings = psql(lease.url, "select current_setting('fsync'), current_setting('listen_addresses')").stdout
        assert settings == "on|\n"
    assert embedded.status(home).pid is None


def test_data_outlive_the_server(made: Path) -> None:
    with embedded.acquire(made) as lease:
        assert psql(lease.url, "create table kept (id int)").returncode == 0
    with embedded.acquire(made) as lease:
        assert psql(lease.url, "select count(*) from kept").stdout == "0\n"


def test_two_uses_of_one_process_share_a_server(made: Path) -> None:
    one, two = embedded.acquire(made), embedded.acquire(made)
    assert one.url == two.url
    assert embedded.status(made).users == (os.getpid(), os.getpid())
    one.release()
    one.release()
    assert answers(two.url)
    two.release()
    assert embedded.status(made).users == ()
    assert embedded.status(made).pid is None


def test_the_server_stops_with_its_last_user(made: Path) -> None:
    with using(made) as one, using(made) as two:
        assert one.url() == two.url()
        pid = running_pid(made)
        assert sorted(embedded.status(made).users) == sorted([one.pid, two.pid])
        one.leave()
        assert is_running(pid)
        two.leave()
        assert not is_running(pid)


def test_the_server_survives_the_kill_of_its_starter(made: Path) -> None:
    with using(made) as starter:
        url = starter.url()
        with embedded.acquire(made) as lease:
            starter.kill()
            assert lease.url == url
            assert answers(url)
            assert embedded.status(made).users == (os.getpid(),)
        assert embedded.status(made).pid is None


def test_a_server_left_by_killed_users_is_used_again_and_stopped_by_the_next(made: Path) -> None:
    with using(made) as one, using(made) as two:
        one.url(), two.url()
        pid = running_pid(made)
        one.kill()
        two.kill()
    assert is_running(pid)
    assert embedded.status(made).users == ()
    with embedded.acquire(made) as lease:
        assert running_pid(made) == pid
        assert answers(lease.url)
    assert not is_running(pid)


def test_an_exit_without_release_counts_as_one(made: Path) -> None:
    code = "import sys; from kagzi_dsl.runtime import embedded; embedded.acquire(sys.argv[1]); sys.exit(3)"
    done = subprocess.run([sys.executable, "-c", code, str(made)], env=environment(), check=False)
    assert done.returncode == 3
    assert embedded.status(made).pid is None


def test_a_forked_child_does_not_give_up_its_parents_use(made: Path) -> None:
    code = """
import os, sys
from kagzi_dsl.runtime import embedded
lease = embedded.acquire(sys.argv[1])
if os.fork() == 0:
    lease.release()
    sys.exit(0)
os.wait()
assert embedded.status(sys.argv[1]).users == (os.getpid(),)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(made)], env=environment(), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert embedded.status(made).pid is None


def test_a_process_started_by_a_user_does_not_count_as_one(made: Path) -> None:
    code = """
import subprocess, sys
from kagzi_dsl.runtime import embedded
lease = embedded.acquire(sys.argv[1])
child = subprocess.Popen(["sleep", "60"], close_fds=False)
lease.release()
assert embedded.status(sys.argv[1]).pid is None
child.kill()
child.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(made)], env=environment(), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_many_processes_may_start_it_at_once(home: Path) -> None:
    with using(home) as one, using(home) as two, using(home) as three, embedded.acquire(home) as lease:
        assert {one.url(), two.url(), three.url(), lease.url} == {lease.url}
        assert len(embedded.status(home).users) == 4


def test_a_kept_server_stays_without_users_until_it_is_stopped(made: Path) -> None:
    url = embedded.start_detached(made)
    assert answers(url)
    status = embedded.status(made)
    assert (status.kept, status.users) == (True, ())
    with embedded.acquire(made):
        pass
    assert answers(url)
    assert embedded.stop(made).pid is None
    assert not answers(url)
    with embedded.acquire(made):
        pass
    assert embedded.status(made).pid is None


def test_a_server_in_use_stops_with_its_last_user_unless_forced(made: Path) -> None:
    embedded.start_detached(made)
    with embedded.acquire(made) as lease:
        status = embedded.stop(made)
        assert (status.users, status.kept) == ((os.getpid(),), False)
        assert answers(lease.url)
        assert embedded.stop(made, force=True).pid is None
        assert not answers(lease.url)


def test_looking_starts_nothing_and_makes_nothing(home: Path) -> None:
    status = embedded.status(home)
    assert (status.home, status.pid, status.url, status.users, status.kept) == (home, None, None, (), False)
    assert embedded.stop(home).pid is None
    assert not home.exists()


def test_a_crashed_server_is_started_again(made: Path) -> None:
    lease = embedded.acquire(made)
    psql(lease.url, "create table kept (id int); insert into kept values (1)")
    pid = running_pid(made)
    os.kill(pid, signal.SIGKILL)
    while is_running(pid):
        pass
    with embedded.acquire(made) as again:
        assert running_pid(made) != pid
        assert psql(again.url, "select count(*) from kept").stdout == "1\n"
    lease.release()
    assert embedded.status(made).pid is None


def test_a_lock_file_whose_process_id_was_given_to_another_process_is_no_obstacle(made: Path) -> None:
    with using(made) as user:
        user.url()
        data, folder = made / "postgres", made / "socket"
        running = (data / "postmaster.pid").read_text()
        user.leave()
    stale = running.split("\n", 1)
    (data / "postmaster.pid").write_text(f"{os.getppid()}\n{stale[1]}")
    (folder / ".s.PGSQL.5432.lock").write_text(f"{os.getppid()}\n{stale[1]}")
    for path in (data / "postmaster.pid", folder / ".s.PGSQL.5432.lock"):
        shutil.chown(path, data.stat().st_uid, data.stat().st_gid)
        path.chmod(0o600)
    with embedded.acquire(made) as lease:
        assert answers(lease.url)


def test_a_lock_file_of_a_dead_process_is_no_obstacle(made: Path) -> None:
    gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    (made / "postgres" / "postmaster.pid").write_text(f"{gone}\n{made}/postgres\n1\n5432\n{made}/socket\n\n\nready\n")
    (made / "postgres" / "postmaster.pid").chmod(0o666)
    with embedded.acquire(made) as lease:
        assert answers(lease.url)


def test_a_start_killed_while_the_data_directory_is_made_leaves_nothing_in_the_way(home: Path) -> None:
    while not list(home.glob("postgres.new-*")):
        shutil.rmtree(home, ignore_errors=True)  # on a busy machine it may be made before it is looked for
        with using(home) as starter:
            while not list(home.glob("postgres*")):
                pass
            starter.kill()
    assert not (home / "postgres").exists()
    with embedded.acquire(home) as lease:
        assert answers(lease.url)
    assert not list(home.glob("postgres.new-*"))


def test_a_start_interrupted_while_the_server_comes_up_stops_it(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = time.sleep

    def interrupted(seconds: float) -> None:
        monkeypatch.setattr(time, "sleep", waiting)
        signal.raise_signal(signal.SIGINT)

    log = made / "postgres.log"
    before = log.read_text()
    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.acquire(made)
    assert not (made / "postgres" / "postmaster.pid").exists()
    assert "database system is shut down" in log.read_text()[len(before) :]


def test_a_start_killed_while_the_server_comes_up_is_taken_over(made: Path) -> None:
    with using(made) as starter:
        while not (made / "postgres" / "postmaster.pid").exists():
            pass
        starter.kill()
    with embedded.acquire(made) as lease:
        assert answers(lease.url)
    assert embedded.status(made).pid is None


def test_a_damaged_data_directory_is_a_clear_error_and_left_alone(made: Path) -> None:
    (made / "postgres" / "global" / "pg_control").write_bytes(b"damaged")
    with pytest.raises(DatabaseUnavailable) as raised:
        embedded.acquire(made)
    message = str(raised.value)
    assert "\n" not in message
    assert f"the embedded database in {made}/postgres cannot start" in message
    assert "postgres.log" in message
    assert "move it away" in message
    assert (made / "postgres" / "PG_VERSION").exists()
    assert embedded.status(made).users == ()


def test_an_incomplete_data_directory_is_a_clear_error(made: Path) -> None:
    (made / "postgres" / "PG_VERSION").unlink()
    with pytest.raises(DatabaseUnavailable, match="not a complete PostgreSQL data directory"):
        embedded.acquire(made)


def test_the_data_directory_of_another_version_is_a_clear_error(made: Path) -> None:
    (made / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(DatabaseUnavailable, match="belongs to PostgreSQL 16, and this program brings PostgreSQL 18"):
        embedded.acquire(made)


def test_a_home_that_cannot_be_made_is_a_mistake_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="set KAGZI_HOME"):
        embedded.acquire(tmp_path / "file" / "home")


@pytest.mark.parametrize("name", ["a" * 100, "with space, comma: 'quote' %41 ü \"x\" $HOME"], ids=["long", "strange"])
def test_any_path_will_do(pristine: Path, home: Path, name: str) -> None:
    place = home / name
    place.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", str(pristine), str(place)], check=True)
    with embedded.acquire(place) as lease:
        assert answers(lease.url)
        folder = Path(parse_qs(urlsplit(lease.url).query)["host"][0])
        assert folder.stat().st_mode & 0o777 == 0o700
    with embedded.acquire(place) as lease:
        assert answers(lease.url)
    assert not list(folder.parent.glob(f"{folder.name}/*"))


def test_a_short_directory_that_somebody_else_prepared_is_not_used(pristine: Path, home: Path) -> None:
    place = home / ("a" * 100)
    place.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", str(pristine), str(place)], check=True)
    trap = Path(tempfile.mkdtemp(prefix="trap-"))
    trap.chmod(0o777)
    (place / "socket").rmdir()
    (place / "socket").symlink_to(trap)
    with embedded.acquire(place) as lease:
        assert answers(lease.url)
        assert str(trap) not in lease.url.replace("%2F", "/")
        assert list(trap.iterdir()) == []
    trap.rmdir()


def test_a_relative_home_is_resolved(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.parent)
    with embedded.acquire("home") as lease:
        assert embedded.status(made).url == lease.url


def test_the_default_home_is_kagzi_home_or_the_users_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGZI_HOME", "/some/where")
    assert embedded.default_home() == Path("/some/where")
    monkeypatch.delenv("KAGZI_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert embedded.default_home().name == "kagzi-dsl"


def test_settings_of_other_postgresqls_in_the_environment_do_not_matter(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nowhere", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    with embedded.acquire(made) as lease:
        assert answers(lease.url)


def test_files_of_the_database_are_private(made: Path) -> None:
    with embedded.acquire(made):
        for name in ("postgres", "socket", "users"):
            assert (made / name).stat().st_mode & 0o077 == 0, name
        for name in ("lock", "postgres.log"):
            assert (made / name).stat().st_mode & 0o077 == 0, name
        assert made.stat().st_mode & 0o007 == 0


if AS_ROOT:  # who else could become another user?

    @pytest.mark.parametrize("stranger", ["nobody", "daemon"])
    def test_another_user_of_the_system_cannot_connect(made: Path, stranger: str) -> None:
        with embedded.acquire(made) as lease:
            refused = psql(lease.url, "select 1", user=stranger)
            assert refused.returncode != 0
            assert "Permission denied" in refused.stderr

    @pytest.mark.parametrize("stranger", ["nobody", "daemon"])
    def test_another_user_is_refused_by_the_server_even_where_the_directories_stand_open(
        made: Path, stranger: str
    ) -> None:
        with embedded.acquire(made) as lease:
            for path in (made.parent, made, made / "socket", made / "socket" / ".s.PGSQL.5432"):
                path.chmod(0o777)
            refused = psql(lease.url, "select 1", user=stranger)
            assert refused.returncode != 0
            assert "peer authentication failed" in refused.stderr.lower()

    def test_as_root_the_server_runs_as_another_user_who_may_only_pass_through(home: Path) -> None:
        with embedded.acquire(home):
            owner = psutil.Process(running_pid(home)).username()
            assert owner == "kagzi-postgres"
            listing = subprocess.run(["ls", str(home)], user=owner, group=owner, capture_output=True, check=False)
            assert listing.returncode != 0
        # The directory above was made for root alone, and stays so for everybody else.
        assert home.parent.stat().st_mode & 0o007 == 0

    def test_an_ordinary_user_runs_the_server_as_himself(home: Path) -> None:
        home.mkdir()
        shutil.chown(home, "nobody")
        home.parent.chmod(0o711)
        with using(home, user="nobody") as user:
            url = user.url()
            assert psutil.Process(running_pid(home)).username() == "nobody"
            assert psql(url, "select 1", user="nobody").stdout == "1\n"
            refused = psql(url, "select 1", user="daemon")
            assert "Permission denied" in refused.stderr
            user.leave()
        assert embedded.status(home).pid is None

    def test_root_and_the_owner_can_take_turns_in_the_owners_home(home: Path) -> None:
        home.mkdir()
        shutil.chown(home, "nobody")
        home.parent.chmod(0o711)
        with embedded.acquire(home) as lease:
            assert answers(lease.url)
            assert psutil.Process(running_pid(home)).username() == "nobody"
            with using(home, user="nobody") as user:
                assert user.url() == lease.url
                user.leave()
        with using(home, user="nobody") as user:
            assert psql(user.url(), "select 1", user="nobody").stdout == "1\n"
            user.leave()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("performing setup\ninitdb: error: no space left\nhint", "initdb: error: no space left"),
        (
            'backend> 2026-01-01 ERROR:  database "kagzi" already exists\nSTATEMENT: x',
            'backend> 2026-01-01 ERROR:  database "kagzi" already exists',
        ),
        ("LOG:  starting\nFATAL:  lock file exists", "FATAL:  lock file exists"),
        ("only this\nand that", "only this"),
        ("", "exit status 3"),
    ],
)
def test_of_what_postgresql_says_the_line_that_tells_is_told(output: str, reason: str) -> None:
    from kagzi_dsl.runtime.embedded.cluster import _reason

    assert _reason(subprocess.CalledProcessError(3, "postgres", output=output)) == reason
