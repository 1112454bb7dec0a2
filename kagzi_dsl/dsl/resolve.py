"""What the names of an expression mean.

A name is a root (`input`, `steps`, …) where nothing has been selected yet, and a field of the current value everywhere
else: after a pipe, in a filter, in an expression reference, in a multi-select of a value. This pass walks the syntax
tree once, in the order of the text, decides this for every node, and collects what the checker wants to know. The
compiler reads the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, NoReturn

from kagzi_dsl.dsl.functions import FUNCTIONS
from kagzi_dsl.dsl.functions.signature import EXPRESSION, FunctionSignature
from kagzi_dsl.dsl.scope import ROOTS
from kagzi_dsl.dsl.suspicions import DOUBLE_QUOTED, Suspicion, suspicious_comparison, suspicious_name
from kagzi_dsl.dsl.syntax import Parsed, Token, Tree
from kagzi_dsl.errors import ExpressionError


class Ground(Enum):
    """What a node's names stand on: the roots, a current value, or the value left of the dot before it."""

    ROOT = "root"
    VALUE = "value"
    DOTTED = "dotted"


class Reference(NamedTuple):
    """A name that is read, and the fields after it as far as they are static: `steps.charge.items[0].id` has the path
    ("charge", "items"). `offset` counts characters into the expression.
    """

    root: str
    path: tuple[str, ...]
    offset: int


class FunctionCall(NamedTuple):
    """A call: the function's name, how many arguments it is given, where, and their syntax trees."""

    name: str
    arity: int
    offset: int
    arguments: tuple[Tree, ...]


@dataclass(slots=True)
class Resolution:
    """What a walk found; `grounds` and `offsets` are keyed by the identity of the tree's nodes."""

    references: list[Reference] = field(default_factory=list)
    inner_names: list[Reference] = field(default_factory=list)
    functions: list[FunctionCall] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)
    grounds: dict[int, Ground] = field(default_factory=dict)
    offsets: dict[int, int] = field(default_factory=dict)


def resolve(text: str, parsed: Parsed) -> Resolution:
    """Decides what every name of an expression means. Raises ExpressionError for what can mean nothing."""
    walk = _Walk(text, parsed.anchors, parsed.commas)
    walk.visit(parsed.tree, Ground.ROOT)
    return walk.found


def is_root_call(tree: Tree) -> bool:
    """Whether a node is the call `root()`."""
    return tree["type"] == "function_expression" and tree["value"] == "root" and not tree["children"]


_FOLLOWED: Final[Mapping[str, str]] = {"steps": "steps.<id>", "secrets": "secrets.<NAME>"}
_NOT_ALONE: Final = {
    "steps": ("a step's id must follow `steps`", "as in steps.charge"),
    "secrets": ("a secret's name must follow `secrets`", "as in secrets.API_KEY"),
}


