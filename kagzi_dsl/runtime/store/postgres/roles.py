"""The roles of a database: who owns the schema, who works with it, who looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kagzi_dsl.errors import MigrationNeeded
from kagzi_dsl.runtime.store.postgres.connection import Connection, transaction
from kagzi_dsl.runtime.store.postgres.migrate import on_errand
from kagzi_dsl.runtime.store.postgres.queries import query


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the three roles."""

    owner: str
    worker: str
    viewer: str

    @classmethod
    def named(cls, prefix: str) -> Roles:
        """`kagzi_owner` and so on, for the prefix `kagzi`."""
        return cls(f"{prefix}_owner", f"{prefix}_worker", f"{prefix}_viewer")

    def all(self) -> list[str]:
        """The three."""
        return [self.owner, self.worker, self.viewer]


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and what it does in a few words; empty for one that is part of the next."""

    sql: str
    says: str


async def set_up(url: str, roles: Roles, *, only_tell: bool = False) -> list[Step]:
    """Makes the roles and gives them their rights, all or nothing; doing it again changes nothing.

    `only_tell` changes nothing at all. Returns what is, or would be, done. Raises DatabaseUnavailable, MigrationNeeded
    when there is no schema yet, StoreError when the login may not do it.
    """
    async with on_errand(url) as (connection, settings), transaction(connection, settings.begin()):
        steps = await _steps(connection, roles)
        for step in [] if only_tell else steps:
            await connection.execute(step.sql)
    return steps


async def _steps(connection: Connection, roles: Roles) -> list[Step]:
    await connection.fetch(query("lock_schema"))
    owners = await connection.fetch(query("schema_owner"))
    if not owners or not await connection.fetchval(query("schema_exists")):
        raise MigrationNeeded("there is no schema to give rights on yet; type `kagzi-dsl db migrate` first")
    there = {row[0] for row in await connection.fetch(query("role_names"), roles.all())}
    names = {"owner": _quoted(roles.owner), "worker": _quoted(roles.worker), "viewer": _quoted(roles.viewer)}
    steps = [
        Step(_bare("create_role").format(role=_quoted(one)), f"made the role {one}")
        for one in roles.all()
        if one not in there
    ]
    if owners[0]["owner"].strip('"') != roles.owner:
        steps.append(Step(_bare("own_schema").format(**names), f"gave the schema to {roles.owner}"))
    others = await connection.fetch(query("owned_otherwise"), roles.owner)
    steps += [
        Step(f"alter {kind} {name} owner to {names['owner']};", f"gave the {kind} {name} to {roles.owner}")
        for kind, name in others
    ]
    rights = f"{roles.worker} may read and write runs, {roles.viewer} may look at them"
    return [*steps, Step(_bare("grant_rights").format(**names), rights)]


def _bare(name: str) -> str:
    """A statement's text without the comment that names it."""
    return query(name).partition("*/ ")[2]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def as_script(steps: Sequence[Step]) -> str:
    """The statements as a script for psql."""
    return "\n".join(["begin;", *(step.sql for step in steps), "commit;"])
