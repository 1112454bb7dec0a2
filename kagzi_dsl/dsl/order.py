"""The order of the keys in JSON values that an author writes."""

from __future__ import annotations

from kagzi_dsl.payload import Json


def in_order(value: Json) -> Json:
    """`value` with the keys of its objects sorted, at every depth.

    JSON objects have no order (RFC 8259 §4), so that two documents which differ in it are the same workflow. But
    `keys()` and `items()` see an order, and a run must say the same whether it was started from the file or from the
    canonical form: so there is one, in both.
    """
    match value:
        case dict():
            return {key: in_order(value[key]) for key in sorted(value)}
        case list():
            return [in_order(item) for item in value]
        case _:
            return value
