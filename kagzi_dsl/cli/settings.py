"""Settings on the command line: an option for each that has a flag, and the values that hold for a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kagzi_dsl.config import Configuration, Setting, table

if TYPE_CHECKING:
    from kagzi_dsl.retry import Retry

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_KEPT = "kagzi_dsl.configuration"


def configuration() -> Configuration:
    """What holds for the command that is running, its flags included. Raises ConfigError."""
    context = click.get_current_context(silent=True)
    if context is None:
        return _load()
    kept: dict[str, Any] = context.find_root().meta
    if _KEPT not in kept:
        kept[_KEPT] = _load()
    found: Configuration = kept[_KEPT]
    return found


def _load() -> Configuration:
    from kagzi_dsl.config import load

    return load()


def value_of(setting: Setting[T]) -> T:
    """The value of a setting for the command that is running: flag, variable, file or default. Raises ConfigError."""
    return configuration().value(setting)


def setting_option(setting: Setting[Any], name: str | None = None) -> Callable[[F], F]:
    """The option of a setting. The command is handed the value that holds as `name`; without one it asks `value_of`."""
    flag = setting.flag
    declared = [flag, name] if name else [flag]
    attributes: dict[str, Any] = {"metavar": setting.kind.word}
    if isinstance(setting.default, bool):
        declared[0] = f"{flag}/--no-{flag.removeprefix('--')}"
        attributes = {"is_flag": True}
    elif isinstance(setting.default, tuple):
        attributes = {"multiple": True, "metavar": "NAME"}
    return click.option(
        *declared,
        default=None,
        expose_value=name is not None,
        callback=lambda context, parameter, given: _taken(context, parameter, setting, given),
        help=_help(setting),
        **attributes,
    )


def _help(setting: Setting[Any]) -> str:
    repeated = " May be repeated." if isinstance(setting.default, tuple) else ""
    return f"{setting.meaning}{repeated}  [env var: {setting.variable}; default: {setting.default_text}]"


def _taken(context: click.Context, parameter: click.Parameter, setting: Setting[Any], given: object) -> object:
    """Notes what was given on the command line, and gives the value that holds."""
    if context.resilient_parsing:  # only words are completed
        return None
    if given is not None and given != ():
        _note(context, parameter, setting, given)
    return configuration().value(setting)


def _note(context: click.Context, parameter: click.Parameter, setting: Setting[Any], given: object) -> None:
    try:
        found = configuration().with_flag(setting, given, setting.flag)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error
    context.find_root().meta[_KEPT] = found


def typed_flags() -> frozenset[str]:
    """The flags of settings that were typed."""
    return frozenset(found.origin.place for found in configuration().found.values() if found.origin.source == "flag")


# -- the worker's retry policy, six settings under one flag


def _retry_taken(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> None:
    for pair in given:
        name, sign, text = pair.partition("=")
        if not sign or name not in table.RETRY:
            known = ", ".join(table.RETRY)
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE with a KEY of {known}", context, parameter)
        _note(context, parameter, table.RETRY[name], text)


retry_option = click.option(
    "--retry",
    multiple=True,
    metavar="KEY=VALUE",
    expose_value=False,
    callback=_retry_taken,
    help="How activities are tried again where neither document nor decorator says, as in max_attempts=5; may be "
    "repeated.  [env var: KAGZI_RETRY_MAX_ATTEMPTS, …; default: max_attempts=3, …]",
)


def every_setting(command: F) -> F:
    """The options of all settings, for a command that only looks at them."""
    options = [setting_option(one) for one in table.SETTINGS if one.flag and one.flag != "--retry"]
    for option in (retry_option, *reversed(options)):
        command = option(command)
    return command


def retry_policy() -> Retry:
    """The retry policy of this process."""
    from kagzi_dsl.retry import Retry

    return Retry(**{name: value_of(setting) for name, setting in table.RETRY.items()})
