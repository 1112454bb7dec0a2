"""What is said about expressions that cannot be compiled."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import Expression, compile_expression
from kagzi_dsl.errors import ExpressionError


def refused(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "offset", "better"),
    [
        ("steps.n > 100", 10, "steps.n > `100`"),
        ("input.a == 1.5 && input.b[0] < -2", 11, "input.a == `1.5` && input.b[0] < `-2`"),
        ("input.list[?price > 3].name", 20, "input.list[?price > `3`].name"),
        ("add(1, input.list[1:2][0])", 4, "add(`1`, input.list[1:2][0])"),
        ("input.a and input.b", 8, "input.a && input.b"),
        ("input.a OR input.b", 8, "input.a || input.b"),
        ("not input.a", 4, "!(input.a)"),
        ("not input.a[0].b and not input.c", 4, "!(input.a[0].b) && !(input.c)"),
        ("input.a = 'b'", 8, "input.a == 'b'"),
        ("input.a === 'b'", 10, "input.a == 'b'"),
        ("input.a <> 'b'", 9, "input.a != 'b'"),
        ("input.a == “b”", 11, "input.a == 'b'"),
        ("input['a']", 6, "input.a"),
        ('input["content-type"]', 6, 'input."content-type"'),
    ],
)
def test_a_habit_of_other_languages_is_answered_with_the_corrected_text(text: str, offset: int, better: str) -> None:
    error = refused(text)
    assert error.hint == f"write: {better}"
    assert error.offset == offset
    compile_expression(better)


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("", 0, "the expression is empty", None),
        ("input.a + `1`", 8, "unexpected '+'", "add(a, b)"),
        ("input.a * `2`", 8, "unexpected '*'", "mul(a, b)"),
        ("steps.my-step.id", 8, "unexpected '-'", "names with a dash stand in double quotes"),
        ("input.a ? 'b' : 'c'", 8, "unexpected '?'", "if(condition, then, otherwise)"),
        ("'a' in input.list", 4, "unexpected 'in'", "contains(list, value)"),
        ("{ input.a }", 7, "unexpected '.'", "one pair of braces is enough: input.a"),
        ("${ input.a }", 0, "unexpected '$'", "written bare"),
        ("length(input.a", 6, "the ( that opens here is never closed", None),
        ("input.list[?a", 10, "the [ that opens here is never closed", None),
        ("input.a == 'b", 11, "the ' that opens here is never closed", None),
        ("input.a.", 8, "the expression ends too early", None),
        ("input.a]", 7, "unexpected ']'", None),
        ("input.list[::0]", 15, "the step of a slice cannot be 0", None),
        ("@.a", 0, "`@` has no value here", "begin with a root: input, steps.<id>"),
        ("length(@)", 7, "`@` has no value here", "begin with a root"),
        ("[0]", 3, "there is nothing before it to select from", "begin with a root"),
        ("*.a", 2, "there is nothing before it to select from", "begin with a root"),
        ("steps", 0, "a step's id must follow `steps`", "steps.charge"),
        ("keys(steps)", 5, "a step's id must follow `steps`", "steps.charge"),
        ("steps[0]", 0, "a step's id must follow `steps`", "steps.charge"),
        ("secrets", 0, "a secret's name must follow `secrets`", "secrets.API_KEY"),
        ("root()", 0, "root() begins a path, and a name must follow it", "root().input.limit"),
        ("input.list[?a == root()]", 17, "root() begins a path, and a name must follow it", "root().input.limit"),
        ("input.root().a", 6, "root() begins a path, and a name must follow it", "root().input.limit"),
        ("root().steps", 7, "a step's id must follow `steps`", "steps.charge"),
        ("&input.a", 1, "& stands only before an argument", "sort_by()"),
        ("lenght(input.a)", 0, "there is no function lenght()", "did you mean length()? The functions are: abs, add,"),
        ("zzzzzzz(input.a)", 0, "there is no function zzzzzzz()", "The functions are: abs, add,"),
        ("input.a || length()", 11, "length() takes 1 argument, but is given 0", "length(value: string|array|object)"),
        ("pad_left('a')", 0, "pad_left() takes 2 to 3 arguments, but is given 1", "pad_left(text: string"),
        ("merge()", 0, "merge() takes at least 1 argument, but is given 0", "merge(object: object, ...more: object)"),
        ("sort_by(input.list, price)", 20, "argument 2 of sort_by() is an expression: put & before it", "sort_by("),
        ("length(&input.a)", 8, "argument 1 of length() is a value: leave out the &", "length("),
        ("add(input.a input.b)", 0, "the arguments of add() are to be separated by one comma each", None),
        ("add(input.a, input.b,)", 0, "the arguments of add() are to be separated by one comma each", None),
        ("`abc`", 0, "the literal `abc` cannot be read: not JSON", "text stands in single quotes: 'abc'"),
        ("`NaN`", 0, "NaN is not JSON", None),
        ("`1e999`", 0, "inf is not a JSON number", None),
        ("`18446744073709551616`", 0, "does not fit in 64 bits", None),
        ('`{"a": 1, "a": 2}`', 0, "the key 'a' comes twice in one object", None),
        ('"\\x"', 0, "not a valid quoted name", None),
        ('"length"(input.a)', 8, "a function's name stands without quotes", None),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(
    text: str, offset: int, message: str, hint: str | None
) -> None:
    error = refused(text)
    assert message in error.message
    assert error.offset == offset
    assert error.expression == text
    assert (error.hint or "") == "" if hint is None else hint in (error.hint or "")


def test_the_message_names_the_expression() -> None:
    assert str(refused("steps.n > 100")) == "unexpected '100' (in ${ steps.n > 100 })"


PIECES = (
    *(
        "input",
        ".a",
        "[",
        "]",
        "[?",
        "[]",
        "(",
        ")",
        "*",
        ".",
        ",",
        "&",
        "|",
        "||",
        "!",
        "@",
        "`1`",
        "'a'",
        '"a"',
        "length",
    ),
    *("sort_by(", "root()", "{", "}", "a:", ":", "==", "-1", "1", "steps", "secrets.a", "if("),
)


def outcome(text: str) -> Expression | ExpressionError:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40)
    | st.text(alphabet="ab.[]{}()*?&|!<>=@`'\",:0- $\\", max_size=30)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
)
@example("a[")
@example("a.*[")
@example("[?")
@example("`\\")
@example("a[" + "9" * 5000 + "]")
def test_compiling_raises_nothing_but_expression_errors(text: str) -> None:
    found = outcome(text)
    if isinstance(found, ExpressionError):
        assert found.offset is not None
        assert 0 <= found.offset <= len(text.strip())