class _Walk:
    """One pass over a tree, in the order of the text, which is that of the anchors."""

    def __init__(self, text: str, anchors: Sequence[Token], commas: Sequence[int]) -> None:
        self.found = Resolution()
        self._text = text
        self._anchors = anchors
        self._passed = 0
        self._commas = commas

    def visit(self, tree: Tree, ground: Ground) -> None:
        self.found.grounds[id(tree)] = ground
        self.found.offsets[id(tree)] = self._offset()
        match tree["type"]:
            case "field":
                self._names([tree], ground, alone=True)
            case "subexpression":
                self._subexpression(tree["children"], ground)
            case "literal":
                self._anchor()
            case "current":
                self._current(ground)
            case "identity" if ground is Ground.ROOT:
                self._fail("there is nothing before it to select from", f"begin with a root: {_roots()}")
            case "function_expression":
                self._call(tree, ground)
            case "expref":
                self._fail("& stands only before an argument of a function that takes an expression", _takers())
            case _:
                self._parts(tree, ground)

    def _parts(self, tree: Tree, ground: Ground) -> None:
        children = tree["children"]
        match tree["type"]:
            case "index_expression" | "projection" | "value_projection":
                self.visit(children[0], ground)
                self._dotted(children[1:])
            case "filter_projection":
                left, right, condition = children
                self.visit(left, ground)
                self.visit(condition, Ground.VALUE)
                self.visit(right, Ground.DOTTED)
            case "pipe":
                self.visit(children[0], ground)
                self.visit(children[1], Ground.VALUE)
            case "slice":
                if children[2] == 0:
                    self._fail("the step of a slice cannot be 0", None)
            case "key_val_pair":
                self._anchor()
                self.visit(children[0], ground)
            case "comparator":
                self._comparison(tree, ground)
            case "flatten":
                self.visit(children[0], ground)
            case _:
                for child in children:
                    self.visit(child, _fresh(ground))

    def _dotted(self, trees: Sequence[Tree]) -> None:
        for tree in trees:
            self.visit(tree, Ground.DOTTED)

    def _subexpression(self, children: Sequence[Tree], ground: Ground) -> None:
        if is_root_call(children[0]):
            self._record_call(children[0])
            children, ground = children[1:], Ground.ROOT
        names = 0
        while names < len(children) and children[names]["type"] == "field":
            names += 1
        if names:
            self._names(children[:names], ground, alone=len(children) == 1)
            self._dotted(children[names:])
        else:
            self.visit(children[0], ground)
            self._dotted(children[1:])

    def _names(self, fields: Sequence[Tree], ground: Ground, *, alone: bool) -> None:
        """Records a chain of names; the first one decides what it is a chain of."""
        first = self._anchors[self._passed]
        for index, each in enumerate(fields):
            self.found.grounds[id(each)] = ground if index == 0 else Ground.DOTTED
            self.found.offsets[id(each)] = self._anchor()
        root, *path = (each["value"] for each in fields)
        reference = Reference(root, tuple(path), first["start"])
        if ground is Ground.ROOT:
            if root in _NOT_ALONE and not path:
                self._fail(*_NOT_ALONE[root], at=reference.offset)
            self.found.references.append(reference)
        elif ground is Ground.VALUE:
            self.found.inner_names.append(reference)
        if ground is not Ground.DOTTED:
            self._suspect(suspicious_name(self._text, first, alone=alone, at_root=ground is Ground.ROOT))

    def _current(self, ground: Ground) -> None:
        place = self._anchor()
        if ground is Ground.ROOT:
            self._fail("`@` has no value here: nothing is selected yet", f"begin with a root: {_roots()}", at=place)

    def _comparison(self, tree: Tree, ground: Ground) -> None:
        sides = tree["children"]
        known = len(self.found.suspicions)
        for side in sides:
            self.visit(side, _fresh(ground))
        if ground is not Ground.ROOT and any(side["type"] == "literal" for side in sides):
            # Next to a literal a quoted name is a name: nobody compares two texts.
            kept = [each for each in self.found.suspicions[known:] if each.code != DOUBLE_QUOTED]
            self.found.suspicions[known:] = kept
        self._suspect(suspicious_comparison(tree, self.found.offsets))

    def _call(self, tree: Tree, ground: Ground) -> None:
        call = self._record_call(tree)
        signature = self._signature(call)
        if call.name == "root":
            message = "root() begins a path, and a name must follow it"
            self._fail(message, "as in root().input.limit", at=call.offset)
        for index, argument in enumerate(tree["children"]):
            self._argument(signature, index, argument, ground)

    def _record_call(self, tree: Tree) -> FunctionCall:
        call = FunctionCall(tree["value"], len(tree["children"]), self._anchor(), tuple(tree["children"]))
        commas = self._commas[len(self.found.functions)]
        self.found.functions.append(call)
        if commas != max(0, call.arity - 1):
            self._fail(f"the arguments of {call.name}() are to be separated by one comma each", None, at=call.offset)
        return call

    def _signature(self, call: FunctionCall) -> FunctionSignature:
        signature = FUNCTIONS.get(call.name)
        if signature is None:
            import difflib  # only for those who mistype

            near = difflib.get_close_matches(call.name, FUNCTIONS, n=1)
            guess = f"did you mean {near[0]}()? " if near else ""
            known = f"{guess}The functions are: {', '.join(sorted(FUNCTIONS))}"
            self._fail(f"there is no function {call.name}()", known, at=call.offset)
        if call.arity < signature.min_args or (signature.max_args is not None and call.arity > signature.max_args):
            message = f"{call.name}() takes {_counted(signature)}, but is given {call.arity}"
            self._fail(message, str(signature), at=call.offset)
        return signature

    def _argument(self, signature: FunctionSignature, index: int, tree: Tree, ground: Ground) -> None:
        takes_expression = EXPRESSION in signature.parameter(index).types
        if tree["type"] == "expref":
            if not takes_expression:
                self._fail(f"argument {index + 1} of {signature.name}() is a value: leave out the &", str(signature))
            self.visit(tree["children"][0], Ground.VALUE)
        elif takes_expression:
            self._fail(f"argument {index + 1} of {signature.name}() is an expression: put & before it", str(signature))
        else:
            self.visit(tree, _fresh(ground))

    def _anchor(self) -> int:
        """Passes the next anchor and gives its offset."""
        self._passed += 1
        offset: int = self._anchors[self._passed - 1]["start"]
        return offset

    def _offset(self) -> int:
        """Where the walk is: at the next anchor, or at the end."""
        return self._anchors[self._passed]["start"] if self._passed < len(self._anchors) else len(self._text)

    def _suspect(self, suspicion: Suspicion | None) -> None:
        if suspicion is not None:
            self.found.suspicions.append(suspicion)

    def _fail(self, message: str, hint: str | None, *, at: int | None = None) -> NoReturn:
        offset = self._offset() if at is None else at
        raise ExpressionError(message, expression=self._text, offset=offset, hint=hint)


def _fresh(ground: Ground) -> Ground:
    """The ground of what is evaluated anew on the current value, as the members of a multi-select are."""
    return Ground.ROOT if ground is Ground.ROOT else Ground.VALUE


def _counted(signature: FunctionSignature) -> str:
    low, high = signature.min_args, signature.max_args
    count = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
    return f"{count} argument{'' if count.endswith(' 1') or count == '1' else 's'}"


def _roots() -> str:
    return ", ".join(_FOLLOWED.get(root, root) for root in ROOTS)


def _takers() -> str:
    names = [f"{name}()" for name, each in FUNCTIONS.items() if any(EXPRESSION in p.types for p in each.parameters)]
    return f"these do: {', '.join(names)}"
