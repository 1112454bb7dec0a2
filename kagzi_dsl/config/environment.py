"""Settings in the environment: the variables `KAGZI_…`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kagzi_dsl.config.setting import Setting
from kagzi_dsl.config.table import SETTINGS
from kagzi_dsl.dsl.nearest import did_you_mean

_PREFIX = "KAGZI_"
_BY_VARIABLE = {setting.variable: setting for setting in SETTINGS}
_OTHERS = ("KAGZI_HTTP_ALLOW", "KAGZI_HTTP_DENY")
_SECRET = "KAGZI_SECRET_"
# What Kubernetes and Docker set for a service that happens to be called kagzi.
_OF_A_SERVICE = re.compile(r"KAGZI_(?:\w+_)?(?:SERVICE_(?:HOST|PORT)\w*|PORT|PORT_[0-9]+_(?:TCP|UDP|SCTP)\w*)")


def variables(environ: Mapping[str, str], complain: Callable[[str], None]) -> Iterator[tuple[Setting[Any], str]]:
    """The settings that the environment has, with their text; an empty variable counts as none.

    Complains of a variable that begins as ours do and is none of them.
    """
    for name, text in environ.items():
        if (setting := _BY_VARIABLE.get(name)) is not None:
            if text:
                yield setting, text
        elif name.startswith(_PREFIX) and not _is_known(name):
            complain(f"{name}: there is no such variable; {did_you_mean(name, [*_BY_VARIABLE, *_OTHERS], most=40)}")


def _is_known(name: str) -> bool:
    return name in _OTHERS or name.startswith(_SECRET) or _OF_A_SERVICE.fullmatch(name) is not None
