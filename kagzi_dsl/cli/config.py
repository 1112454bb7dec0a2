"""`kagzi-dsl config`: every setting, its value, and where that comes from."""

from __future__ import annotations

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import json_option
from kagzi_dsl.cli.output import clean, say, write_json, write_text
from kagzi_dsl.cli.settings import configuration, every_setting
from kagzi_dsl.config import Configuration, Setting
from kagzi_dsl.config.table import SETTINGS
from kagzi_dsl.payload import Json


@click.command(short_help="Show every setting, and where its value comes from.")
@json_option
@debug_option
@every_setting
def config(as_json: bool) -> int:
    """Show every setting, and where its value comes from.

    A value is taken from the first of: a flag of the command, its variable, `kagzi.toml` (or `[tool.kagzi-dsl]` in
    `pyproject.toml`) in the working directory or the nearest folder above, the default. Passwords are masked.

    \b
    Examples:
      kagzi-dsl config
      kagzi-dsl config --json | jq '.settings[] | select(.source != "default")'
    """
    found = configuration()
    if as_json:
        file = None if found.file is None else str(found.file)
        write_json({"file": file, "settings": [_record(found, setting) for setting in SETTINGS]})
        return COMPLETED
    from kagzi_dsl.cli.words import columns

    rows = [["SETTING", "VALUE", "FROM"], *(_row(found, setting) for setting in SETTINGS)]
    write_text("\n".join(columns(rows)))
    say(f"configuration file: {found.file}" if found.file else "no configuration file")
    return COMPLETED


def _record(found: Configuration, setting: Setting[object]) -> Json:
    origin = found.origin(setting)
    return {
        "key": setting.key,
        "value": found.shown(setting),
        "source": origin.source,
        "place": origin.place or None,
        "variable": setting.variable,
        "flag": setting.flag or None,
        "default": setting.kind.shown(setting.default),
        "meaning": setting.meaning,
    }


def _row(found: Configuration, setting: Setting[object]) -> list[str]:
    origin = found.origin(setting)
    if origin.source == "default":
        return [setting.key, setting.default_text, "default"]
    return [setting.key, clean(setting.text(found.value(setting))), origin.place]
