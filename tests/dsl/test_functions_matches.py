"""Regular expressions: the same answers as Python's `re`, and always soon."""

from __future__ import annotations

import contextlib
import random
import re
import warnings
from typing import Any

import pytest
from effort import cpu_seconds
from hypothesis import given, settings
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.regex import compile_pattern
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

MATCHES = compile_expression("matches(input.text, input.pattern)")


def matches(text: str, pattern: str) -> Any:
    return MATCHES.evaluate(MappingScope({"input": {"text": text, "pattern": pattern}}))


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    """A regular expression that both engines understand."""
    atoms = [
        "a",
        "b",
        "c",
        ".",
        "[ab]",
        "[^a]",
        "[a-c]",
        r"\d",
        r"\w",
        r"\s",
        "^",
        "$",
        r"\b",
        r"\B",
        r"\.",
        "1",
        "-",
        "é",
    ]
    kind = draw(st.integers(0, 5)) if depth else 0
    inner = patterns(depth - 1)
    match kind:
        case 0 | 1:
            return draw(st.sampled_from(atoms))
        case 2:
            return draw(inner) + draw(inner)
        case 3:
            return f"({draw(inner)}|{draw(inner)})"
        case 4:
            return (
                f"(?:{draw(inner)}){draw(st.sampled_from(['*', '+', '?', '{2}', '{1,}', '{,2}', '{1,2}', '*?', '+?']))}"
            )
        case _:
            return f"(?P<name{depth}>{draw(inner)}){draw(inner)}" if draw(st.booleans()) else f"({draw(inner)})"


@settings(max_examples=400, deadline=None)
@given(pattern=patterns(), text=st.text(alphabet="abc1 -.\té", max_size=12))
def test_a_pattern_is_found_exactly_where_python_finds_it(pattern: str, text: str) -> None:
    # Names would clash when a group is drawn twice; they have no meaning here.
    pattern = re.sub(r"\?P<\w+>", "", pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = re.search(pattern, text) is not None
    # To Python before 3.14 an empty text has no place that is not a boundary.
    if text or r"\B" not in pattern:
        assert matches(text, pattern) is expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab(|)[]{}*+?^$.\\-1,:<P>=!~&", max_size=20))
def test_any_text_is_a_pattern_or_an_expression_error(pattern: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert matches("ab1-", pattern) in (True, False)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("order-17", "[0-9]+", True),
        ("order-17", "^[0-9]+$", False),
        ("", "", True),
        ("", "^$", True),
        ("a\n", "a$", False),
        ("a\nb", "a.b", False),
        ("a\nb", "(?s)a.b", True),
        ("ABC", "(?i)b", True),
        ("Ünïcödé", r"^\w+$", True),
        ("a]b", r"[]]", True),
        ("a[b", r"[[]", True),
        ("a&&b", r"[&&]", True),
        ("a{b", "a{b", True),
        ("x{,}", r"x\{,\}", True),
        ("A", r"\x41", True),
        ("é", r"\u00e9", True),
        ("foo bar", r"\bbar\b", True),
        ("foobar", r"\bbar\b", False),
        ("aaaa", "^(a{2}){2}$", True),
        ("aaa", "^(a{2}){2}$", False),
        ("abc", "(?<first>a)(?P<second>b)", True),
        ("ac", "a(|b)c", True),
    ],
)
def test_patterns_by_example(text: str, pattern: str, expected: bool) -> None:
    assert matches(text, pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "an end before a )"),
        ("a)", "a ) without a ("),
        ("[a", "a [ that is never closed"),
        ("*a", "nothing to repeat"),
        ("a**", "a repetition of a repetition"),
        ("a*+", "a repetition of a repetition"),
        ("^*", "a repetition of a place"),
        ("a{3,2}", "whose least is more than its most"),
        (r"(a)\1", "not supported (as are references to groups)"),
        ("(?=a)", "a group of a kind that is not supported"),
        ("(?<!a)b", "a group of a kind that is not supported"),
        ("a(?i)b", "a group of a kind that is not supported"),
        ("[z-a]", "a class that is not valid"),
        ("[a--b]", "put a backslash before the dash"),
        ("a\\", "an escape that is not supported"),
        ("a" * 1_001, "over the limit of 1,000"),
        ("(((a{30}){30}){30}){30}", "too large"),
        ("a{1000000}", "too large"),
        ("(a|b){999999999999}", "too large"),
        ("(" * 400 + "a" + ")" * 400, "groups deeper than 50 levels"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(pattern: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        matches("a", pattern)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*c", "(a|aa)+$", "a*a*a*a*a*a*b", "(.*)(.*)(.*)(.*)x", "(a*)*b", "^([a-z]+)*$", "(a?){40}a{40}b"],
)
def test_a_pattern_that_would_take_ages_elsewhere_takes_a_moment(pattern: str) -> None:
    found: list[bool] = []
    assert cpu_seconds(lambda: found.append(matches("a" * 5_000 + "!!", pattern)), enough=1) < 1
    assert found[0] is False


@pytest.mark.parametrize(
    "pattern", ["(){999999999999}", "(((){999}){999}){999}a", "((a{0}){999}){999}", "(|){9}", "((){5,}){5,9}"]
)
def test_repeating_nothing_takes_no_time(pattern: str) -> None:
    assert matches("a", pattern) is True


def test_a_search_that_costs_too_much_is_stopped() -> None:
    chance = random.Random(7)
    text = "".join(chance.choice("ab") for _ in range(200_000))
    with pytest.raises(ExpressionError, match="looks at more than 1,000,000 items"):
        matches(text, "[ab]*a[ab]{400}c")


def test_a_pattern_is_compiled_once() -> None:
    assert compile_pattern("a+b") is compile_pattern("a+b")
