"""The configuration file: which one is found, what it may say, and where its mistakes are."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import ROOT
from docs.pages import blocks_of

from kagzi_dsl.config import Configuration, Origin, load, table
from kagzi_dsl.errors import ConfigError


def loaded(folder: Path, **environ: str) -> Configuration:
    return load(environ, folder)


def problems(folder: Path, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(environ, folder)
    return str(raised.value).replace(f"{folder}/", "").splitlines()


def test_without_a_file_and_variables_every_setting_has_its_default(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert all(found.value(setting) == setting.default for setting in table.SETTINGS)
    assert all(found.origin(setting) == Origin("default") for setting in table.SETTINGS)
    assert found.file is None


def test_the_nearest_file_above_the_folder_counts_alone(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "kagzi.toml").write_text('namespace = "far"\nlease = "5s"\n')
    assert loaded(inner).value(table.NAMESPACE) == "far"
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.kagzi-dsl]\nnamespace = "near"\n')
    found = loaded(inner)
    assert (found.value(table.NAMESPACE), found.value(table.LEASE)) == ("near", 30_000)
    assert found.file == tmp_path / "a" / "pyproject.toml"


def test_a_project_file_without_our_table_is_passed_over_whatever_its_state(tmp_path: Path) -> None:
    inner = tmp_path / "project"
    inner.mkdir()
    (tmp_path / "kagzi.toml").write_text('namespace = "outer"\n')
    for text in ('[project]\nname = "x"\n', "not TOML at all", "[tool]\n"):
        (inner / "pyproject.toml").write_text(text)
        assert loaded(inner).value(table.NAMESPACE) == "outer"
    (inner / "pyproject.toml").write_bytes(b"\xff")
    assert loaded(inner).value(table.NAMESPACE) == "outer"


def test_of_two_files_in_one_folder_ours_counts(tmp_path: Path) -> None:
    (tmp_path / "kagzi.toml").write_text('namespace = "ours"\n')
    (tmp_path / "pyproject.toml").write_text('[tool.kagzi-dsl]\nnamespace = "project"\n')
    assert loaded(tmp_path).value(table.NAMESPACE) == "ours"


def test_values_have_the_types_of_toml_and_tables_may_be_written_in_every_way(tmp_path: Path) -> None:
    (tmp_path / "kagzi.toml").write_text(
        'queues = ["a", "b"]\npoll_only = true\nconcurrency = 1_000\nretry = {max_attempts = 7}\n'
        'log.level = "debug"\n[scheduler]\ninterval_secs = 0.5\n'
    )
    found = loaded(tmp_path)
    assert found.value(table.QUEUES) == ("a", "b")
    assert found.value(table.POLL_ONLY) is True
    assert found.value(table.CONCURRENCY) == 1_000
    assert found.value(table.RETRY_MAX_ATTEMPTS) == 7
    assert found.value(table.LOG_LEVEL) == "debug"
    assert found.value(table.SCHEDULER_INTERVAL_SECS) == 0.5
    places = [found.origin(one).place for one in (table.RETRY_MAX_ATTEMPTS, table.SCHEDULER_INTERVAL_SECS)]
    assert places == [f"{tmp_path / 'kagzi.toml'}:4", f"{tmp_path / 'kagzi.toml'}:7"]


def test_a_relative_folder_is_seen_from_the_file(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "kagzi.toml").write_text('home = "data"\n')
    assert loaded(inner).value(table.HOME) == tmp_path / "data"
    assert loaded(inner, KAGZI_HOME="mine").value(table.HOME) == inner / "mine"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\nconcurency = 3\n", "kagzi.toml:2: there is no setting `concurency`; did you mean `concurrency`?"),
        ("[log]\nlevle = 'info'", "kagzi.toml:2: there is no setting `log.levle`; did you mean `log.level`?"),
        ("[sheduler]\nbatch_size = 1", "kagzi.toml:1: there is no setting `sheduler`; did you mean `scheduler`?"),
        ("lease = 30", "kagzi.toml:1: lease: 30 has no unit; write 30ms, 30s, 30m, 30h or 30d"),
        ("lease = '1ms'", "kagzi.toml:1: lease: 1ms is too short; 1s is the least"),
        ("concurrency = 0", "kagzi.toml:1: concurrency: 0 is too small; 1 is the least"),
        ("concurrency = true", "kagzi.toml:1: concurrency: true is not a whole number"),
        ("health_port = 70000", "kagzi.toml:1: health_port: 70,000 is too large; 65,535 is the most"),
        ("queues = []", "kagzi.toml:1: queues: it is empty"),
        ("queues = ['']", "kagzi.toml:1: queues: it is empty"),
        ("queues = [1]", "kagzi.toml:1: queues: 1 is not a text; write it in quotes"),
        ("poll_only = 'perhaps'", "kagzi.toml:1: poll_only: 'perhaps' is neither true nor false"),
        ("log.format = 'jsno'", "kagzi.toml:1: log.format: 'jsno' is not one of them; did you mean `json`?"),
        ("scheduler.interval_secs = '1s'", "kagzi.toml:1: scheduler.interval_secs: '1s' is not a number of seconds"),
        (
            "db_url = 'mysql://x'",
            "kagzi.toml:1: db_url: a database URL looks like postgresql://user:password@host:5432/database",
        ),
        ("lease = ", "kagzi.toml: it is not TOML: Invalid value (at end of document)"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "kagzi.toml").write_text(text)
    assert problems(tmp_path) == [problem]


def test_all_mistakes_of_a_file_and_the_variables_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.kagzi-dsl]\nnope = 1\npool_size = 1\n")
    assert [line.partition("; ")[0] for line in problems(tmp_path, KAGZI_LEASE="soon", KAGZI_NAMESPCE="x")] == [
        "pyproject.toml:2: there is no setting `nope`",
        "pyproject.toml:3: pool_size: 1 is too small",
        "KAGZI_LEASE: 'soon' is not a duration",
        "KAGZI_NAMESPCE: there is no such variable",
    ]


def test_what_is_not_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nkagzi-dsl = 3\n")
    assert problems(tmp_path) == ["pyproject.toml: tool.kagzi-dsl is not a table"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "kagzi.toml").mkdir()
    assert problems(tmp_path) == [
        f"kagzi.toml: it cannot be read: [Errno 21] Is a directory: '{tmp_path}/kagzi.toml'".replace(f"{tmp_path}/", "")
    ]


def test_the_file_in_the_documentation_is_one(tmp_path: Path) -> None:
    [block] = [block for block in blocks_of(ROOT / "docs" / "operations.md") if block.word == "toml"]
    (tmp_path / "kagzi.toml").write_text(block.text)
    assert loaded(tmp_path).value(table.QUEUES) == ("orders", "mail")
