"""The shape of a document: each rule, the sentence that says it is broken, and the exact place."""

from __future__ import annotations

from itertools import product

import pytest

from kagzi_dsl.dsl.diagnostic import Diagnostic, Span
from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.shape import check_shape
from kagzi_dsl.dsl.source import load_source

ALL_KINDS = ", ".join(KINDS)
HEADER = (
    "workflow, version, description, input, output_schema, activities, queue, timeout, run, defaults, schedule, "
    "output, id, when"
)
COMMON = "id, description, when, timeout, compensate, output"
OF_AN_ACTIVITY = f"`activity` may have with, queue, heartbeat, idempotency_key, retry; every node may have {COMMON}"
OF_A_RETRY = (
    "its keys are max_attempts, initial_interval, backoff_coefficient, max_interval, max_elapsed, non_retryable_errors"
)
CODES = (
    "Internal, InvalidArgument, NotFound, PreconditionFailed, Conflict, Unauthorized, Unavailable, Timeout, Cancelled, "
    "Interrupted or PayloadTooLarge"
)
A_WORKFLOW = "a workflow: a mapping with a header and one root node"
A_NAME = "a name starts with a lower-case letter and goes on with lower-case letters, digits and _"
A_WORKFLOW_NAME = (
    "a workflow's name starts with a lower-case letter and goes on with lower-case letters, digits, _ and -"
)
A_SIGNAL_NAME = "a signal's name starts with a letter and goes on with letters, digits, _, . and -"
A_PERCENTAGE = "a percentage is a whole number from 0 to 100 and a percent sign, such as 10%"

ORDER = """\
workflow: order-processing
version: "1.2.0"
description: Charge, reserve, confirm, or undo.
input:
  type: object
  required: [order_id, amount]
activities: ./activities.py
queue: orders
timeout: 30m
run: {retry: {max_attempts: 2}, priority: 5, labels: {team: shop}}
defaults: {retry: {max_attempts: 3}, timeout: 60s}
saga:
  - activity: validate_order
    with: {order_id: "${ input.order_id }"}
  - parallel:
      charge:
        activity: process_payment
        with: ${ input }
        retry: {max_attempts: 5, initial_interval: 1s, backoff_coefficient: 2, max_interval: 60s, max_elapsed: 10m,
                non_retryable_errors: [InvalidArgument]}
        compensate: {activity: cancel_payment, with: {payment_id: "${ steps.charge.id }"}}
      reserve:
        - activity: reserve_inventory
          heartbeat: PT30S
          idempotency_key: ${ run.id }-reserve
          queue: stock
    limit: 2
    on_error: wait
  - sleep: 5s
  - sleep: ${ input.wait }
  - sleep: {until: 2030-01-31T08:00:00Z}
  - switch:
      - {when: input.amount, do: {set: {a: [1]}}}
      - when: false
        do: [{set: null}]
      - else: {return: }
  - foreach: [1, 2]
    as: n
    do: {call: other, with: {n: "${ n }"}, detach: true, retry: {}}
    limit: 3
    tolerate: 10%
  - {foreach: input.items, do: {assert: "item", message: no}, tolerate: 0}
  - repeat: [{activity: poll}]
    until: result.done
    every: 1m
    max: 10
  - try: {fail: no}
    catch: [{errors: [NotFound, Mine], as: e, do: {fail: {code: Conflict, type: Mine, message: x, details: [1]}}}]
    finally: {activity: log}
  - try: {fail: no}
    finally: [{activity: log}]
  - race: {a: {wait_for: go, schema: {type: object}, timeout: 1h, else: {set: 1}}, b: {signal: Go.on, to: x, with: 1}}
    id: first
    description: who is first
    when: ${ true }
    timeout: ${ input.limit }
    output: ${ result.winner }
order: parallel
on_compensation_error: halt
on_failure: {activity: alarm}
output: {processed: true}
"""


def shape(text: str) -> list[Diagnostic]:
    source = load_source(text, file="flow.yaml").source
    assert source is not None
    return check_shape(source)


def only(text: str) -> Diagnostic:
    (diagnostic,) = shape(text)
    assert (diagnostic.severity, diagnostic.file) == ("error", "flow.yaml")
    return diagnostic


def root(*lines: str) -> str:
    """A document whose header is its first line."""
    return "\n".join(["workflow: a", *lines, ""])


def test_a_document_with_everything_in_it_has_the_right_shape() -> None:
    assert shape(ORDER) == []


