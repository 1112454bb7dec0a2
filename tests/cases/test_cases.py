"""Behaviour, as cases: every kind of node, on the real engine, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from runner import judge, load_cases

CASES = load_cases()


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_a_case_ends_as_it_says(case: Mapping[str, Any]) -> None:
    judge(case)
