"""The schema file: valid itself, described throughout, and of one mind with the model."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.schema import SCHEMA_FILE, Rule, load_schema, workflow_rule
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.errors import Code
from kagzi_dsl.retry import Retry

KIND_DEFINITIONS = {kind: load_schema()["$defs"][kind] for kind in model.KINDS}


def schemas_in(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property's schema, with its path in the file."""
    if isinstance(schema, dict):
        for key, inner in schema.get("properties", {}).items() if isinstance(schema.get("properties"), dict) else ():
            yield f"{where}/properties/{key}", inner
        for key, inner in schema.items():
            yield from schemas_in(inner, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from schemas_in(inner, f"{where}/{index}")


def test_the_schema_is_a_valid_schema_of_2020_12() -> None:
    assert load_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(load_schema())


def test_every_field_has_a_description_for_editors_to_show() -> None:
    found = dict(schemas_in(load_schema()))
    assert len(found) > 80
    offered = {f"#/$defs/{kind}/properties/{kind}" for kind in model.KINDS}
    assert [
        where for where, schema in found.items() if not schema.get("description") and schema.get("$ref") not in offered
    ] == []


def test_the_kinds_of_the_schema_are_those_of_the_model_in_its_order() -> None:
    kinds = workflow_rule().kinds
    assert kinds is not None
    assert tuple(kinds) == model.KINDS
    for kind, definition in KIND_DEFINITIONS.items():
        assert next(iter(definition["properties"])) == kind


def test_no_key_of_a_kind_is_also_a_common_key_or_a_kind() -> None:
    schema = load_schema()
    common = {*schema["properties"], *schema["$defs"]["node_mapping"]["properties"]}
    for kind, definition in KIND_DEFINITIONS.items():
        options = set(definition["properties"]) - {kind}
        assert not options & set(model.KINDS)
        assert not options & (common - {"queue"})


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    definitions = load_schema()["$defs"]
    assert definitions["fail"]["properties"]["fail"]["properties"]["code"]["enum"] == [code.value for code in Code]
    assert list(definitions["retry"]["properties"]) == [field.name for field in fields(Retry)]


def test_every_name_in_the_definitions_is_used() -> None:
    text = SCHEMA_FILE.read_text()
    assert set(re.findall(r'"#/\$defs/(\w+)"', text)) == set(load_schema()["$defs"])


def test_a_keyword_that_the_check_does_not_know_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kagzi_dsl.dsl.schema.load_schema", lambda: {"$defs": {}, "maxLength": 5})
    with pytest.raises(KeyError, match="maxLength"):
        workflow_rule.__wrapped__()
    monkeypatch.setattr("kagzi_dsl.dsl.schema.load_schema", lambda: {"$defs": {}, "if": {"const": 1}, "then": {}})
    with pytest.raises(NotImplementedError, match="const"):
        workflow_rule.__wrapped__()


def duration_rule(name: str) -> Rule:
    retry = workflow_rule().properties["run"].properties["retry"]
    return {"duration": workflow_rule().properties["timeout"], "fixed_duration": retry.properties["max_interval"]}[name]


durations = st.text(alphabet="0123456789.,PTWDHMSwdhms", min_size=1, max_size=10)
units = st.tuples(st.integers(0, 99), st.sampled_from(["w", "d", "h", "m", "s", "ms"])).map(
    lambda one: f"{one[0]}{one[1]}"
)


@given(durations | st.lists(units, min_size=1, max_size=4).map("".join))
def test_the_pattern_of_a_duration_refuses_nothing_that_can_be_read(text: str) -> None:
    try:
        parse_duration(text)
        problem = ""
    except ValueError as error:
        problem = str(error)
    for name in ("duration", "fixed_duration"):
        allowed = duration_rule(name).matches(text)
        # What the pattern lets through and the reader does not is a matter of size, not of form.
        assert allowed or problem
        assert not allowed or not problem or re.search("longer than 100 years|finer than|fraction before", problem)


@pytest.mark.parametrize("text", ["${ input.wait }", " ${ a }\n", "${ {a: 'x'}.a }"])
def test_a_duration_may_be_an_expression_but_not_in_a_retry_policy(text: str) -> None:
    assert duration_rule("duration").matches(text)
    assert not duration_rule("fixed_duration").matches(text)


def test_checking_a_shape_loads_nothing_heavy() -> None:
    heavy = ["jsonschema", "pydantic", "httpx", "asyncpg", "rich", "asyncio"]
    program = (
        "import sys\n"
        "from kagzi_dsl.dsl.source import load_source\n"
        "from kagzi_dsl.dsl.shape import check_shape\n"
        "assert check_shape(load_source('workflow: a\\nset: 1\\n').source) == []\n"
        f"print([name for name in {heavy} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
