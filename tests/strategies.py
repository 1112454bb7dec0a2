"""Hypothesis strategies for whole workflows: every kind of node, nested, with expressions that read what is in scope.

`documents()` gives the plain value of a document, sugar and all, `workflows()` the model. Where an id is written it is
unique; compensations stand only inside a saga, and `return` neither there nor in a `finally`, as the checker wants it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from kagzi_dsl.dsl.model import KINDS, Workflow
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.payload import dumps

Value = dict[str, Any]

ACTIVITIES = ("charge", "ship.parcel", "sendMail", "notify_2")
LEAVES = ("activity", "sleep", "wait_for", "signal", "call", "set", "assert", "fail", "return")
DURATIONS = ("250ms", "5s", "1h30m", "2d", "PT30M", "0s", "1.5s", "90m", "${ input.pause }")
FIXED_DURATIONS = tuple(text for text in DURATIONS if "$" not in text)
CODES = ("NotFound", "Conflict", "Timeout", "MyError")

names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats(-1e9, 1e9) | st.text("ab${}'é ", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=3), inner, max_size=3),
    max_leaves=5,
).map(lambda value: _without_expressions(value))
"""JSON values without expressions in them."""

data_schemas = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(names, st.sampled_from([{"type": "string"}, {"type": "integer", "default": 3}])),
        "required": st.lists(names, max_size=2, unique=True),
        "additionalProperties": st.just({}),
        "description": st.just("What it is."),
    },
)
"""JSON Schemas of objects."""


@dataclass(frozen=True)
class Around:
    """What a node may use: roots and steps in scope, which kinds, compensation, `return`, and how deep it may be."""

    roots: tuple[str, ...] = ("input",)
    steps: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS
    in_saga: bool = False
    may_return: bool = True
    depth: int = 3

    def inside(self, *roots: str, **changes: Any) -> Around:
        return replace(self, depth=self.depth - 1, roots=(*self.roots, *roots), **changes)


def workflows(*, kinds: tuple[str, ...] = KINDS, depth: int = 3) -> st.SearchStrategy[Workflow]:
    """Workflows, by way of the documents that say them."""
    return documents(kinds=kinds, depth=depth).map(workflow_of)


def workflow_of(document: Value) -> Workflow:
    """The workflow of a document that must be right."""
    parsed = parse_text(dumps(document), "generated.json")
    assert parsed.document is not None
    assert not parsed.diagnostics, parsed.diagnostics
    return parsed.document.workflow


@st.composite
def documents(draw: st.DrawFn, *, kinds: tuple[str, ...] = KINDS, depth: int = 3) -> Value:
    """The plain value of a document: a header and a root node of any of `kinds`, nodes nested `depth` deep."""
    drawing = _Drawing(draw)
    around = Around(kinds=kinds, depth=depth)
    # A root cannot wait with an `else`: the timeout that it needs is the run's.
    root = drawing.root(around)
    steps = (root["id"],) if "id" in root else ()
    return {
        "workflow": draw(st.sampled_from(("order", "order-2"))),
        **drawing.header(replace(around, steps=steps)),
        **root,
    }


class _Drawing:
    """Draws the parts of one document; ids that are written are counted, so that each is there once."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.written = 0

    def chance(self, one_in: int = 3) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def some(self, **options: Any) -> Value:
        """Some of the options; each is a strategy or a function that draws."""
        chosen = {name: make for name, make in options.items() if self.chance()}
        return {name.rstrip("_"): make() if callable(make) else self.draw(make) for name, make in chosen.items()}

    def header(self, around: Around) -> Value:
        return self.some(
            version=st.sampled_from(("1", "2.0.0")),
            description=st.just("Made up."),
            input=data_schemas,
            output_schema=data_schemas,
            activities=st.sampled_from(("./activities.py", ["shop.activities"])),
            queue=st.sampled_from(("default", "orders")),
            timeout=st.sampled_from(DURATIONS),
            run=lambda: self.some(retry=self.retry, priority=st.integers(-3, 3), labels=st.dictionaries(names, names)),
            defaults=lambda: self.some(retry=self.retry, timeout=st.sampled_from(DURATIONS)),
            output=lambda: self.template(around.inside("result")),
        )

    def retry(self) -> Value:
        times = st.sampled_from(FIXED_DURATIONS)
        return self.some(
            max_attempts=st.integers(1, 9),
            initial_interval=times,
            backoff_coefficient=st.sampled_from((1, 1.5, 2)),
            max_interval=times,
            max_elapsed=times,
            non_retryable_errors=st.lists(st.sampled_from(CODES), max_size=2),
        )

    # What stands in nodes

    def paths(self, around: Around) -> list[str]:
        """Expressions that read something in scope."""
        return [f"{root}.x" for root in around.roots] + [f"steps.{step}" for step in around.steps]

    def expression(self, around: Around) -> str:
        path = self.draw(st.sampled_from(self.paths(around)))
        texts = (path, f"{path} == `1`", f"add({path}, `2`)", f"length({path}) > `3`", f"{path}[?a=='}}']")
        text = self.draw(st.sampled_from(texts))
        return self.draw(st.sampled_from((text, f"${{ {text} }}", f"${{{text}}}", f"  ${{ {text}}} ")))

    def texts(self, around: Around) -> st.SearchStrategy[str]:
        """Texts with an expression in them, and texts that only look so."""
        paths = self.paths(around)
        forms = ("${ PATH }", "${PATH}", "a ${ PATH } b ${PATH}", "$${ plain }", "plain")
        return st.sampled_from([form.replace("PATH", path) for path in paths for form in forms])

    def template(self, around: Around) -> Any:
        texts = self.texts(around)
        return self.draw(plain_values | texts | st.lists(texts, max_size=2) | st.dictionaries(names, texts, max_size=2))

    def arguments(self, around: Around) -> Any:
        if self.chance(6):
            return f"${{ {self.draw(st.sampled_from(self.paths(around)))} }}"
        return self.draw(st.dictionaries(names, self.texts(around), max_size=3))

    # Nodes

    def root(self, around: Around) -> Value:
        mapping = self.mapping(around)
        for option in ("timeout", "output", "queue", "compensate", "else"):
            mapping.pop(option, None)
        return mapping

    def node(self, around: Around) -> Any:
        """A node; now and then a list, which stands for a seq."""
        if around.depth > 0 and "seq" in around.kinds and self.chance(8):
            return self.body(around)
        return self.mapping(around)

    def mapping(self, around: Around) -> Value:
        choice = [kind for kind in around.kinds if around.depth > 0 or kind in LEAVES]
        if not around.may_return:
            choice = [kind for kind in choice if kind != "return"]
        kind = self.draw(st.sampled_from(choice))
        own: Value = getattr(self, f"_{kind}")(around)
        keys = self.draw(st.permutations(list(mapping := {**own, **self.common(around)})))
        return {key: mapping[key] for key in keys}

    def common(self, around: Around) -> Value:
        options = self.some(
            description=st.just("Why."),
            when=lambda: self.expression(around),
            timeout=st.sampled_from(DURATIONS),
            output=lambda: self.template(around.inside("result")),
        )
        if self.chance(2):
            self.written += 1
            options["id"] = f"n{self.written}"
        if around.in_saga and around.depth > 0 and self.chance():
            undoing = around.inside("error", "forward", in_saga=False, may_return=False)
            options["compensate"] = self.node(undoing)
        return options

    def body(self, around: Around) -> list[Any]:
        inner = around.inside()
        nodes = []
        for _ in range(self.draw(st.integers(1, 3))):
            node = self.node(inner)
            nodes.append(node)
            if isinstance(node, dict) and "id" in node:
                inner = replace(inner, steps=(*inner.steps, node["id"]))
        return nodes

    def branches(self, around: Around, least: int) -> Value:
        keys = self.draw(st.lists(names, min_size=least, max_size=3, unique=True))
        return {key: self.node(around.inside()) for key in keys}

    def _activity(self, around: Around) -> Value:
        return {
            "activity": self.draw(st.sampled_from(ACTIVITIES)),
            **self.some(
                with_=lambda: self.arguments(around),
                retry=self.retry,
                queue=st.just("slow"),
                heartbeat=st.sampled_from(DURATIONS),
                idempotency_key=st.just("key-${ input.x }"),
            ),
        }

    def _seq(self, around: Around) -> Value:
        return {"seq": self.body(around)}

    def _saga(self, around: Around) -> Value:
        return {
            "saga": self.body(replace(around, in_saga=True)),
            **self.some(
                order=st.sampled_from(("reverse", "parallel")),
                on_compensation_error=st.sampled_from(("continue", "halt")),
                on_failure=lambda: self.node(around.inside("error")),
            ),
        }

    def _parallel(self, around: Around) -> Value:
        named = self.chance(2)
        branches = self.branches(around, 1) if named else [self.node(around.inside())]
        return {
            "parallel": branches,
            **self.some(limit=st.integers(1, 3), on_error=st.sampled_from(("cancel", "wait"))),
        }

    def _race(self, around: Around) -> Value:
        return {"race": self.branches(around, 2)}

    def _sleep(self, around: Around) -> Value:
        moment = st.sampled_from(("2026-01-01T00:00:00Z", "${ input.at }", "input.at"))
        return {"sleep": {"until": self.draw(moment)} if self.chance() else self.draw(st.sampled_from(DURATIONS))}

    def _switch(self, around: Around) -> Value:
        cases: list[Value] = [
            {"when": self.expression(around), "do": self.node(around.inside())}
            for _ in range(self.draw(st.integers(1, 2)))
        ]
        return {"switch": [*cases, {"else": self.node(around.inside())}] if self.chance() else cases}

    def _foreach(self, around: Around) -> Value:
        item = self.draw(st.sampled_from((None, "item", "line")))
        return {
            "foreach": self.draw(st.lists(plain_values, max_size=2)) if self.chance() else self.expression(around),
            "do": self.node(around.inside(item or "item")),
            **({"as": item} if item else {}),
            **self.some(
                limit=st.sampled_from((1, 64)),
                on_error=st.sampled_from(("cancel", "wait")),
                tolerate=st.sampled_from((0, 3, "10%")),
            ),
        }

    def _repeat(self, around: Around) -> Value:
        return {
            "repeat": self.node(around.inside("previous")),
            "until": self.expression(around),
            "max": self.draw(st.integers(1, 5)),
            **self.some(every=st.sampled_from(DURATIONS)),
        }

    def _try(self, around: Around) -> Value:
        tried = {"try": self.node(around.inside())}
        last = {"finally": self.node(around.inside(may_return=False))}
        handlers = {"catch": [self._handler(around) for _ in range(self.draw(st.integers(1, 2)))]}
        return {**tried, **self.draw(st.sampled_from((handlers, last, {**handlers, **last})))}

    def _handler(self, around: Around) -> Value:
        name = self.draw(st.sampled_from((None, "error", "problem")))
        errors = self.some(errors=st.lists(st.sampled_from(CODES), max_size=2))
        return {"do": self.node(around.inside(name or "error")), **errors, **({"as": name} if name else {})}

    def _wait_for(self, around: Around) -> Value:
        signal = {"wait_for": self.draw(st.sampled_from(("go", "Order.Paid"))), **self.some(schema=data_schemas)}
        if around.depth > 0 and self.chance():
            return {**signal, "timeout": "1h", "else": self.node(around.inside())}
        return signal

    def _signal(self, around: Around) -> Value:
        return {"signal": "go", **self.some(to=st.just("run-${ input.x }"), with_=lambda: self.template(around))}

    def _call(self, around: Around) -> Value:
        options = self.some(with_=lambda: self.arguments(around), retry=self.retry, detach=st.booleans())
        return {"call": self.draw(st.sampled_from(("child", "other-child"))), **options}

    def _set(self, around: Around) -> Value:
        return {"set": self.template(around)}

    def _return(self, around: Around) -> Value:
        return {"return": self.template(around)}

    def _assert(self, around: Around) -> Value:
        return {"assert": self.expression(around), **self.some(message=st.just("not ${ input.x }"))}

    def _fail(self, around: Around) -> Value:
        if self.chance():
            return {"fail": self.draw(st.sampled_from(("no", "no ${ input.x }")))}
        options = self.some(
            code=st.sampled_from(("Internal", "NotFound")),
            type=st.just("MyError"),
            details=lambda: self.template(around),
        )
        return {"fail": {"message": "no", **options}}


def _without_expressions(value: Any) -> Any:
    match value:
        case str():
            return value.replace("{", "(")
        case list():
            return [_without_expressions(item) for item in value]
        case dict():
            return {key: _without_expressions(item) for key, item in value.items()}
        case _:
            return value
