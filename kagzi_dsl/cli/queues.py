"""`kagzi-dsl queues`: how queues stand, and their limits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_options, json_option
from kagzi_dsl.cli.output import clean, colourful, say, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.payload import Json
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.limits import QueueLimits, QueueState, Rate

NONE = "none"


@click.group(invoke_without_command=True, short_help="Show queues, and set their limits.")
@click.option("--all-namespaces", is_flag=True, help="The queues of every namespace.")
@json_option
@database_options
@click.pass_context
def queues(
    context: click.Context, all_namespaces: bool, as_json: bool, database: str | None, namespace: str
) -> int | None:
    """Show the queues that have limits, or runs that are not over.

    DEPTH counts runs that could be claimed, the oldest of them for OLDEST; LATER those due at a moment to come; RUNNING
    those a worker has; PARKED those that have begun and wait for something. SLOTS are held by runs that have begun and
    by attempts made for runs of other queues, of as many as the limit says; RATE tells how many began within its time.

    \b
    Examples:
      kagzi-dsl queues
      kagzi-dsl queues --json | jq '.[] | select(.oldest_wait_ms > 60000)'
      kagzi-dsl queues set mail --concurrency 5
    """
    if context.invoked_subcommand is not None:
        return None
    from kagzi_dsl.cli.open import with_client

    wanted = None if all_namespaces else namespace
    found = with_client(database, namespace, lambda client: client.store.queues(wanted))
    if as_json:
        write_json([_as_json(one) for one in found])
    elif found:
        write_text("\n".join(_table(found, spaces=all_namespaces)))
    else:
        say("no queue has limits, or runs that are not over")
    return COMPLETED


def _as_json(one: QueueState) -> Json:
    rate = one.limits.rate
    return {
        "namespace": one.namespace,
        "queue": one.queue,
        "depth": one.depth,
        "oldest_wait_ms": one.oldest_wait_ms,
        "later": one.later,
        "running": one.running,
        "parked": one.parked,
        "slots": one.slots,
        "concurrency": one.limits.concurrency,
        "rate": None if rate is None else {"starts": rate.starts, "window_ms": rate.window_ms, "used": one.starts},
    }


def _table(found: list[QueueState], *, spaces: bool) -> list[str]:
    from kagzi_dsl.cli.words import columns

    heads = ["QUEUE", "DEPTH", "OLDEST", "LATER", "RUNNING", "PARKED", "SLOTS", "RATE"]
    rows = [["NAMESPACE", *heads]] if spaces else [heads]
    rows += [[clean(cell) for cell in [one.namespace][: int(spaces)] + _cells(one)] for one in found]
    lines = columns(rows)
    if colourful(sys.stdout):
        lines[0] = click.style(lines[0], bold=True)
    return lines


def _cells(one: QueueState) -> list[str]:
    from kagzi_dsl.cli.words import took

    oldest = "" if one.oldest_wait_ms is None else took(one.oldest_wait_ms)
    limits = one.limits
    slots = str(one.slots) if limits.concurrency is None else f"{one.slots} of {limits.concurrency}"
    rate = "" if limits.rate is None else f"{one.starts} of {limits.rate}"
    return [one.queue, f"{one.depth:,}", oldest, f"{one.later:,}", f"{one.running:,}", f"{one.parked:,}", slots, rate]


def _limit(context: click.Context, parameter: click.Parameter, value: str | None) -> int | str | None:
    """A count from 1 on, or `none`."""
    from kagzi_dsl.runtime.store.limits import MOST

    if value is None or value == NONE:
        return value
    if not value.isdecimal() or not 1 <= int(value) <= MOST:
        raise click.BadParameter(f"{value!r} is not a number from 1 to {MOST:,}, nor `{NONE}`")
    return int(value)


def _rate(context: click.Context, parameter: click.Parameter, value: str | None) -> Rate | str | None:
    """`100/1m`, or `none`."""
    from kagzi_dsl.runtime.store.limits import parse_rate

    if value is None or value == NONE:
        return value
    try:
        return parse_rate(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@queues.command("set", short_help="Set limits of a queue.")
@click.argument("queue")
@click.option(
    "--concurrency", callback=_limit, metavar="N", help="The most runs and attempts at work at once, or `none`."
)
@click.option("--rate", callback=_rate, metavar="N/DURATION", help="The most that begin in a while, or `none`.")
@database_options
def set_(
    queue: str, concurrency: int | str | None, rate: Rate | str | None, database: str | None, namespace: str
) -> int:
    """Set limits of a queue, over all workers. What is left out stays as it is.

    A run holds a slot from its first claim until it is over, an attempt made for a run of another queue until it has
    ended. Runs and attempts that have begun already count, and go on.

    \b
    Examples:
      kagzi-dsl queues set mail --concurrency 5
      kagzi-dsl queues set mail --concurrency none --rate 100/1m
    """
    from kagzi_dsl.cli.open import with_client

    if concurrency is None and rate is None:
        raise click.UsageError("nothing to set: give --concurrency, --rate or both")

    async def change(client: Client) -> QueueLimits:
        limits: dict[str, Any] = {"concurrency": None, "rate": None}
        for standing in [one.limits for one in await client.queues() if one.queue == queue]:
            limits = {"concurrency": standing.concurrency, "rate": standing.rate}
        for name, given in (("concurrency", concurrency), ("rate", rate)):
            limits[name] = limits[name] if given is None else None if given == NONE else given
        return await client.limit_queue(queue, **limits)

    limits = with_client(database, namespace, change)
    say(f"{_named(limits)} {_told(limits)}")
    return COMPLETED


@queues.command(short_help="Take the limits of a queue away.")
@click.argument("queue")
@database_options
def clear(queue: str, database: str | None, namespace: str) -> int:
    """Take the limits of a queue away.

    \b
    Example:
      kagzi-dsl queues clear mail
    """
    from kagzi_dsl.cli.open import with_client

    limits = with_client(database, namespace, lambda client: client.limit_queue(queue))
    say(f"{_named(limits)} {_told(limits)}")
    return COMPLETED


def _named(limits: QueueLimits) -> str:
    return f"queue {clean(limits.queue)} of {clean(limits.namespace)}"


def _told(limits: QueueLimits) -> str:
    parts = []
    if limits.concurrency is not None:
        parts.append(f"has at most {limits.concurrency:,} at work")
    if limits.rate is not None:
        parts.append(f"begins at most {limits.rate}")
    return ", and ".join(parts) or "has no limits"
