"""`kagzi-dsl config`, and settings as commands take them: flags, variables, files."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from patience import PATIENCE
from ports import free_port
from terminal import Terminal, Typed

from kagzi_dsl.config.table import SETTINGS

FLAGS = {
    "--db": "postgresql://flag/x", "--namespace": "flag", "--queue": "flag", "--concurrency": "3", "--lease": "9s",
    "--poll-interval": "9s", "--drain": "9s", "--health-port": "9", "--health-host": "0.0.0.0", "--retention": "9d",
    "--log-level": "error", "--log-format": "text",
}  # fmt: skip


def setting(typed: Typed, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in typed.json["settings"] if one["key"] == key)
    return found


def test_every_value_is_shown_with_its_place(no_database: Terminal) -> None:
    no_database.write("kagzi.toml", 'lease = "10s"\nnamespace = "file"\n')
    typed = no_database.type("config", "--concurrency", "5", KAGZI_NAMESPACE="shop")
    assert typed.status == 0, typed.err
    rows = {line.split()[0]: line.split(None, 2)[1:] for line in typed.out.splitlines()}
    assert rows["lease"] == ["10s", f"{no_database.folder}/kagzi.toml:1"]
    assert rows["namespace"] == ["shop", "KAGZI_NAMESPACE"]
    assert rows["concurrency"] == ["5", "--concurrency"]
    assert rows["drain"] == ["30s", "default"]
    assert set(rows) == {"SETTING", *(one.key for one in SETTINGS)}
    assert typed.err == f"configuration file: {no_database.folder}/kagzi.toml\n"


def test_as_json_a_setting_comes_with_all_its_names(no_database: Terminal) -> None:
    typed = no_database.type("config", "--json", "--retry", "max_attempts=5", "--retry", "max_interval=2m")
    assert setting(typed, "retry.max_attempts") == {
        "key": "retry.max_attempts",
        "value": 5,
        "source": "flag",
        "place": "--retry",
        "variable": "KAGZI_RETRY_MAX_ATTEMPTS",
        "flag": "--retry",
        "default": None,
        "meaning": "Attempts of an activity in all, where neither document nor decorator says.",
    }
    assert setting(typed, "retry.max_interval")["value"] == "2m"
    assert typed.json["file"] is None


def test_every_flag_wins_over_its_variable(no_database: Terminal) -> None:
    flagged = [one for one in SETTINGS if one.flag and one.flag != "--retry"]
    words = [word for one in flagged for word in ([one.flag, FLAGS[one.flag]] if one.flag in FLAGS else [one.flag])]
    variables = {one.variable: "false" for one in flagged if one.default is False}
    typed = no_database.type("config", "--json", *words, KAGZI_NAMESPACE="variable", KAGZI_QUEUES="a,b", **variables)
    for one in flagged:
        shown = setting(typed, one.key)
        assert (shown["source"], shown["place"]) == ("flag", one.flag)
        assert shown["value"] != shown["default"]


def test_a_switch_can_be_turned_off_again(no_database: Terminal) -> None:
    typed = no_database.type("config", "--json", "--no-poll-only", KAGZI_POLL_ONLY="true")
    assert setting(typed, "poll_only")["value"] is False


def test_passwords_are_masked(no_database: Terminal) -> None:
    url = "postgresql://me:hunter2@db.example.org/kagzi?sslpassword=hunter3"
    no_database.write("kagzi.toml", f'db_url = "{url}"\n')
    for typed in (
        no_database.type("config", KAGZI_DB_URL=""),
        no_database.type("config", "--json", KAGZI_DB_URL=""),
        no_database.type("config", "--db", url),
        no_database.type("config", KAGZI_DB_URL=url),
    ):
        assert typed.status == 0
        assert "hunter" not in typed.out + typed.err
        assert "postgresql://me:***@db.example.org/kagzi?sslpassword=***" in typed.out


def test_a_mistake_stops_every_command_that_uses_settings_and_exits_2(no_database: Terminal) -> None:
    no_database.write("kagzi.toml", "[log]\nlevle = 'info'\n")
    for command in (["config"], ["list"], ["worker"], ["db", "status"]):
        typed = no_database.type(*command)
        assert typed.status == 2
        place = f"{no_database.folder}/kagzi.toml:2"
        assert typed.err == f"error: {place}: there is no setting `log.levle`; did you mean `log.level`?\n"


def test_a_wrong_flag_is_wrong_usage(no_database: Terminal) -> None:
    for words, answer in (
        (["--lease", "30"], "'--lease': 30 has no unit; write 30ms, 30s, 30m, 30h or 30d"),
        (["--namespace", " "], "'--namespace': it is empty"),
        (["--retry", "max_attempt=3"], "'max_attempt=3' is not KEY=VALUE with a KEY of max_attempts, "),
        (["--retry", "max_attempts=many"], "'--retry': 'many' is not a whole number"),
    ):
        typed = no_database.type("worker", *words)
        assert typed.status == 2
        assert answer in typed.err


def test_help_and_validate_need_no_settings(no_database: Terminal) -> None:
    no_database.write("kagzi.toml", "nonsense = 1\n")
    no_database.write("flow.yaml", "workflow: flow\nsleep: 1s\n")
    assert no_database.type("worker", "--help").status == 0
    assert no_database.type("validate", "flow.yaml").status == 0


def test_the_file_names_the_database_and_the_namespace_of_runs(terminal: Terminal) -> None:
    url = terminal.env.pop("KAGZI_DB_URL")
    terminal.write("kagzi.toml", f'db_url = "{url}"\nnamespace = "shop"\n')
    terminal.write("flow.yaml", "workflow: flow\nset: done\n")
    assert terminal.type("run", "flow.yaml", "--id", "one").out == '"done"\n'
    assert len(terminal.type("list", "--json").json) == 1
    assert terminal.type("list", "--json", "--namespace", "default").json == []


def test_the_payload_limit_and_the_retry_policy_reach_the_run(terminal: Terminal) -> None:
    terminal.write("big.yaml", "workflow: big\ninput: {type: object, properties: {text: {type: string}}}\nset: 1\n")
    refused = terminal.type("run", "big.yaml", "-i", f"text={'x' * 2000}", KAGZI_PAYLOAD_LIMIT="1000")
    assert refused.status == 2
    assert "error: the input is too large: 2,011 bytes of JSON, over the limit of 1,000" in refused.err
    terminal.write("crash.yaml", "workflow: crash\nactivity: crash\n")
    typed = terminal.type("run", "crash.yaml", "--retry", "max_attempts=2", "--retry", "initial_interval=10ms")
    assert typed.status == 1
    assert typed.err.count("attempt 1 failed") == 1
    assert "attempt 3" not in typed.err
    assert "KAGZI" not in typed.err
    shown = terminal.type("show", typed.run_id, "--json").json
    assert [node["attempt"] for node in shown["nodes"]] == [2]


def test_health_is_answered_where_the_host_says(terminal: Terminal) -> None:
    port = free_port()
    terminal.type("db", "migrate")
    with terminal.typing("worker", "--health-port", str(port), KAGZI_HEALTH_HOST="0.0.0.0") as worker:
        assert worker.line() == "worker for default in default"
        deadline = time.monotonic() + PATIENCE
        # An address that is not the default one, but is this machine all the same.
        while (answer := asked("127.0.0.2", port)) is None and time.monotonic() < deadline:
            pass
        assert answer == b"HTTP/1.1 200"


def asked(host: str, port: int) -> bytes | None:
    """How the answer to a health check begins; None as long as nobody answers."""
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        return connection.recv(12)
    return None
