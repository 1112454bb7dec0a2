"""The workflow schema file, and its rules as the check of a document's shape reads them.

The file is the one description of a document's shape: editors and other validators read it as JSON Schema 2020-12, and
the check reads the same file, in the part of JSON Schema that it uses. A keyword it does not know is an error here, so
that the two can never disagree in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kagzi_dsl.payload import Json

SCHEMA_FILE = Path(__file__).parent.parent / "schemas" / "workflow.schema.json"

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "$comment", "$ref", "if", "then", "else"})

Test = Callable[[Json], bool]


@dataclass(slots=True, eq=False)
class Rule:
    """What may stand at one place of a document.

    `types` holds type names of JSON Schema, empty for any. `name` is the `$defs` entry the rule was taken from.
    `closed` is true where no other keys than `properties` (and those of the kind) are allowed; otherwise `values` rules
    the others. `kinds` is there where exactly one kind key must stand among the keys: each kind's rule, by that key.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    types: tuple[str, ...] = ()
    properties: dict[str, Rule] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    dependent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: bool = False
    values: Rule | None = None
    names: Rule | None = None
    items: Rule | None = None
    least: float | None = None
    least_items: int = 0
    least_properties: int = 0
    least_length: int = 0
    words: tuple[str, ...] = ()
    pattern: str = ""
    pattern_message: str = ""
    condition: Condition | None = None
    kinds: dict[str, Rule] | None = None

    def allows(self, value: Json) -> bool:
        """Whether a value is of one of the types; a number without a fraction is an integer, as JSON Schema has it."""
        if not self.types:
            return True
        kind = type(value)
        for name in self.types:
            if kind in _TYPES[name]:
                return True
        return kind is float and "integer" in self.types and value.is_integer()

    def matches(self, text: str) -> bool:
        """Whether a text is as `pattern` has it; `re` compiles a pattern when it is first needed, and keeps it."""
        return not self.pattern or re.search(self.pattern, text) is not None


class Condition(NamedTuple):
    """One rule where `test` holds, another where it does not. `without` names the keys whose absence it tests."""

    test: Test
    then: Rule
    otherwise: Rule | None
    without: tuple[str, ...] = ()


@cache
def load_schema() -> dict[str, Any]:
    """The JSON Schema of a workflow document, as it is in the file; not to be changed."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_bytes())
    return schema


@cache
def workflow_rule() -> Rule:
    """The rule of a whole document."""
    schema = load_schema()
    return _Reader(schema["$defs"]).rule(schema)


class _Reader:
    """Turns schemas into rules, each once, so that rules may refer to one another."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._rules: dict[int, Rule] = {}

    def rule(self, schema: Mapping[str, Any]) -> Rule:
        rule = self._rules.get(id(schema))
        if rule is None:
            rule = self._rules[id(schema)] = Rule()
            self._fill(rule, schema)
        return rule

    def _fill(self, rule: Rule, schema: Mapping[str, Any]) -> None:
        if "$ref" in schema:
            # What stands beside a reference comes on top of what it refers to.
            name = schema["$ref"].removeprefix("#/$defs/")
            self._fill(rule, self._definitions[name])
            rule.name = name
        if "if" in schema:
            self._fill_condition(rule, schema)
        for keyword, value in schema.items():
            if keyword not in _ANNOTATIONS:
                _KEYWORDS[keyword](self, rule, value)

    def _fill_condition(self, rule: Rule, schema: Mapping[str, Any]) -> None:
        if "kind" in self._definitions and schema is self._definitions["kind"]:
            rule.kinds = self._kinds(schema)
            return
        test, without = _test(schema["if"])
        otherwise = self.rule(schema["else"]) if "else" in schema else None
        rule.condition = Condition(test, self.rule(schema["then"]), otherwise, without)

    def _kinds(self, ladder: Mapping[str, Any]) -> dict[str, Rule]:
        kinds: dict[str, Rule] = {}
        while "if" in ladder:
            (kind,) = ladder["if"]["required"]
            kinds[kind] = self.rule(ladder["then"])
            ladder = ladder["else"]
        return kinds

    def _read_type(self, rule: Rule, value: str | list[str]) -> None:
        rule.types = (value,) if isinstance(value, str) else tuple(value)

    def _read_properties(self, rule: Rule, value: Mapping[str, Any]) -> None:
        rule.properties = {key: self.rule(schema) for key, schema in value.items()}

    def _read_additional(self, rule: Rule, value: Any) -> None:
        if value is False:
            rule.closed = True
        else:
            rule.values = self.rule(value)

    def _read_names(self, rule: Rule, value: Mapping[str, Any]) -> None:
        rule.names = self.rule(value)

    def _read_items(self, rule: Rule, value: Mapping[str, Any]) -> None:
        rule.items = self.rule(value)

    def _read_dependent(self, rule: Rule, value: Mapping[str, list[str]]) -> None:
        rule.dependent = {key: tuple(needed) for key, needed in value.items()}


def _plain(attribute: str) -> Callable[[_Reader, Rule, Any], None]:
    def read(_: _Reader, rule: Rule, value: Any) -> None:
        setattr(rule, attribute, tuple(value) if isinstance(value, list) else value)

    return read


_KEYWORDS: Mapping[str, Callable[[_Reader, Rule, Any], None]] = {
    "title": _plain("title"),
    "description": _plain("description"),
    "required": _plain("required"),
    "enum": _plain("words"),
    "minimum": _plain("least"),
    "minItems": _plain("least_items"),
    "minProperties": _plain("least_properties"),
    "minLength": _plain("least_length"),
    "pattern": _plain("pattern"),
    "patternErrorMessage": _plain("pattern_message"),
    "type": _Reader._read_type,
    "properties": _Reader._read_properties,
    "additionalProperties": _Reader._read_additional,
    "unevaluatedProperties": _Reader._read_additional,
    "propertyNames": _Reader._read_names,
    "items": _Reader._read_items,
    "dependentRequired": _Reader._read_dependent,
}


def _test(schema: Mapping[str, Any]) -> tuple[Test, tuple[str, ...]]:
    """The test that an `if` stands for, and the keys whose absence it tests."""
    match schema:
        case {"type": str(name)}:
            types = _TYPES[name]
            return (lambda value: type(value) in types), ()
        case {"required": [str(key)]}:
            return (lambda value: type(value) is not dict or key in value), ()
        case {"not": {"required": [str(key)]}}:
            return (lambda value: type(value) is dict and key not in value), (key,)
    raise NotImplementedError(f"the check of the shape cannot read this condition of the schema: {schema}")
