"""Every example, in memory and in virtual time, with its own activities."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from examples.example_files import FOLDER, example_names, expected, header_of, masked

from kagzi_dsl.dsl.input import typed_assignments
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.testing import Simulated, simulate

CASES = [(name, case) for name, cases in expected().items() for case in cases]


@pytest.fixture(autouse=True)
def _no_secrets_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGZI_SECRET_SHOP_TOKEN", raising=False)


def test_every_example_has_expectations_and_no_expectation_is_left_over() -> None:
    assert sorted(expected()) == example_names()


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['name']}" for name, case in CASES])
def test_an_example_ends_as_expected(name: str, case: Any, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for secret, value in case.get("secrets", {}).items():
        monkeypatch.setenv(f"KAGZI_SECRET_{secret}", value)
    run = simulate(
        FOLDER / name,
        {key: shop if value == "<server>" else value for key, value in case["input"].items()},
        signals=[tuple(signal) for signal in case.get("signals", [])],
        cancel_after=case.get("cancel_after"),
    )
    wanted = dict(case["expect"])
    if "elapsed" in wanted:
        wanted["elapsed"] = parse_duration(wanted["elapsed"])
    assert seen(run, wanted) == wanted, run.error


def seen(run: Simulated, wanted: dict[str, Any]) -> dict[str, Any]:
    """Of a run what is asked for."""
    error = run.error.as_json() if run.error else {}
    every = {
        "status": run.status,
        "output": masked(run.output),
        "error": {key: error.get(key) for key in wanted.get("error", {})},
        "compensation": run.compensation,
        "calls": [node.name for node in run.nodes if node.kind == "activity" and node.status != "skipped"],
        "ids": [node.id for node in run.nodes if node.kind == "activity" and node.status != "skipped"],
        "attempts": {path: run.node(path).attempt for path in wanted.get("attempts", {})},
        "inputs": {
            path: {key: run.node(path).input[key] for key in given} for path, given in wanted.get("inputs", {}).items()
        },
        "elapsed": round(run.elapsed.total_seconds() * 1000),
    }
    return {key: every[key] for key in wanted}


@pytest.mark.parametrize("name", example_names())
def test_the_command_in_the_header_comes_to_what_the_header_says(
    name: str, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGZI_SECRET_SHOP_TOKEN", "let-me-in")
    header = header_of(name)
    verb, file, *options = header.run
    assert (verb, file) == ("run", f"examples/{name}")
    schema = yaml.safe_load((FOLDER / name).read_text())["input"]
    pairs = [value for flag, value in zip(options[::2], options[1::2], strict=True) if flag == "-i"]
    given = typed_assignments(schema, pairs) | ({"base_url": shop} if "base_url" in schema["properties"] else {})
    signals = [(60.0, header.signal[2], yaml.safe_load(header.signal[4]))] if header.signal else []
    run = simulate(FOLDER / name, given, signals=signals)
    if header.fails_with is not None:
        assert run.error is not None
        assert header.fails_with in (run.error.type, run.error.code.value)
    else:
        assert masked(run.output) == {key: "<run>" if value == "…" else value for key, value in header.output.items()}
