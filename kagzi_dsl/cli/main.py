"""The command `kagzi-dsl`: finds the subcommand, loads it alone, and turns errors into lines and an exit status."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from kagzi_dsl.cli import ctrl_c
from kagzi_dsl.cli.debug import Flags, debug_option
from kagzi_dsl.cli.exits import INTERRUPTED, PIPE_CLOSED, USAGE, report_error

COMMANDS = {
    "run": "kagzi_dsl.cli.run:run",
    "start": "kagzi_dsl.cli.start:start",
    "resume": "kagzi_dsl.cli.run:resume",
    "retry": "kagzi_dsl.cli.again:retry",
    "rerun": "kagzi_dsl.cli.again:rerun",
    "migrate": "kagzi_dsl.cli.migrate:migrate",
    "cancel": "kagzi_dsl.cli.steer:cancel",
    "terminate": "kagzi_dsl.cli.steer:terminate",
    "pause": "kagzi_dsl.cli.steer:pause",
    "unpause": "kagzi_dsl.cli.steer:unpause",
    "signal": "kagzi_dsl.cli.steer:signal",
    "wait": "kagzi_dsl.cli.wait:wait",
    "watch": "kagzi_dsl.cli.wait:watch",
    "list": "kagzi_dsl.cli.look:list_",
    "show": "kagzi_dsl.cli.look:show",
    "history": "kagzi_dsl.cli.look:history",
    "verify": "kagzi_dsl.cli.verify:verify",
    "apply": "kagzi_dsl.cli.apply:apply",
    "schedule": "kagzi_dsl.cli.schedule:schedule",
    "worker": "kagzi_dsl.cli.worker:worker",
    "workers": "kagzi_dsl.cli.operate:workers",
    "queues": "kagzi_dsl.cli.queues:queues",
    "stats": "kagzi_dsl.cli.stats:stats",
    "doctor": "kagzi_dsl.cli.doctor:doctor",
    "validate": "kagzi_dsl.cli.validate:validate",
    "db": "kagzi_dsl.cli.db:db",
    "config": "kagzi_dsl.cli.config:config",
}
"""Where each command is; a module is imported when its command is named."""


class Commands(click.Group):
    """The commands in the order people need them, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would call it a failure
            _discard_output()
            return PIPE_CLOSED

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches  # only for those who mistype

            close = get_close_matches(name, COMMANDS, n=1)
            meant = f" did you mean {close[0]!r}?" if close else f" there are {', '.join(COMMANDS)}."
            if name.endswith((".yaml", ".yml", ".json")):
                meant = f" did you mean `kagzi-dsl run {name}`?"
            ctx.fail(f"there is no command {name!r};{meant}")
        return super().resolve_command(ctx, args)


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from kagzi_dsl import __version__

        click.echo(f"kagzi-dsl {__version__}")
        context.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 completed or valid, 1 failed or invalid, 2 wrong usage or a document or input that cannot "
    "be run, 3 cancelled, 124 the time to wait is up, 130 interrupted (the run stays resumable).",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
@debug_option
def kagzi_dsl() -> None:
    """Run workflows written in YAML, durably.

    \b
    Example:
      kagzi-dsl validate order.yaml
      kagzi-dsl run order.yaml -i order_id=A-1 -i amount=42.5
      kagzi-dsl list

    \b
    Completion of words on TAB, for bash (zsh and fish likewise):
      eval "$(_KAGZI_DSL_COMPLETE=bash_source kagzi-dsl)"
    """


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit status."""
    _fill_standard_descriptors()
    ctrl_c.raise_and_remember()
    status = run(arguments)
    ctrl_c.end_outright()  # there is nothing left to undo
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (BrokenPipeError, ValueError):
        _discard_output()
        status = status or PIPE_CLOSED
    # The interpreter looks for garbage as it ends, which takes a tenth of the time of a short command.
    gc.freeze()
    sys.exit(status)


def run(arguments: list[str] | None) -> int:
    """Runs the command line and gives its exit status; errors are told, not raised."""
    flags = Flags()
    try:
        status: Any = kagzi_dsl.main(arguments, prog_name="kagzi-dsl", standalone_mode=False, obj=flags)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        return report_error(error, debug=flags.debug)


def _fill_standard_descriptors() -> None:
    """Opens stdin, stdout and stderr on nothing where they were closed, so that no connection gets their numbers."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _discard_output() -> None:
    """Keeps the interpreter from complaining, as it ends, of a reader that left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
