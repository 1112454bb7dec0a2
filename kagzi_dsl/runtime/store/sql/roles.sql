-- Roles: an owner of the schema, a worker that reads and writes runs, a viewer that reads. None of them can log in by
-- itself; logins are made members. What stands in braces is a role's name, quoted.

-- name: role_names
-- Which of some roles exist.
select rolname from pg_roles where rolname = any($1::text[]);

-- name: schema_owner
-- Who owns the schema, and whether we are that or may act as that.
select nspowner::regrole::text as owner, pg_get_userbyid(nspowner) = current_user as ours,
    pg_has_role(nspowner, 'member') as member
from pg_namespace where nspname = 'kagzi';

-- name: owned_otherwise
-- What the schema holds that somebody else than $1 owns: what kind it is, and its name.
select case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind,
    format('kagzi.%I', relname) as name
from pg_class
where relnamespace = 'kagzi'::regnamespace and relkind in ('r', 'S', 'v', 'p') and pg_get_userbyid(relowner) <> $1
    -- A sequence that belongs to a column goes with its table.
    and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = pg_class.oid and d.deptype in ('a', 'i') and relkind = 'S'
    )
union all
select 'function', format('kagzi.%I(%s)', proname, pg_get_function_identity_arguments(oid)) from pg_proc
where pronamespace = 'kagzi'::regnamespace and pg_get_userbyid(proowner) <> $1
order by 1, 2;

-- name: create_role
-- Makes a role.
create role {role} nologin;

-- name: own_schema
-- Gives the schema to its owner.
alter schema kagzi owner to {owner};

-- name: grant_rights
-- What worker and viewer may do: with what is there, and with what migrations to come will make.
revoke all on schema kagzi from public;
grant usage on schema kagzi to {worker}, {viewer};
grant select, insert, update, delete on all tables in schema kagzi to {worker};
grant usage on all sequences in schema kagzi to {worker};
revoke update on kagzi.journal from {worker};
revoke delete on kagzi.definitions from {worker};
revoke insert, update, delete on kagzi.migrations, kagzi.overview from {worker};
grant select on all tables in schema kagzi to {viewer};
alter default privileges for role {owner} in schema kagzi grant select, insert, update, delete on tables to {worker};
alter default privileges for role {owner} in schema kagzi grant usage on sequences to {worker};
alter default privileges for role {owner} in schema kagzi grant select on tables to {viewer};