@pytest.mark.parametrize(
    ("node", "path", "column"),
    [
        ("activity: x\ntimout: 5s", ("timout",), 1),
        ("seq: [{set: 1, wehn: a}]", ("seq", 0, "wehn"), 16),
        ("run: {priorty: 1}\nset: 1", ("run", "priorty"), 7),
        ("activity: x\nretry: {max_atempts: 1}", ("retry", "max_atempts"), 9),
        ("switch: [{when: a, do: {set: 1}, wen: 1}]", ("switch", 0, "wen"), 34),
        ("try: {set: 1}\ncatch: [{do: {set: 1}, error: []}]", ("catch", 0, "error"), 24),
        ("sleep: {until: a, untill: b}", ("sleep", "untill"), 19),
        ("fail: {message: a, mesage: b}", ("fail", "mesage"), 20),
    ],
)
def test_an_unknown_key_is_told_at_the_key_with_what_was_meant(
    node: str, path: tuple[str | int, ...], column: int
) -> None:
    diagnostic = only(root(node))
    assert (diagnostic.code, diagnostic.path) == ("unknown-key", path)
    assert diagnostic.span is not None
    assert (diagnostic.span.column, diagnostic.span.end_column - column) == (column, len(str(path[-1])))
    assert diagnostic.hint is not None
    assert diagnostic.hint.startswith("did you mean `")


@pytest.mark.parametrize(
    ("node", "message", "hint"),
    [
        (
            "seq: [{activity: x, wiht: {}}]",
            "`wiht` is not an option of `activity`",
            f"did you mean `with`? {OF_AN_ACTIVITY}",
        ),
        (
            "seq: [{activity: x, args: {}}]",
            "`args` is not an option of `activity`",
            f"did you mean `with`? {OF_AN_ACTIVITY}",
        ),
        (
            "set: 1\nqwertz: 2",
            "`qwertz` is not an option of `set`, nor a key of the header",
            f"the header may have {HEADER}",
        ),
        (
            "seq: [{set: 1}]\nverison: 2",
            "`verison` is not an option of `seq`, nor a key of the header",
            f"did you mean `version`? the header may have {HEADER}",
        ),
        (
            "seq: [{set: 1, retry: {}}]",
            "`retry` belongs to `activity` or `call`, and this node is `set`",
            "move it to a node that has it",
        ),
        (
            "seq: [{set: 1, heartbeat: 5s}]",
            "`heartbeat` belongs to `activity`, and this node is `set`",
            "move it to a node that has it",
        ),
        (
            "seq: [{set: 1, labels: 5s, queue: a}]",
            "`queue` belongs to `activity`, and this node is `set`",
            "move it to a node that has it",
        ),
        (
            "seq: [{set: 1, version: '1'}]",
            "`version` belongs to the document's header, not to a node",
            "move it to the top of the file",
        ),
        (
            "set: 1\ncompensate: {set: 2}",
            "`compensate` has no place at the root: no saga is around the root node",
            "make the root a `saga`, and put `compensate` on the nodes inside it",
        ),
        (
            "set: 1\nretry: {}",
            "`retry` belongs to `activity` or `call`, and this node is `set`",
            "move it to a node that has it",
        ),
        (
            "activity: x\nretry: {attempts: 3}",
            "`attempts` is not a key of `retry`",
            f"did you mean `max_attempts`? {OF_A_RETRY}",
        ),
    ],
)
def test_what_is_said_of_an_unknown_key(node: str, message: str, hint: str) -> None:
    found = [one for one in shape(root(node)) if one.message == message]
    assert [(one.code, one.hint) for one in found] == [("unknown-key", hint)]


def test_retry_is_allowed_at_a_root_that_is_an_activity_or_a_call() -> None:
    assert shape(root("activity: x", "retry: {max_attempts: 2}")) == []
    assert shape(root("call: x", "retry: {max_attempts: 2}")) == []


