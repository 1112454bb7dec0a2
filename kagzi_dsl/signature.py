"""What the checker and the runtime know of an activity without importing its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kagzi_dsl.retry import Retry


@dataclass(frozen=True, slots=True)
class Parameter:
    """One keyword an activity takes: whether it must be given, and the JSON Schema of its values ({}: anything)."""

    name: str
    required: bool
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An activity as a workflow sees it.

    `place` is where it is defined, as `activities.py:17`. `open_ended` is true when it takes keywords beyond
    `parameters`. `output_schema` is the JSON Schema of what it returns ({}: anything). `timeout` bounds one attempt
    (ms).
    """

    name: str
    place: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    open_ended: bool = False
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    retry: Retry = Retry()
    timeout: int | None = None
    transactional: bool = False
    at_most_once: bool = False
