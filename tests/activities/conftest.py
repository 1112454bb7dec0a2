from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.executor import Threads
from kagzi_dsl.activities.failing import Failed
from kagzi_dsl.activities.invoke import Completed, invoke
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Failure

Attempt = Callable[..., Completed | Failed]


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Two threads for plain functions."""
    threads = Threads(2)
    yield threads
    threads.shutdown()


@pytest.fixture
def attempt(threads: Threads) -> Attempt:
    """Runs one attempt of an activity on an event loop of its own."""

    def run(
        function: Callable[..., Any],
        arguments: Any = None,
        *,
        context: ActivityContext | None = None,
        timeout_ms: int | None = None,
        secrets: Secrets | None = None,
    ) -> Completed | Failed:
        (definition,) = (
            d for d in map(Registry.of(function).get, Registry.of(function).names()) if d.function is function
        )
        return asyncio.run(
            invoke(
                definition,
                arguments,
                context or ActivityContext.for_test(activity=definition.name),
                timeout_ms=timeout_ms,
                secrets=secrets or Secrets({}),
                executor=threads,
            )
        )

    return run


@pytest.fixture
def output(attempt: Attempt) -> Callable[..., Any]:
    """As `attempt`; the output of an attempt that must complete."""

    def run(function: Callable[..., Any], arguments: Any = None, **options: Any) -> Any:
        end = attempt(function, arguments, **options)
        assert isinstance(end, Completed), end
        return end.output

    return run


@pytest.fixture
def failure(attempt: Attempt) -> Callable[..., Failure]:
    """As `attempt`; the failure of an attempt that must fail."""

    def run(function: Callable[..., Any], arguments: Any = None, **options: Any) -> Failure:
        end = attempt(function, arguments, **options)
        assert isinstance(end, Failed), end
        return end.failure

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file below the test's folder."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
        return path

    return write