@pytest.mark.parametrize(
    ("node", "message", "hint", "span"),
    [
        ("foreach: a", "`foreach` needs `do`", "do: What is done for each item.", Span(2, 1, 2, 8)),
        ("repeat: {set: 1}\nmax: 1", "`repeat` needs `until`", "until: Ends the loop when it holds", Span(2, 1, 2, 7)),
        ("try: {set: 1}", "`try` needs `catch` or `finally`", None, Span(2, 1, 2, 4)),
        ("try: {set: 1}\ncatch: [{as: e}]", "item 1 of `catch` needs `do`", "do: What is done", Span(3, 10, 3, 12)),
        ("sleep: {}", "`sleep` needs `until`", "until: The moment", Span(2, 1, 2, 6)),
        ("switch: [{when: a}]", "item 1 of `switch` needs `do`", "do: What is done", Span(2, 11, 2, 15)),
        ("switch: [{}]", "item 1 of `switch` needs `when`", "when: The case", Span(2, 10, 2, 11)),
        ("fail: {code: Conflict}", "`fail` needs `message`", "message: What went wrong", Span(2, 1, 2, 5)),
        ("wait_for: x\nelse: {set: 1}", "`else` needs `timeout` beside it", None, Span(3, 1, 3, 5)),
    ],
)
def test_a_missing_key_is_told_at_the_kind_key_or_what_stands_for_the_mapping(
    node: str, message: str, hint: str | None, span: Span
) -> None:
    diagnostic = next(one for one in shape(root(node)) if one.message == message)
    assert (diagnostic.code, diagnostic.span) == ("missing-key", span)
    assert diagnostic.hint == hint or (hint and diagnostic.hint and diagnostic.hint.startswith(hint))


def test_a_document_needs_a_name() -> None:
    diagnostic = only("seq: [{set: 1}]\n")
    assert (diagnostic.code, diagnostic.message, diagnostic.span) == (
        "missing-key",
        "the document needs `workflow`",
        Span(1, 1, 1, 4),
    )


@pytest.mark.parametrize(
    ("node", "message", "hint", "column"),
    [
        ("seq: x", "`seq` is the text 'x', and must be a list of nodes", "Nodes, one after the other.", 6),
        ("seq: {set: 1}", "`seq` is a mapping, and must be a list of nodes", "start each entry with `- `", 6),
        ("seq:", "`seq` is empty, and must be a list of nodes", "Nodes, one after the other.", 1),
        (
            "seq: [charge]",
            "item 1 of `seq` is the text 'charge', and must be a node: a mapping with one kind key, or a list of nodes",
            "to call an activity write `activity: charge`",
            7,
        ),
        (
            "version: 1.10\nset: 1",
            "`version` is the number 1.1, and must be a text",
            'put it in quotes: "1.10"',
            10,
        ),
        ("activity: true", "`activity` is true, and must be the name of an activity", 'put it in quotes: "true"', 11),
        (
            "activity: {input.name}",
            "`activity` is a mapping, and must be the name of an activity",
            "an expression is written ${ … }, and inside { } or [ ] in quotes",
            11,
        ),
        (
            "activity: x\nretry: {max_attempts: '3'}",
            "`max_attempts` is the text '3', and must be a whole number",
            "leave the quotes out: 3",
            23,
        ),
        (
            "activity: x\nretry: {max_attempts: '${ a }'}",
            "`max_attempts` is the text '${ a }', and must be a whole number",
            "it must be written out; an expression cannot stand here",
            23,
        ),
        (
            "repeat: {set: 1}\nuntil: a\nmax: 1.5",
            "`max` is the number 1.5, and must be a whole number",
            "How many rounds",
            6,
        ),
        (
            "parallel: x",
            "`parallel` is the text 'x', and must be a mapping of named nodes, or a list of nodes",
            "Nodes side",
            11,
        ),
        ("race: [{set: 1}]", "`race` is a list, and must be a mapping of named nodes", "Named branches", 7),
        ("call: x\ndetach: 'yes'", "`detach` is the text 'yes', and must be true or false", "true: do not wait", 9),
        ("assert: 1", "`assert` is the number 1, and must be an expression", 'put it in quotes: "1"', 9),
        (
            "foreach: 3\ndo: {set: 1}",
            "`foreach` is the number 3, and must be a list, or an expression that gives one",
            "put it",
            10,
        ),
        ("run: {labels: {team: 5}}\nset: 1", "`team` is the number 5, and must be a text", 'put it in quotes: "5"', 22),
        ("input: text\nset: 1", "`input` is the text 'text', and must be a JSON Schema", "JSON Schema (2020-12)", 8),
        ("switch: [x]", "item 1 of `switch` is the text 'x', and must be a case: ", None, 10),
        ("sleep: [1]", "`sleep` is a list, and must be a duration such as 30s or 1h30m, or an expression", None, 8),
    ],
)
def test_a_value_of_the_wrong_type_is_told_once_with_what_is_wanted(
    node: str, message: str, hint: str | None, column: int
) -> None:
    diagnostic = only(root(node))
    assert diagnostic.code == "wrong-type"
    assert diagnostic.message.startswith(message)
    assert diagnostic.span is not None
    assert diagnostic.span.column == column
    assert (diagnostic.hint is None and hint is None) or (hint and diagnostic.hint and diagnostic.hint.startswith(hint))


