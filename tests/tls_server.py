"""A PostgreSQL that speaks nothing but TLS: the system's, since the embedded one is built without it.

Its certificate is for `localhost`, signed by an authority of its own; so is a client's, for the login `by_certificate`.
The login `kagzi` has a password.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patience import PATIENCE
from ports import free_port

PASSWORD = "hunter2"
_HBA = """
local all all trust
hostssl all kagzi 127.0.0.1/32 scram-sha-256
hostssl all by_certificate 127.0.0.1/32 cert
"""


@dataclass(frozen=True, slots=True)
class TlsServer:
    """Where it is: `folder` holds `ca.crt`, `other.crt` (another authority), `client.crt` and `client.key`."""

    port: int
    folder: Path

    def url(self, *options: str, host: str = "localhost", login: str = f"kagzi:{PASSWORD}") -> str:
        """A URL with these options, such as `sslmode=require`; `{}` in them is the folder."""
        query = "&".join(options).replace("{}", str(self.folder))
        return f"postgresql://{login}@{host}:{self.port}/postgres?{query}"


@contextmanager
def tls_server() -> Iterator[TlsServer]:
    """Starts one, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kagzi-tls-"))
    user = "postgres" if os.geteuid() == 0 else None
    _certificates(folder)
    if user:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    data = folder / "data"
    _run(
        user, _program("initdb"), "-D", data, "-U", "kagzi", "--pwfile", folder / "password", "-E", "UTF8", "--no-sync"
    )
    (data / "pg_hba.conf").write_text(_HBA)
    port = free_port()
    settings = {
        "ssl": "on", "ssl_cert_file": folder / "server.crt", "ssl_key_file": folder / "server.key",
        "ssl_ca_file": folder / "ca.crt", "listen_addresses": "127.0.0.1", "port": port, "fsync": "off",
        "unix_socket_directories": folder,
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([_program("postgres"), "-D", data, *options], stderr=log, stdout=log, user=_id(user))
    try:
        _wait_for(port, process, folder / "log")
        psql = [_program("psql"), "-h", str(folder), "-p", str(port), "-U", "kagzi", "-d", "postgres"]
        _run(None, *psql, "-c", "create role by_certificate superuser login")
        yield TlsServer(port, folder)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        shutil.rmtree(folder)


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    found = next((place / name for place in reversed(places) if (place / "postgres").exists()), shutil.which(name))
    assert found is not None, "this test needs a PostgreSQL built with TLS: `apt-get install postgresql`"
    return str(found)


def _certificates(folder: Path) -> None:
    assert shutil.which("openssl"), "this test needs openssl: `apt-get install openssl`"
    for authority in ("ca", "other"):
        _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
                 "-keyout", f"{authority}.key", "-out", f"{authority}.crt")  # fmt: skip
    for name, subject, more in (
        ("server", "/CN=localhost", "subjectAltName=DNS:localhost"),
        ("client", "/CN=by_certificate", "extendedKeyUsage=clientAuth"),
    ):
        (folder / "extensions").write_text(more)
        _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key",
                 "-out", f"{name}.csr")  # fmt: skip
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "2", "-extfile", "extensions", "-out", f"{name}.crt")  # fmt: skip
        (folder / f"{name}.key").chmod(0o600)


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run([*map(str, command)], check=True, capture_output=True, user=_id(user), cwd="/")


def _id(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_uid


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0 and "ready to accept" in log.read_text():
                return
        time.sleep(0.01)
    raise AssertionError(f"the server did not start: {log.read_text()}")
