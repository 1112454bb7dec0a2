"""Settings in the environment, and the order in which places count."""

from __future__ import annotations

from pathlib import Path

import pytest

from kagzi_dsl.config import Origin, load, table
from kagzi_dsl.config.kinds import masked
from kagzi_dsl.errors import ConfigError

TYPICAL = {
    "db_url": "postgresql://localhost/x", "home": "/data", "queues": "a,b", "health_port": "8080", "lease": "5s",
    "poll_interval": "2s", "drain": "1m", "log.level": "debug", "log.format": "json", "retention": "30d",
    "retry.initial_interval": "2s", "retry.max_interval": "1h", "payload.limit": "5000",
    "payload.warn": "5000", "retry.max_elapsed": "2h",
    "namespace": "eu", "pooler": "true", "poll_only": "yes", "retry.non_retryable_errors": "NotFound",
}  # fmt: skip


@pytest.mark.parametrize("setting", table.SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_can_be_given_by_its_variable_and_in_the_file(setting: table.Setting, tmp_path: Path) -> None:
    text = TYPICAL.get(setting.key, "7")
    (tmp_path / "kagzi.toml").write_text(f'{setting.key} = "{text}"\n')
    by_file = load({}, tmp_path)
    by_variable = load({setting.variable: text}, tmp_path)
    assert by_file.value(setting) == by_variable.value(setting) != setting.default
    assert by_file.origin(setting) == Origin("file", f"{tmp_path}/kagzi.toml:1")
    assert by_variable.origin(setting) == Origin("variable", setting.variable)


def test_variables_are_named_after_the_keys() -> None:
    names = {setting.variable for setting in table.SETTINGS}
    assert {
        "KAGZI_DB_URL", "KAGZI_HOME", "KAGZI_NAMESPACE", "KAGZI_SCHEDULER_INTERVAL_SECS", "KAGZI_SCHEDULER_BATCH_SIZE",
        "KAGZI_SCHEDULER_MAX_WORKFLOWS_PER_TICK", "KAGZI_LOG_LEVEL",
    } <= names  # fmt: skip


def test_a_flag_wins_over_a_variable_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "kagzi.toml").write_text('namespace = "file"\n')
    found = load({"KAGZI_NAMESPACE": "variable"}, tmp_path)
    assert found.value(table.NAMESPACE) == "variable"
    flagged = found.with_flag(table.NAMESPACE, "flag", "--namespace")
    assert flagged.value(table.NAMESPACE) == "flag"
    assert flagged.origin(table.NAMESPACE) == Origin("flag", "--namespace")
    assert found.value(table.NAMESPACE) == "variable"


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    assert load({"KAGZI_DB_URL": ""}, tmp_path).value(table.DB_URL) is None


def test_variables_of_ours_that_are_no_settings_and_those_of_kubernetes_are_left_alone(tmp_path: Path) -> None:
    others = {
        "KAGZI_SECRET_TOKEN": "x", "KAGZI_HTTP_ALLOW": "a", "KAGZI_PORT": "tcp://10.0.0.1:80",
        "KAGZI_SERVICE_HOST": "x", "KAGZI_WEB_SERVICE_PORT_HTTP": "80", "KAGZI_PORT_80_TCP_ADDR": "x", "OTHER": "y",
    }  # fmt: skip
    assert load(others, tmp_path).found == {}


def test_a_misspelt_variable_is_an_error_that_says_which_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^KAGZI_DB_ULR: there is no such variable; did you mean `KAGZI_DB_URL`\?$"):
        load({"KAGZI_DB_ULR": "postgresql://x"}, tmp_path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@db/kagzi", "postgresql://me:***@db/kagzi"),
        ("postgresql://me:hunter2@a:1,b:2/k?x=1", "postgresql://me:***@a:1,b:2/k?x=1"),
        ("postgresql://me@db/k?password=hunter2&a=b", "postgresql://me@db/k?password=***&a=b"),
        ("postgresql://db/k?sslpassword=hunter2", "postgresql://db/k?sslpassword=***"),
        ("postgresql://me:hunter2@[::1/kagzi", "***"),
        ("postgresql://me:hun@ter2@db/kagzi", "postgresql://me:***@db/kagzi"),
    ],
)
def test_passwords_are_masked_wherever_they_stand_in_a_url(url: str, shown: str) -> None:
    assert masked(url) == shown
