-- The version of the schema.

-- name: lock_schema
-- Lets one process migrate at a time; the lock ends with the transaction. (The number is arbitrary.)
select pg_advisory_xact_lock(7305812014631);

-- name: schema_exists
-- Whether the table of migrations is there.
select to_regclass('kagzi.migrations') is not null;

-- name: create_schema
-- Makes room for the migrations.
create schema if not exists kagzi;
create table if not exists kagzi.migrations (
    number integer primary key,
    name text not null,
    applied_at timestamptz not null default now()
);
comment on schema kagzi is 'Runs of kagzi-dsl workflows.';

-- name: applied_migrations
-- The migrations this database has had.
select number from kagzi.migrations order by number;

-- name: record_migration
-- Remembers a migration.
insert into kagzi.migrations (number, name) values ($1, $2);
