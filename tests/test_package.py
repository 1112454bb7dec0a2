"""The promised surface: what `kagzi_dsl` exports, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import kagzi_dsl

PROMISED = {
    "ActivityContext",
    "ActivityError",
    "AlreadyExists",
    "BadInputs",
    "Client",
    "Code",
    "DocumentError",
    "Failure",
    "InputError",
    "KagziError",
    "Registry",
    "Retry",
    "Scheduler",
    "SchedulerOptions",
    "RunConflict",
    "RunFilter",
    "RunNotFound",
    "Worker",
    "WorkerOptions",
    "__version__",
    "activity",
    "connect",
    "current_context",
}


def test_the_public_names_are_the_promised_ones() -> None:
    assert set(kagzi_dsl.__all__) == PROMISED
    assert all(getattr(kagzi_dsl, name) is not None for name in PROMISED)


def test_the_version_is_the_distributions() -> None:
    assert kagzi_dsl.__version__ == version("kagzi-dsl")


def test_declaring_an_activity_imports_nothing_heavy() -> None:
    code = (
        "import sys; from kagzi_dsl import activity, ActivityContext, ActivityError\n"
        "heavy = {'asyncpg', 'asyncio', 'pydantic', 'httpx', 'rich', 'jsonschema'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        kagzi_dsl.nothing  # noqa: B018