@pytest.mark.parametrize(
    ("text", "what"), [("just text\n", "the text 'just text'"), ("- a\n- b\n", "a list"), ("a:1\n", "the text 'a:1'")]
)
def test_a_document_that_is_no_mapping_is_told_once(text: str, what: str) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.message) == ("wrong-type", f"the document is {what}, and must be {A_WORKFLOW}")


@pytest.mark.parametrize(
    ("node", "message", "hint", "span"),
    [
        ("timeout: 100\nset: 1", "100 has no unit; write 100ms, 100s, 100m, 100h or 100d", None, Span(2, 10, 2, 13)),
        ("sleep: 1.5", "1.5 has no unit; write 1.5ms, 1.5s, 1.5m, 1.5h or 1.5d", None, Span(2, 8, 2, 11)),
        ("sleep: '100'", "100 has no unit; write 100ms, 100s, 100m, 100h or 100d", None, Span(2, 8, 2, 13)),
        ("sleep: 5 minutes", "'5 minutes' is not a duration; did you mean 5m?", None, Span(2, 8, 2, 17)),
        (
            "sleep: P1M",
            "'P1M' counts years or months, whose length varies; count days instead, as in P30D",
            None,
            Span(2, 8, 2, 11),
        ),
        ("sleep: -5s", "'-5s' is negative; a duration is zero or more", None, Span(2, 8, 2, 11)),
        ("sleep: ${ a }s", "`sleep` must be one expression alone, or a duration written out", None, Span(2, 8, 2, 15)),
        (
            "activity: x\nretry: {max_interval: '${ a }'}",
            "`max_interval` must be written out, since it holds for all attempts",
            "write a duration such as 30s or 1h30m",
            Span(3, 23, 3, 31),
        ),
    ],
)
def test_a_duration_is_told_from_what_is_none(node: str, message: str, hint: str | None, span: Span) -> None:
    diagnostic = only(root(node))
    assert (diagnostic.code, diagnostic.message, diagnostic.span) == ("invalid-duration", message, span)
    assert hint is None or diagnostic.hint == hint


