"""Settings: one table (`table.py`), and where their values come from.

A value is taken from the first of: a flag, the variable `KAGZI_…`, the file `kagzi.toml` (or `[tool.kagzi-dsl]` in a
`pyproject.toml`) that is nearest above the working directory, the default. The command line hands the values on to what
it puts together; nothing in the runtime looks for one by itself.

    from kagzi_dsl import config
    from kagzi_dsl.config import table

    config.load().value(table.LEASE)
"""

from kagzi_dsl.config.configuration import Configuration, load
from kagzi_dsl.config.setting import Kind, Origin, Setting

__all__ = ["Configuration", "Kind", "Origin", "Setting", "load"]
