"""The static types of what expressions read: the run's input, the outputs of steps, the names bound around a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias, assert_never

from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.finding import Finding
from kagzi_dsl.dsl.infer import Inference
from kagzi_dsl.dsl.model import (
    Activity,
    Assert,
    Call,
    Fail,
    Foreach,
    Node,
    Parallel,
    Race,
    Repeat,
    Return,
    Saga,
    Seq,
    Set,
    Signal,
    Sleep,
    Switch,
    Try,
    WaitFor,
    Workflow,
)
from kagzi_dsl.dsl.schema_types import of_input, of_schema
from kagzi_dsl.dsl.sight import Binding, Sight, Spot, sight
from kagzi_dsl.dsl.sites import RUN_OUTPUT, Filling, Site, Sites
from kagzi_dsl.dsl.types import (
    ANY,
    ARRAY,
    BOOLEAN,
    NEVER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    Type,
    anything,
    list_of,
    list_with,
    object_with,
    of_value,
    one_of,
    or_null,
    union,
)
from kagzi_dsl.payload import Json
from kagzi_dsl.signature import Signature

RUN: Final = object_with(
    {
        "id": STRING,
        "workflow": STRING,
        "version": or_null(STRING),
        "namespace": STRING,
        "attempt": NUMBER,
        "started_at": STRING,
        "external_id": or_null(STRING),
        "scheduled_for": or_null(STRING),
    }
)
ERROR: Final = object_with(
    {
        "code": STRING,
        "type": STRING,
        "message": STRING,
        "retryable": BOOLEAN,
        "details": ANY,
        "path": STRING,
    }
)
SECRETS: Final = Type(frozenset({"object"}), fields={}, rest=lambda: STRING, listed=False)


Place: TypeAlias = Site | Filling
"""Where something is read: an expression, or a template that holds some."""


class Outputs:
    """What is known of one document's values. Everything is worked out once, when it is first asked for."""

    def __init__(
        self,
        workflow: Workflow,
        spots: Iterable[Spot],
        sites: Sites,
        broken: frozenset[str],
        signatures: Mapping[str, Signature],
        workflows: Mapping[str, Workflow],
    ) -> None:
        self.by_id: dict[str, Spot] = {spot.node.id: spot for spot in spots}
        self.ids = frozenset(self.by_id)
        self._workflow = workflow
        self._sites = sites
        self._broken = broken
        self._signatures = signatures
        self._workflows = workflows
        self._input: Type | None = None
        self._inferred: dict[Site, Type] = {}
        # Not the walks themselves: they know this object, and a circle stays until somebody looks for garbage.
        self._findings: dict[Site, list[Finding]] = {}
        self._fields: dict[Site, set[str]] = {}
        self._filled: dict[Filling, Type] = {}
        self._outputs: dict[str, Type] = {}
        self._raw: dict[str, Type] = {}

    def of_site(self, site: Site) -> Type:
        """The type of an expression."""
        known = self._inferred.get(site)
        if known is not None:
            return known
        self._inferred[site] = ANY  # what reads itself in a circle is unknown
        walk = Inference(_NamesAt(self, site))
        found = walk.infer(site.expression.tree)
        self._inferred[site] = found
        self._findings[site], self._fields[site] = walk.findings, walk.fields
        return found

    def findings(self, site: Site) -> list[Finding]:
        """What is surely wrong in an expression."""
        self.of_site(site)
        return self._findings[site]

    def own_fields(self, site: Site) -> set[str]:
        """The names in an expression that are known to be fields of what they are read from."""
        self.of_site(site)
        return self._fields[site]

    def of_filling(self, filling: Filling | None) -> Type:
        """The type of a template's value."""
        if filling is None:
            return ANY
        found = self._filled.get(filling)
        if found is None:
            found = self._filled[filling] = self._of_part(filling, filling.template.source, ())
        return found

    def _of_part(self, filling: Filling, source: Json, path: Pointer) -> Type:
        match source:
            case str():
                return self._of_text(filling, source, path)
            case dict():
                return object_with({key: self._of_part(filling, part, (*path, key)) for key, part in source.items()})
            case list():
                return list_with([self._of_part(filling, part, (*path, i)) for i, part in enumerate(source)])
            case _:
                return of_value(source)

    def _of_text(self, filling: Filling, source: str, path: Pointer) -> Type:
        sites = filling.sites.get(path, ())
        if not sites:
            return of_value(source) if "${" not in source else STRING
        return self.of_site(sites[0]) if sites[0].alone else STRING

    def of_input(self) -> Type:
        """The type of the run's input."""
        if self._input is None:
            schema = self._workflow.input_schema
            self._input = ANY if schema is None else of_input(schema)
        return self._input

    def of_item(self, node: Foreach) -> Type:
        """The type of one item of a foreach."""
        return self.of_items(node).element()

    def of_items(self, node: Foreach) -> Type:
        """The type of what a foreach goes through."""
        if node.id in self._broken:
            return ANY
        site = self._sites.expression(node, "foreach")
        return self.of_site(site) if site is not None else self.of_filling(self._sites.filling(node, "foreach"))

    def of_node(self, node: Node) -> Type:
        """What a node gives when it completes, null when it is skipped."""
        known = self._outputs.get(node.id)
        if known is not None:
            return known
        self._outputs[node.id] = ANY
        if node.id in self._broken:
            return ANY
        filling = self._sites.filling(node, "output")
        found = self.before_output(node) if filling is None else self.of_filling(filling)
        found = found if node.when is None else or_null(found)
        self._outputs[node.id] = found
        return found

    def before_output(self, node: Node) -> Type:
        """What a node gives before its `output` reshapes it: its `result`."""
        known = self._raw.get(node.id)
        if known is None:
            self._raw[node.id] = ANY
            known = ANY if node.id in self._broken else self._own(node)
            self._raw[node.id] = known
        return known

    def _own(self, node: Node) -> Type:
        match node:
            case Activity():
                signature = self._signatures.get(node.activity)
                return of_schema(signature.output_schema) if signature is not None else ANY
            case Seq() | Saga():
                return self.of_node(node.body[-1]) if node.body else NULL
            case Parallel():
                return self._of_parallel(node)
            case Race():
                return self._of_race(node)
            case Sleep() | Signal() | Assert():
                return NULL
            case Switch():
                return self._of_switch(node)
            case Foreach():
                done = self.of_node(node.do)
                return list_of(done if node.tolerate is None else or_null(done)) if done.kinds else ARRAY
            case Repeat():
                return self.of_node(node.do)
            case Try():
                return union([self.of_node(node.body), *(self.of_node(handler.do) for handler in node.handlers)])
            case WaitFor():
                payload = ANY if node.schema is None else of_schema(node.schema)
                return payload if node.else_ is None else union([payload, self.of_node(node.else_)])
            case Call():
                return self._of_call(node)
            case Set():
                return self.of_filling(self._sites.filling(node, "set"))
            case Fail() | Return():
                return NEVER
            case _:
                assert_never(node)

    def _of_parallel(self, node: Parallel) -> Type:
        outputs = [self.of_node(branch) for branch in node.branches]
        return list_with(outputs) if node.names is None else object_with(dict(zip(node.names, outputs, strict=True)))

    def _of_race(self, node: Race) -> Type:
        output = union([self.of_node(branch) for branch in node.branches])
        winner = one_of(node.names)
        if all(branch.when is not None for branch in node.branches):
            winner, output = or_null(winner), or_null(output)
        return object_with({"winner": winner, "output": output})

    def _of_switch(self, node: Switch) -> Type:
        taken = union([self.of_node(case.do) for case in node.cases])
        return taken if any(case.when is None for case in node.cases) else union([taken, NULL])

    def _of_call(self, node: Call) -> Type:
        if node.detach:
            return object_with({"run_id": STRING})
        callee = self._workflows.get(node.workflow)
        return of_schema(callee.output_schema) if callee is not None and callee.output_schema is not None else ANY

    def of_binding(self, binding: Binding) -> Type:
        """The type of a name that a node around binds."""
        owner = binding.owner.node
        match binding.what:
            case "item":
                return self.of_item(owner) if isinstance(owner, Foreach) else ANY
            case "index":
                return NUMBER
            case "previous":
                return or_null(self.of_node(owner.do)) if isinstance(owner, Repeat) else ANY
            case "error":
                return ERROR
            case "maybe_error":
                return or_null(ERROR)
            case "forward":
                return self.of_forward(owner)
            case _:
                assert_never(binding.what)

    def of_forward(self, node: Node) -> Type:
        """What a compensation is told of the node it undoes."""
        return object_with(
            {
                "outcome": one_of(["completed", "unknown"]),
                "output": or_null(self.of_node(node)),
                "error": or_null(ERROR),
                "idempotency_key": STRING,
            }
        )

    def of_root(self, place: Place, name: str) -> Type | None:
        """What a root stands for at a place; None where it stands for nothing."""
        match name:
            case "input":
                return self.of_input()
            case "run":
                return RUN
            case "steps":
                return Type(OBJECT.kinds, fields=_Steps(self, place), rest=anything, needed=self.ids, listed=False)
            case "secrets":
                return SECRETS
            case "result" if place.option in ("output", RUN_OUTPUT):
                return self.before_output(place.spot.node)
            case _:
                binding = place.names.get(name)
                return None if binding is None else self.of_binding(binding)

    def of_step(self, place: Place, step: Spot) -> Type:
        """What `steps.<id>` is where it is read; ANY where it cannot be seen."""
        match sight(place.spot, place.moment, step):
            case Sight.CERTAIN:
                return self.of_node(step.node)
            case Sight.POSSIBLE:
                return or_null(self.of_node(step.node))
            case _:
                return ANY


class _NamesAt:
    """The roots where one expression is written."""

    __slots__ = ("_outputs", "_site")

    def __init__(self, outputs: Outputs, site: Site) -> None:
        self._outputs = outputs
        self._site = site

    def root(self, name: str) -> Type:
        found = self._outputs.of_root(self._site, name)
        return ANY if found is None else found


class _Steps(Mapping[str, Type]):
    """The outputs of steps, as they are seen from one place."""

    __slots__ = ("_outputs", "_place")

    def __init__(self, outputs: Outputs, place: Place) -> None:
        self._outputs = outputs
        self._place = place

    def __getitem__(self, name: str) -> Type:
        return self._outputs.of_step(self._place, self._outputs.by_id[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs.by_id)

    def __len__(self) -> int:
        return len(self._outputs.by_id)
