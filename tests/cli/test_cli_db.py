"""`kagzi-dsl db`, and what the program says of itself."""

from __future__ import annotations

import pytest
from terminal import Terminal

COMMANDS = ["run", "resume", "cancel", "signal", "list", "show", "history", "validate", "config"]
DB_COMMANDS = ["url", "migrate", "status", "roles", "start", "stop", "psql"]


def test_the_embedded_database_is_started_looked_at_used_and_stopped(own_home: Terminal) -> None:
    assert own_home.type("db", "status", "--json").json == {
        "database": "embedded",
        "home": own_home.env["KAGZI_HOME"],
        "running": False,
    }
    started = own_home.type("db", "start")
    assert started.out.startswith("postgresql://")
    assert own_home.type("db", "url").out == started.out
    status = own_home.type("db", "status").out
    assert "running:     yes" in status
    assert "schema:      needs `kagzi-dsl db migrate`" in status
    assert own_home.type("db", "migrate").status == 0
    assert "schema:      up to date" in own_home.type("db", "status").out
    counted = own_home.type("db", "psql", "-At", "-c", "select count(*) from kagzi.runs")
    assert (counted.status, counted.out) == (0, "0\n")
    stopped = own_home.type("db", "stop")
    assert (stopped.status, stopped.err) == (0, "the embedded database is stopped\n")
    assert own_home.type("db", "status", "--json").json["running"] is False


def test_the_url_of_a_database_that_does_not_run_comes_with_a_word_of_warning(own_home: Terminal) -> None:
    typed = own_home.type("db", "url")
    assert typed.out.startswith("postgresql://")
    assert "`kagzi-dsl db start` lets it run" in typed.err


def test_a_server_of_ones_own_is_migrated_once(folder_terminal: Terminal) -> None:
    status = folder_terminal.type("db", "status", "--json").json
    assert status["schema"] == "needs `kagzi-dsl db migrate`"
    first = folder_terminal.type("db", "migrate")
    assert first.err.splitlines() == [*(f"applied {name}" for name in status["pending"]), "the schema is up to date"]
    assert folder_terminal.type("db", "migrate").err == "the schema is up to date\n"
    assert folder_terminal.type("db", "status", "--json").json["schema"] == "up to date"


def test_start_and_stop_are_not_for_a_server_of_ones_own(no_database: Terminal) -> None:
    for command in ("start", "stop"):
        typed = no_database.type("db", command)
        assert typed.status == 2
        assert f"`db {command}` is for the embedded database" in typed.err


def test_a_password_is_never_shown(no_database: Terminal) -> None:
    url = "postgresql://me:hunter2@localhost:1/kagzi"
    for command in (["db", "status"], ["db", "migrate"], ["list"], ["db", "psql", "-c", "select 1"]):
        typed = (
            no_database.type(*command, "--db", url)
            if command[1:2] != ["psql"]
            else no_database.type("db", "psql", "--db", url, "-c", "select 1")
        )
        assert typed.status != 0
        assert "hunter2" not in typed.out + typed.err


def test_every_command_explains_itself_with_an_example(no_database: Terminal) -> None:
    from click.testing import CliRunner

    from kagzi_dsl.cli.main import kagzi_dsl

    for words in [[], *([name] for name in [*COMMANDS, "db"]), *(["db", name] for name in DB_COMMANDS)]:
        shown = CliRunner().invoke(kagzi_dsl, [*words, "--help"], prog_name="kagzi-dsl")
        assert shown.exit_code == 0
        assert "Example" in shown.output, words
        assert "kagzi-dsl " + " ".join(words) in shown.output


def test_the_version_is_the_packages(no_database: Terminal) -> None:
    from kagzi_dsl import __version__

    assert no_database.type("--version").out == f"kagzi-dsl {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["vaildate"], "there is no command 'vaildate'; did you mean 'validate'?"),
        (["flow.yaml"], "did you mean `kagzi-dsl run flow.yaml`?"),
        (["list", "--limit", "0"], "--limit"),
    ],
)
def test_wrong_usage_is_answered_and_exits_2(no_database: Terminal, arguments: list[str], answer: str) -> None:
    typed = no_database.type(*arguments)
    assert typed.status == 2
    assert answer in typed.err


def test_words_are_completed_on_tab(no_database: Terminal) -> None:
    script = no_database.type(_KAGZI_DSL_COMPLETE="bash_source")
    assert "_KAGZI_DSL_COMPLETE=bash_complete" in script.out


def test_closed_standard_streams_do_no_harm(no_database: Terminal) -> None:
    import subprocess

    from terminal import COMMAND

    no_database.write("flow.yaml", "workflow: flow\nsleep: 5s\n")
    script = " ".join([*COMMAND, "validate", "flow.yaml"]) + " <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", script], cwd=no_database.folder, env=no_database.environment(), check=False)
    assert done.returncode == 0
