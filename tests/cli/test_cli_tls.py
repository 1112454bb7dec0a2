"""Encrypted connections, by commands: certificates are checked as the URL asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from terminal import Terminal, Typed
from tls_server import PASSWORD, TlsServer, tls_server


@pytest.fixture(scope="module")
def server() -> Iterator[TlsServer]:
    with tls_server() as server:
        yield server


def looked(terminal: Terminal, url: str) -> Typed:
    return terminal.type("db", "status", "--db", url)


def test_a_run_is_kept_over_a_connection_whose_certificate_is_checked(no_database: Terminal, server: TlsServer) -> None:
    no_database.env["KAGZI_DB_URL"] = server.url("sslmode=verify-full", "sslrootcert={}/ca.crt")
    assert no_database.type("db", "migrate").status == 0
    no_database.write("flow.yaml", "workflow: flow\nactivity: mark\nwith: {what: safe}\n")
    assert no_database.type("run", "flow.yaml").out == '"safe"\n'


@pytest.mark.parametrize(
    "options", [["sslmode=require"], ["sslmode=prefer"], [], ["sslmode=verify-ca", "sslrootcert={}/ca.crt"]]
)
def test_every_mode_that_encrypts_is_let_in(no_database: Terminal, server: TlsServer, options: list[str]) -> None:
    typed = looked(no_database, server.url(*options, host="127.0.0.1"))
    assert typed.status == 0, typed.err


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["sslmode=disable"], "no encryption"),
        (["sslmode=verify-ca", "sslrootcert={}/other.crt"], "certificate verify failed"),
        (["sslmode=verify-full", "sslrootcert={}/ca.crt"], "certificate verify failed"),
        (
            ["sslmode=verify-full", "sslrootcert={}/nowhere.crt"],
            "nowhere.crt as its sslrootcert, and there is no such file",
        ),
        (["sslmode=sometimes"], "sslmode"),
        (["sslmode=require", "channel_binding=require"], "channel_binding=require, which is not supported"),
    ],
)
def test_what_cannot_be_had_is_refused_and_the_password_not_shown(
    no_database: Terminal, server: TlsServer, options: list[str], answer: str
) -> None:
    # The certificate is for `localhost`, so this name is not what it says.
    typed = looked(no_database, server.url(*options, host="127.0.0.1"))
    assert typed.status != 0
    assert answer in typed.err
    assert PASSWORD not in typed.err + typed.out


def test_a_certificate_is_a_login(no_database: Terminal, server: TlsServer) -> None:
    keys = ["sslmode=require", "sslcert={}/client.crt", "sslkey={}/client.key"]
    typed = looked(no_database, server.url(*keys, login="by_certificate"))
    assert typed.status == 0, typed.err
    assert looked(no_database, server.url("sslmode=require", login="by_certificate")).status == 1


def test_a_password_may_stand_in_a_file(no_database: Terminal, server: TlsServer) -> None:
    file = no_database.folder / "passwords"
    file.write_text(f"localhost:{server.port}:*:kagzi:{PASSWORD}\n")
    file.chmod(0o600)
    typed = looked(no_database, server.url("sslmode=require", f"passfile={file}", login="kagzi"))
    assert typed.status == 0, typed.err


def test_psql_is_handed_the_url_and_no_password_in_its_arguments(no_database: Terminal, server: TlsServer) -> None:
    url = server.url("sslmode=require", f"password={PASSWORD}", login="kagzi")
    typed = no_database.type(
        "db", "psql", "--db", url, "-Atc", "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
    )
    assert (typed.status, typed.out) == (0, "t\n"), typed.err