@pytest.mark.parametrize(
    ("node", "message", "hint", "span"),
    [
        (
            "saga: [{set: 1}]\norder: Reverse",
            "`order` is the text 'Reverse', and must be reverse or parallel",
            "did you mean reverse?",
            Span(3, 8, 3, 15),
        ),
        (
            "parallel: [{set: 1}]\non_error: stop",
            "`on_error` is the text 'stop', and must be cancel or wait",
            "When a branch fails: cancel the others, or wait for them. Default: cancel.",
            Span(3, 11, 3, 15),
        ),
        (
            "fail: {code: notfound, message: x}",
            f"`code` is the text 'notfound', and must be {CODES}",
            "did you mean NotFound?",
            Span(2, 14, 2, 22),
        ),
        ("parallel: [{set: 1}]\nlimit: 0", "`limit` is 0, and must be at least 1", None, Span(3, 8, 3, 9)),
        (
            "activity: x\nretry: {backoff_coefficient: 0.5}",
            "`backoff_coefficient` is 0.5, and must be at least 1",
            None,
            Span(3, 30, 3, 33),
        ),
        ("seq: []", "`seq` is empty", "Nodes, one after the other. The output is the last one's.", Span(2, 6, 2, 8)),
        ("parallel: {}", "`parallel` is empty", None, Span(2, 11, 2, 13)),
        ("race: {}", "`race` is empty", None, Span(2, 7, 2, 9)),
        ("race: {a: {set: 1}}", "`race` has only `a`, and needs two entries or more", None, Span(2, 7, 2, 20)),
        ("queue: ''\nset: 1", "`queue` is an empty text", None, Span(2, 8, 2, 10)),
        (
            "activity: x\nwith: input.y",
            "`with` is the text 'input.y'; this must be a mapping, or one expression in ${ … } that gives a mapping",
            "write ${ input.y }",
            Span(3, 7, 3, 14),
        ),
        (
            "foreach: a\ndo: {set: 1}\ntolerate: 101%",
            f"`tolerate` is the text '101%'; {A_PERCENTAGE}",
            None,
            Span(4, 11, 4, 15),
        ),
        (
            "foreach: a\ndo: {set: 1}\ntolerate: -1",
            "`tolerate` is -1, and must be at least 0",
            None,
            Span(4, 11, 4, 13),
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_told_with_what_is(
    node: str, message: str, hint: str | None, span: Span
) -> None:
    diagnostic = only(root(node))
    assert (diagnostic.code, diagnostic.message, diagnostic.span) == ("invalid-value", message, span)
    assert hint is None or diagnostic.hint == hint


@pytest.mark.parametrize(
    ("text", "message", "hint", "span"),
    [
        (
            "workflow: Order Processing\nset: 1\n",
            f"`workflow` is the text 'Order Processing', and {A_WORKFLOW_NAME}",
            "did you mean order-processing?",
            Span(1, 11, 1, 27),
        ),
        (
            "workflow: a\nset: 1\nid: chargeCard\n",
            f"`id` is the text 'chargeCard', and {A_NAME}",
            "did you mean charge_card?",
            Span(3, 5, 3, 15),
        ),
        (
            "workflow: a\nparallel: {charge-card: {set: 1}}\n",
            f"`charge-card` cannot name a branch; {A_NAME}",
            "did you mean charge_card?",
            Span(2, 12, 2, 23),
        ),
        (
            "workflow: a\nwait_for: go on\n",
            f"`wait_for` is the text 'go on', and {A_SIGNAL_NAME}",
            "did you mean go_on?",
            Span(2, 11, 2, 16),
        ),
        (
            'workflow: "a\\n"\nset: 1\n',
            f"`workflow` is the text 'a\\n', and {A_WORKFLOW_NAME}",
            "did you mean a?",
            Span(1, 11, 1, 16),
        ),
        (
            "workflow: '123'\nset: 1\n",
            f"`workflow` is the text '123', and {A_WORKFLOW_NAME}",
            None,
            Span(1, 11, 1, 16),
        ),
    ],
)
def test_a_name_that_is_not_allowed_is_told_with_one_that_is(
    text: str, message: str, hint: str | None, span: Span
) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.message, diagnostic.span) == ("invalid-name", message, span)
    assert diagnostic.hint == hint


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("activty", "activity"),
        ("paralell", "parallel"),
        ("waitfor", "wait_for"),
        ("steps", "seq"),
        ("if", "switch"),
        ("while", "repeat"),
        ("wait", "sleep"),
        ("throw", "fail"),
        ("http", None),
    ],
)
def test_an_unknown_kind_is_told_at_its_key_with_what_was_meant(key: str, meant: str | None) -> None:
    # The value under the key is wrong for some kinds; that is told beside it, and not looked at here.
    found = [one for one in shape(root("seq:", f"  - {key}: x")) if one.code == "unknown-kind"]
    guess = f"did you mean `{meant}`? " if meant else ""
    assert [(one.message, one.hint, one.span, one.path) for one in found] == [
        (
            f"`{key}` is not a kind of node",
            f"{guess}the kinds are {ALL_KINDS}",
            Span(3, 5, 3, 5 + len(key)),
            ("seq", 0, key),
        )
    ]


def test_what_is_inside_a_misspelt_kind_is_checked_all_the_same() -> None:
    found = shape(root("sequence:", "  - activty: x", "    with: y", "    timeout: 5"))
    assert [(one.code, one.path) for one in found] == [
        ("unknown-kind", ("sequence",)),
        ("unknown-kind", ("sequence", 0, "activty")),
        ("invalid-value", ("sequence", 0, "with")),
        ("invalid-duration", ("sequence", 0, "timeout")),
    ]


def test_a_node_without_a_kind_is_told_what_kinds_there_are() -> None:
    diagnostic = only(root("seq:", "  - with: {}", "    id: a"))
    assert (diagnostic.code, diagnostic.span, diagnostic.path) == ("no-kind", Span(3, 5, 3, 9), ("seq", 0))
    assert diagnostic.message == f"the node has no kind: it needs one of the keys {ALL_KINDS}"
    assert only(root("seq: [{}]")).span == Span(2, 7, 2, 8)


