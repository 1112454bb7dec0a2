"""`--debug`: the one thing that is asked of the program as a whole."""

from __future__ import annotations

import click


class Flags:
    """What was asked of the program as a whole."""

    __slots__ = ("debug",)

    def __init__(self) -> None:
        self.debug = False


def debugging() -> bool:
    """Whether `--debug` was typed."""
    context = click.get_current_context(silent=True)
    return context is not None and context.find_root().ensure_object(Flags).debug


def _set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().ensure_object(Flags).debug = True


debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_set_debug,
    help="Show where errors come from, and what the program does.",
)
