-- Entries come as one array of rows: half the work, on both sides, of an array for each column.

create type kagzi.entry as (
    run_id uuid, seq integer, type text, at bigint, path text, node text, status text, attempt integer,
    started_at bigint, output json, failure json, due bigint, note text, previous bytea, digest bytea
);
comment on type kagzi.entry is 'A row of kagzi.journal as a worker hands it in.';
