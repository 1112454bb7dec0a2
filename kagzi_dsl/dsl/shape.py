"""Does a document have the shape of a workflow? Every mistake, in one go, where it stands.

The check reads the rules of the schema file. It looks at the kind of a node first and then only at what that kind has,
so that a message is about what the author wrote; a value of the wrong type is told of once and not looked into. What
needs names, expressions or the calendar is not its business.
"""

from __future__ import annotations

from collections.abc import Mapping

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.schema import Condition, Rule, workflow_rule
from kagzi_dsl.dsl.shape_complaints import Complaints
from kagzi_dsl.dsl.shape_words import meant_key, meant_kind
from kagzi_dsl.dsl.source import Source
from kagzi_dsl.payload import Json

_LOOKED_AT = 20  # how many strange keys of a node without a kind are compared with what there is


def check_shape(source: Source) -> list[Diagnostic]:
    """What is wrong with the shape of a document, in the order of the text; empty when nothing is."""
    complaints = Complaints(source)
    _Check(complaints).value(workflow_rule(), source.value, ())
    return complaints.by_place()


class _Check:
    """One walk over a document. Nesting is bounded by the reader, so that it may recurse."""

    def __init__(self, complaints: Complaints) -> None:
        self._tell = complaints

    def value(self, rule: Rule, value: Json, pointer: Pointer) -> None:
        """Holds a value against its rule."""
        condition = rule.condition
        if condition is not None:
            chosen = condition.then if condition.test(value) or _meant(condition, value) else condition.otherwise
            if chosen is not None:
                self.value(chosen, value, pointer)
            return
        if self._tell.full:
            return
        if not rule.allows(value):
            self._tell.wrong_type(rule, value, pointer)
            return
        kind = type(value)
        if kind is dict:
            self._mapping(rule, value, pointer)
        elif kind is list:
            self._list(rule, value, pointer)
        elif kind is str:
            self._text(rule, value, pointer)
        elif rule.least is not None and value < rule.least:
            self._tell.too_small(rule, value, pointer)
        if rule.words and value not in rule.words:
            self._tell.not_a_word(rule, value, pointer)

    def _text(self, rule: Rule, value: str, pointer: Pointer) -> None:
        if not rule.matches(value):
            self._tell.bad_text(rule, value, pointer)
        elif len(value) < rule.least_length:
            self._tell.empty(rule, value, pointer)

    def _list(self, rule: Rule, value: list[Json], pointer: Pointer) -> None:
        if len(value) < rule.least_items:
            self._tell.empty(rule, value, pointer)
        if rule.items is not None:
            for index, item in enumerate(value):
                self.value(rule.items, item, (*pointer, index))

    def _mapping(self, rule: Rule, value: Mapping[str, Json], pointer: Pointer) -> None:
        if rule.kinds is not None:
            self._node(rule, rule.kinds, value, pointer)
            return
        for key, inner in value.items():
            if self._tell.full:
                return
            child = rule.properties.get(key, rule.values)
            if child is not None:
                self.value(child, inner, (*pointer, key))
            elif rule.closed:
                self._tell.unknown_key(key, pointer, rule.properties)
        if rule.names is not None:
            self._names(rule.names, value, pointer)
        if len(value) < rule.least_properties:
            tell = self._tell.too_few if value else self._tell.empty
            tell(rule, value, pointer)
        self._presence(rule, value, pointer, None)

    def _names(self, rule: Rule, value: Mapping[str, Json], pointer: Pointer) -> None:
        for key in value:
            if not self._tell.full and not rule.matches(key):
                self._tell.bad_branch_name(rule, key, (*pointer, key))

    def _presence(self, rule: Rule, value: Mapping[str, Json], pointer: Pointer, kind_key: str | None) -> None:
        for key in rule.required:
            if key not in value:
                self._tell.missing(rule, (key,), pointer, kind_key)
        for key, needed in rule.dependent.items():
            for other in needed:
                if key in value and other not in value:
                    self._tell.missing_beside(key, other, pointer)

    # Nodes

    def _node(self, rule: Rule, kinds: Mapping[str, Rule], value: Mapping[str, Json], pointer: Pointer) -> None:
        self._presence(rule, value, pointer, None)
        present = [key for key in value if key in kinds]
        if len(present) == 1:
            self._of_kind(rule, kinds[present[0]], present[0], present[0], value, pointer)
        elif present:
            self._of_many_kinds(rule, {key: kinds[key] for key in present}, value, pointer)
        else:
            self._of_no_kind(rule, kinds, value, pointer)

    def _of_kind(
        self, rule: Rule, of_kind: Rule, kind: str, kind_key: str, value: Mapping[str, Json], pointer: Pointer
    ) -> None:
        """A node of a kind; `kind_key` is the kind as it is written."""
        for key, inner in value.items():
            if self._tell.full:
                return
            child = of_kind.properties.get(kind if key == kind_key else key) or rule.properties.get(key)
            if child is not None:
                self.value(child, inner, (*pointer, key))
            else:
                self._tell.unknown_option(key, kind, rule, of_kind, pointer)
        self._presence(of_kind, value, pointer, kind_key)
        condition = of_kind.condition
        if condition is not None and condition.test(value) and not value.keys() & set(condition.then.required):
            # A kind's condition says that one of several keys must be there.
            self._tell.missing(of_kind, condition.then.required + condition.without, pointer, kind_key)

    def _of_many_kinds(
        self, rule: Rule, kinds: Mapping[str, Rule], value: Mapping[str, Json], pointer: Pointer
    ) -> None:
        first, *others = kinds
        for other in others:
            self._tell.two_kinds(first, other, pointer)
        known = dict(rule.properties)
        for of_kind in kinds.values():
            known.update(of_kind.properties)
        self._known(known, value, pointer)

    def _of_no_kind(self, rule: Rule, kinds: Mapping[str, Rule], value: Mapping[str, Json], pointer: Pointer) -> None:
        options = {key for of_kind in kinds.values() for key in of_kind.properties}
        strange = [key for key in value if key not in rule.properties and key not in options][:_LOOKED_AT]
        for key in strange:
            meant = meant_kind(key, kinds)
            if meant is not None:
                self._tell.unknown_kind(key, meant, kinds, pointer)
                self._of_kind(rule, kinds[meant], meant, key, value, pointer)
                return
        self._known(rule.properties, value, pointer)
        slips = [key for key in strange if meant_key(key, rule.properties) is not None]
        for key in slips:
            self._tell.unknown_key(key, pointer, rule.properties)
        no_kinds = [key for key in strange if key not in slips]
        if no_kinds:
            self._tell.unknown_kind(no_kinds[0], None, kinds, pointer)
        else:
            self._tell.no_kind(kinds, pointer)

    def _known(self, rules: Mapping[str, Rule], value: Mapping[str, Json], pointer: Pointer) -> None:
        for key, inner in value.items():
            if key in rules:
                self.value(rules[key], inner, (*pointer, key))


def _meant(condition: Condition, value: Json) -> bool:
    """Whether the one key of a mapping is a slip of the key the condition is about, as `esle` is of `else`."""
    other = condition.otherwise
    if other is None or not isinstance(value, dict) or len(value) != 1:
        return False
    [key] = value
    return key not in other.properties and meant_key(key, [*condition.then.properties, *other.properties]) in (
        condition.then.properties.keys() - other.properties.keys()
    )