def test_a_workflow_without_a_root_node_is_told_so_at_its_first_line() -> None:
    diagnostic = only("version: '1'\nworkflow: a\n")
    assert (diagnostic.code, diagnostic.span, diagnostic.path) == ("no-kind", Span(1, 1, 1, 8), ())
    assert diagnostic.message == f"the workflow has no root node: it needs one of the keys {ALL_KINDS}"
    assert diagnostic.hint == "for nodes one after the other write `seq:` and a list"


def test_a_slip_in_the_header_is_not_taken_for_a_kind() -> None:
    found = shape("workflow: a\nverison: 1\ntimeout: 5\n")
    assert [(one.code, one.path) for one in found] == [
        ("no-kind", ()),
        ("unknown-key", ("verison",)),
        ("invalid-duration", ("timeout",)),
    ]


def test_two_kinds_in_one_node_are_told_at_the_second_with_the_first_beside_it() -> None:
    diagnostic = only(root("seq:", "  - activity: x", "    with: {}", "    parallel: [{set: 1}]", "    limit: 1"))
    assert (diagnostic.code, diagnostic.path, diagnostic.span) == (
        "two-kinds",
        ("seq", 0, "parallel"),
        Span(5, 5, 5, 13),
    )
    assert diagnostic.message == "a node has one kind, and this one has two: `activity` and `parallel`"
    assert [(one.message, one.span, one.file) for one in diagnostic.related] == [
        ("`activity` stands here", Span(3, 5, 3, 13), "flow.yaml")
    ]


def test_what_is_inside_a_node_of_two_kinds_is_checked_all_the_same() -> None:
    found = shape(root("set: 1", "seq: [{activty: x}]", "timeout: 5"))
    assert [one.code for one in found] == ["two-kinds", "unknown-kind", "invalid-duration"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_the_common_keys(kind: str) -> None:
    options = {
        "activity": "x",
        "seq": "[{set: 1}]",
        "parallel": "[{set: 1}]",
        "saga": "[{set: 1}]",
        "sleep": "1s",
        "switch": "[{else: {set: 1}}]",
        "foreach": "a, do: {set: 1}",
        "repeat": "{set: 1}, until: a, max: 1",
        "try": "{set: 1}, finally: {set: 1}",
        "race": "{a: {set: 1}, b: {set: 1}}",
        "fail": "{message: a}",
    }.get(kind, "x")
    common = "id: n, description: d, when: a, timeout: 1s, compensate: {set: 1}, output: [1]"
    assert shape(root(f"seq: [{{{kind}: {options}, {common}}}]")) == []
    assert [one.code for one in shape(root(f"seq: [{{{kind}: {options}, {common}, nonsense: 1}}]"))] == ["unknown-key"]


def test_every_mistake_of_a_document_is_told_in_one_go_and_in_the_order_of_the_text() -> None:
    text = root(
        "version: 1",
        "timeout: 5",
        "saga:",
        "  - activty: x",
        "    timeout: 1",
        "  - {set: 1, seq: []}",
        "  - [{sleep: soon}, {foreach: 5, do: []}]",
        "order: revers",
        "compensate: {set: 1}",
    )
    found = shape(text)
    assert [(one.code, one.span.line if one.span else 0) for one in found] == [
        ("wrong-type", 2),
        ("invalid-duration", 3),
        ("unknown-kind", 5),
        ("invalid-duration", 6),
        ("two-kinds", 7),
        ("invalid-value", 7),
        ("invalid-duration", 8),
        ("wrong-type", 8),
        ("invalid-value", 8),
        ("invalid-value", 9),
        ("unknown-key", 10),
    ]


def test_a_mistake_that_several_aliases_lead_to_is_told_once_where_it_is_written() -> None:
    diagnostic = only(root("seq:", "  - &a {activity: x, timeout: 5}", "  - *a", "  - [*a, *a]"))
    assert (diagnostic.code, diagnostic.span) == ("invalid-duration", Span(3, 31, 3, 32))


def test_whatever_stands_in_a_template_is_of_no_concern() -> None:
    anything = "{activty: 1, seq: [], deep: [{timeout: 5, sleep: [x]}]}"
    assert shape(root(f"set: {anything}", f"output: {anything}")) == []
    assert shape(root(f"activity: x\nwith: {anything}")) == []


@pytest.mark.parametrize(("first", "second"), list(product(KINDS[:4], KINDS[4:8])))
def test_any_two_kinds_are_one_too_many(first: str, second: str) -> None:
    found = shape(root("seq:", f"  - {first}: x", f"    {second}: x"))
    assert [one.path for one in found if one.code == "two-kinds"] == [("seq", 0, second)]
