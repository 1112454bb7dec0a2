"""A real PgBouncer in transaction mode in front of the tests' server.

It hands every transaction of a client to another connection of its few, so that whatever counts on a session breaks.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from patience import PATIENCE
from ports import free_port

_SETTINGS = """
[databases]
* = host={socket} port=5432 user=kagzi

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
max_client_conn = 200
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
{user}
"""


@contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """Starts one in front of the embedded server at `url`, and gives the URL through it."""
    parts = urlsplit(url)
    folder, port = Path(tempfile.mkdtemp(prefix="kagzi-pool-")), free_port()
    user = _server_user(Path(parse_qs(parts.query)["host"][0]))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _SETTINGS.format(
            socket=parse_qs(parts.query)["host"][0], port=port, folder=folder, user=f"user = {user}" if user else ""
        )
    )
    if user:
        shutil.chown(folder, user)
    process = subprocess.Popen(
        [_program(), "-q", str(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, folder)
        yield f"postgresql://kagzi@127.0.0.1:{port}{parts.path}?sslmode=disable"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        shutil.rmtree(folder)


def _program() -> str:
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found is not None, "this test needs PgBouncer: `apt-get install pgbouncer`, or your system's package of it"
    return found


def _server_user(place: Path) -> str | None:
    """As whom it must run, where we are root: it refuses that, and the server asks the kernel who is calling."""
    return place.owner() if os.geteuid() == 0 else None


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    log = folder / "pgbouncer.log"
    raise AssertionError(f"PgBouncer did not start: {log.read_text() if log.exists() else process.returncode}")
