"""What may stand in a database's URL, and what the connection makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from kagzi_dsl.errors import ConfigError, DatabaseUnavailable
from kagzi_dsl.runtime.store.postgres.address import parse
from kagzi_dsl.runtime.store.postgres.connection import one_connection
from kagzi_dsl.runtime.store.postgres.migrate import errand


async def asked(url: str, *names: str) -> Mapping[str, Any]:
    """Some settings of a session that this URL opens."""
    connection = await one_connection(errand(url))
    try:
        return {name: await connection.fetchval("select current_setting($1)", name) for name in names}
    finally:
        await connection.close()


def host_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


async def test_options_reach_the_session(database_url: str) -> None:
    options = quote("-c statement_timeout=7s -c search_path=elsewhere", safe="")
    url = f"{database_url}&options={options}&application_name=shop&connect_timeout=5&target_session_attrs=read-write"
    assert await asked(url, "application_name", "statement_timeout", "search_path") == {
        "application_name": "shop",
        "statement_timeout": "7s",
        "search_path": "elsewhere",
    }
    assert parse(url).connect_timeout == 5


async def test_without_a_name_of_its_own_the_session_has_ours(database_url: str) -> None:
    assert await asked(database_url, "application_name") == {"application_name": "kagzi-dsl"}
    named = f"{database_url}&fallback_application_name=other"
    assert await asked(named, "application_name") == {"application_name": "other"}


async def test_the_first_of_several_hosts_that_answers_is_used(database_url: str) -> None:
    socket, database = quote(host_of(database_url), safe=""), urlsplit(database_url).path
    url = f"postgresql://kagzi@{database}?host=/nowhere,{socket}&port=5432,5432&connect_timeout=20"
    assert await asked(url, "port") == {"port": "5432"}
    with pytest.raises(DatabaseUnavailable):
        await asked(f"{url}&target_session_attrs=standby", "port")


async def test_a_service_file_holds_options_and_the_url_wins(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "services.conf"
    file.write_text(
        f"# comment\n[shop]\nhost={host_of(database_url)}\nport=5432\nuser=kagzi\n"
        f"dbname={urlsplit(database_url).path[1:]}\napplication_name=by service\nconnect_timeout=9\n"
    )
    assert await asked(f"postgresql:///?service=shop&servicefile={file}", "application_name") == {
        "application_name": "by service"
    }
    named = f"postgresql:///?service=shop&servicefile={file}&application_name=by%20url"
    assert await asked(named, "application_name") == {"application_name": "by url"}
    assert parse(named).connect_timeout == 9


def test_a_service_is_found_where_libpq_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pg_service.conf").write_text("[shop]\nhost=db.example.org\ndbname=orders\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))
    assert parse("postgresql:///?service=shop").place == "db.example.org/orders"
    monkeypatch.setenv("PGSERVICE", "shop")
    assert parse("postgresql://me@/").place == "db.example.org/orders"
    monkeypatch.setenv("PGSERVICE", "shpo")
    with pytest.raises(ConfigError, match=r"there is no service 'shpo'; did you mean `shop`\?"):
        parse("postgresql://me@/")


def test_a_file_of_passwords_is_handed_on(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.touch()
    assert parse(f"postgresql://db/x?passfile={file}").passfile == file
    with pytest.raises(ConfigError, match="as its passfile, and there is no such file"):
        parse(f"postgresql://db/x?passfile={file}.gone")


@pytest.mark.parametrize(
    ("option", "answer"),
    [
        ("sslmod=require", r"an option 'sslmod' .*; did you mean `sslmode`\?"),
        ("statement_timeout=5s", "options=-c%20statement_timeout%3D5s"),
        ("requirepeer=postgres", "asks for requirepeer, which is not supported"),
        ("gssencmode=require", "asks for gssencmode=require, which is not supported"),
        ("hostaddr=10.0.0.1&sslmode=verify-full", "needs `host`, not `hostaddr`"),
        ("connect_timeout=soon", "cannot be read"),
    ],
)
def test_what_is_no_option_or_cannot_be_had_is_said(option: str, answer: str) -> None:
    with pytest.raises(ConfigError, match=answer) as raised:
        parse(f"postgresql://me:hunter2@db/x?{option}")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("place", ["db:abc/x", "a:1,b:99999/x", "[::1]:0/x", "/x?host=db&port=5432,abc"])
def test_a_port_that_is_none_is_named(place: str) -> None:
    with pytest.raises(ConfigError, match=r"has the port '(abc|99999|0)'; a port is a number from 1 to 65535"):
        parse(f"postgresql://{place}")


@pytest.mark.parametrize(
    ("url", "handed_on", "place"),
    [
        ("postgresql+asyncpg://me@db/x", "postgresql://me@db/x", "db/x"),
        ("postgres://a:1,b:2/x?gssencmode=disable&keepalives=1", "postgresql://a:1,b:2/x", "a:1,b:2/x"),
        ("postgresql://me@db/x?hostaddr=10.0.0.1&port=6", "postgresql://me@10.0.0.1:6/x", "10.0.0.1:6/x"),
        ("postgresql:///x?hostaddr=::1", "postgresql://[::1]/x", "[::1]/x"),
        ("postgresql://db/x?channel_binding=prefer&sslmode=require", "postgresql://db/x?sslmode=require", "db/x"),
    ],
)
def test_what_the_driver_is_handed(url: str, handed_on: str, place: str) -> None:
    assert (parse(url).url, parse(url).place) == (handed_on, place)
