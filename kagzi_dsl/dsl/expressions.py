"""Expressions: JMESPath over the scope of a node.

`compile_expression` takes the text between `${` and `}` and gives an `Expression`: what it reads and calls, as data
for the checker, and `evaluate`, which gives its value for a scope. The way there: `syntax` parses it with the jmespath
library, `resolve` decides what its names mean, `compiler` makes closures of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from kagzi_dsl.dsl.budget import Evaluation, check_output
from kagzi_dsl.dsl.compiler import Run, compile_tree
from kagzi_dsl.dsl.functions import FUNCTIONS
from kagzi_dsl.dsl.resolve import FunctionCall, Reference, resolve
from kagzi_dsl.dsl.scope import Scope
from kagzi_dsl.dsl.static_path import static_path
from kagzi_dsl.dsl.suspicions import Suspicion
from kagzi_dsl.dsl.syntax import Tree, parse
from kagzi_dsl.dsl.values import as_text
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

__all__ = ["Expression", "FunctionCall", "Reference", "Suspicion", "compile_expression"]

_CACHED: Final = 4096
"""Compiled expressions kept: those of a few hundred workflows. One takes a few kilobytes."""

_MULTIPLYING: Final = frozenset({"map", "zip", "root"})
"""Functions through which one value can come into a result more than once, `root` from within a projection."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; two are equal when their texts are.

    `text` is the source without `${ }` and outer white space; every offset counts characters into it. `references` are
    the root-level names it reads. `inner_names` are names looked up in a current value that is not the root, but for
    those after a dot: when one of them is called like a root, the author has probably fallen into a trap. `functions`
    are its calls, in the order of the text. `suspicions` are things that are legal and surely not meant.
    """

    text: str
    tree: Tree = field(repr=False, compare=False)
    references: tuple[Reference, ...] = field(repr=False, compare=False)
    inner_names: tuple[Reference, ...] = field(repr=False, compare=False)
    functions: tuple[FunctionCall, ...] = field(repr=False, compare=False)
    suspicions: tuple[Suspicion, ...] = field(repr=False, compare=False)
    uses_secrets: bool = field(repr=False, compare=False)
    _offsets: Mapping[int, int] = field(repr=False, compare=False)
    _run: Callable[[Scope], Json] = field(repr=False, compare=False)

    def evaluate(self, scope: Scope) -> Json:
        """The value in `scope`. It may share parts with the scope's own values and must not be changed.

        Raises ExpressionError, which names the expression, whatever goes wrong.
        """
        try:
            return self._run(scope)
        except ExpressionError as error:
            raise self._error(error.message, error.hint) from None
        except RecursionError:
            raise self._error("the data nests too deep", None) from None
        except LookupError as error:
            raise self._error(f"there is no {error} here", None) from error
        except Exception as error:
            # The author's expression must fail the author's node. Whatever slipped through must not end the worker.
            raise self._error(f"{type(error).__name__}: {error}", None) from error

    def evaluate_text(self, scope: Scope) -> str:
        """The value as it stands in a longer text: strings as they are, numbers and booleans as JSON.

        Raises ExpressionError as `evaluate` does, and for null, arrays and objects.
        """
        value = self.evaluate(scope)
        try:
            return as_text(value, "it")
        except ExpressionError as error:
            raise self._error(error.message, error.hint) from None

    def offset_of(self, tree: Tree) -> int:
        """Where a part of `tree` begins in the text: at its first name, literal or `@`."""
        return self._offsets.get(id(tree), 0)

    def _error(self, message: str, hint: str | None) -> ExpressionError:
        if self.uses_secrets:
            # Messages show parts of values, which scrubbing of whole secrets would not find.
            function = message.partition("(): ")[0]
            named = f"{function}() failed" if function in FUNCTIONS else "it failed"
            message, hint = f"{named}; the details are withheld, because the expression reads a secret", None
        return ExpressionError(message, expression=self.text, hint=hint)


def compile_expression(text: str) -> Expression:
    """Compiles the text of an expression, given without `${ }`.

    Raises ExpressionError with the offset of what is wrong and, where one is known, the corrected text as its hint.
    """
    return _compiled(text.strip())


@lru_cache(maxsize=_CACHED)
def _compiled(text: str) -> Expression:
    try:
        return _compile(text)
    except RecursionError:
        raise ExpressionError("the expression nests too deep", expression=text, offset=0) from None
    except ExpressionError as error:
        raise ExpressionError(error.message, expression=text, offset=error.offset or 0, hint=error.hint) from None


def _compile(text: str) -> Expression:
    parsed = parse(text)
    found = resolve(text, parsed)
    return Expression(
        text=text,
        tree=parsed.tree,
        references=tuple(found.references),
        inner_names=tuple(found.inner_names),
        functions=tuple(found.functions),
        suspicions=tuple(found.suspicions),
        uses_secrets=any(each.root == "secrets" for each in found.references),
        _offsets=found.offsets,
        _run=static_path(parsed.tree) or _evaluator(compile_tree(parsed.tree, found.grounds), _multiplies(parsed.tree)),
    )


def _evaluator(run: Run, multiplies: bool) -> Callable[[Scope], Json]:
    if not multiplies:
        return lambda scope: run(Evaluation(scope), None)

    def evaluate(scope: Scope) -> Json:
        value = run(Evaluation(scope), None)
        check_output(value)
        return value

    return evaluate


def _multiplies(tree: Tree) -> bool:
    """Whether a value can come into the result more than once, so that the size of the result is to be checked."""
    match tree["type"]:
        case "multi_select_list" | "multi_select_dict":
            return True
        case "function_expression" if tree["value"] in _MULTIPLYING:
            return True
        case "slice":
            return False
        case _:
            return any(map(_multiplies, tree["children"]))
