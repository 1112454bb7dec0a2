"""Text, JSON and encodings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("split('', '')", []),
        ("split('abc', '')", ["a", "b", "c"]),
        ("split('abc', '', `1`)", ["a", "bc"]),
        ("split('abc', '', `9`)", ["a", "b", "c"]),
        ("split('/', '/')", ["", ""]),
        ("split('a-b-c', '-', `1`)", ["a", "b-c"]),
        ("split('a-b-c', '-', `0`)", ["a-b-c"]),
        ("split('', '-')", [""]),
        ("replace('aabaaabaaaab', 'aa', '-')", "-b-ab--b"),
        ("replace('aabaaabaaaab', 'aa', '-', `2`)", "-b-abaaaab"),
        ("replace('aab', 'aa', '-', `0`)", "aab"),
        ("replace('ab', '', '-')", "-a-b-"),
        ("find_first('subject string', 'string')", 8),
        ("find_first('subject string', 'string', `-99`, `100`)", 8),
        ("find_first('subject string', 'string', `0`, `13`)", None),
        ("find_first('subject string', 's', `1`)", 8),
        ("find_first('subject', '')", None),
        ("find_last('subject string', 's')", 8),
        ("find_last('subject string', 's', `0`, `8`)", 0),
        ("find_last('subject', 'x')", None),
        ("trim('  a b ')", "a b"),
        ("trim('xxaxx', 'x')", "a"),
        ("trim(' a ', '')", "a"),
        ("trim_left('xxaxx', 'x')", "axx"),
        ("trim_right('xxaxx', 'x')", "xxa"),
        ("pad_left('abc', `2`)", "abc"),
        ("pad_left('abc', `5`)", "  abc"),
        ("pad_right('abc', `5`, '-')", "abc--"),
        ("upper('straße')", "STRASSE"),
        ("lower('ÉTÉ')", "été"),
        ("join('', `[]`)", ""),
        ("reverse('abc')", "cba"),
        ("length('Kägzi')", 5),
        ("format('{}{}', 'a', 'b')", "ab"),
        ("format('{{}} {}', `true`)", "{} true"),
        ("format('{} {}', `1`, `1.50`)", "1 1.5"),
        ("format('none')", "none"),
        ("format('{}', '{}')", "{}"),
        ("to_string('a')", "a"),
        ("to_string(`null`)", "null"),
        ('to_string(`{"a": [1, "é"]}`)', '{"a":[1,"\\u00e9"]}'),
        ('to_json(`{"a": [1, "é"]}`)', '{"a":[1,"é"]}'),
        ("parse_json(' {\"a\": 1.0} ')", {"a": 1.0}),
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("base64_encode('')", ""),
        ("base64_decode('aGk=')", "hi"),
    ],
)
def test_text_functions_by_example(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format('{} {}', 'a')", "the pattern has 2 {} and there are 1 values for them"),
        ("format('{', 'a')", "the pattern has a lone brace"),
        ("format('{name}', 'a')", "the pattern has a lone brace"),
        ("format('{}', `null`)", "value 1 is null, which has no place in a text"),
        ("format('{} {}', 'a', `[1]`)", "value 2 is the array [1], which has no place in a text"),
        ("pad_left('a', `5`, 'ab')", "`pad` must be a single character, but is 'ab'"),
        ("pad_left('a', `5`, '')", "`pad` must be a single character, but is ''"),
        ("pad_left('a', `-1`)", "`width` must be a whole number that is not negative, but is the number -1"),
        ("split('a', 'b', `-1`)", "`count` must be a whole number that is not negative"),
        ("replace('a', 'b', 'c', `1.5`)", "`count` must be a whole number that is not negative"),
        ("find_first('a', 'b', `0.5`)", "`start` must be a whole number, but is the number 0.5"),
        ("contains('a', `1`)", "in a string only a string can be searched for, but argument 2 is the number 1"),
        ("base64_decode('a')", "the text is not Base64"),
        ("base64_decode('é===')", "the text is not Base64"),
        ("base64_decode('/w==')", "the decoded bytes are not UTF-8 text"),
        ("parse_json('{')", "not JSON"),
        ("parse_json('[NaN]')", "NaN is not JSON"),
        ("parse_json('99999999999999999999')", "does not fit in 64 bits"),
        ('parse_json(\'{"a": 1, "a": 2}\')', "the key 'a' comes twice"),
        ("parse_json(input.deep)", "nested deeper than 200 levels"),
        ("parse_json(input.digits)", "does not fit in 64 bits"),
        ("sha256(input.surrogate)", "lone surrogate"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, message: str) -> None:
    roots = {"deep": "[" * 100_000 + "]" * 100_000, "digits": "9" * 10_000, "surrogate": "\ud800"}
    with pytest.raises(ExpressionError) as caught:
        value(text, input=roots)
    assert message in caught.value.message


@given(TEXT)
def test_base64_comes_back(text: str) -> None:
    assert value("base64_decode(base64_encode(input))", input=text) == text


@given(TEXT, st.text(alphabet="ab-", min_size=1, max_size=2))
def test_split_and_join_come_back(text: str, separator: str) -> None:
    assert value("join(input.by, split(input.text, input.by))", input={"text": text, "by": separator}) == text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_json_comes_back_from_its_text(data: Any) -> None:
    assert value("parse_json(to_json(input))", input=data) == data
    assert value("parse_json(to_string(input))", input=[data]) == [data]
