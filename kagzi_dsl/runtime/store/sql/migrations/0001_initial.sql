-- Where workflows, runs, journals, inboxes and workers are kept.
--
-- Times are milliseconds since the epoch by this server's clock. Ids are UUIDs of version 7, so they sort by age. There
-- are no foreign keys and no triggers: what belongs together is written in one transaction by one statement.

create function kagzi.clock() returns bigint
    language sql stable parallel safe
    as $$ select floor(extract(epoch from statement_timestamp()) * 1000)::bigint $$;
comment on function kagzi.clock() is 'The time in ms at which the current statement began.';

create sequence kagzi.definition_saves;

create table kagzi.definitions (
    digest text primary key,
    workflow text not null,
    version text,
    canonical json not null,
    save_number bigint not null default nextval('kagzi.definition_saves'),
    saved_at bigint not null default kagzi.clock()
);
comment on table kagzi.definitions is 'Workflows in canonical form under the SHA-256 of that text.';
create index definitions_latest on kagzi.definitions (workflow, save_number desc);

-- Cold: written when a run starts and when it ends.
create table kagzi.runs (
    id uuid primary key,
    root_id uuid not null,
    parent_id uuid,
    created_at bigint not null default kagzi.clock(),
    started_at bigint,
    finished_at bigint,
    fence bigint not null default 0,
    priority integer not null,
    parent_attempt integer,
    parent_attached boolean,
    namespace text not null,
    workflow text not null,
    version text,
    digest text not null,
    queue text not null,
    external_id text,
    parent_path text,
    status text,
    compensation text not null default '',
    labels json not null,
    pins json not null,
    origin json not null,
    input json not null,
    output json,
    failure json
);
comment on table kagzi.runs is 'Every run there ever was. Status and result are null until it is over.';
-- First external_id, so that a run is found by it whatever its namespace.
create unique index runs_external on kagzi.runs (external_id, namespace, workflow) where external_id is not null;
create index runs_family on kagzi.runs (root_id, id);
create index runs_workflow on kagzi.runs (workflow, id);
create index runs_unsuccessful on kagzi.runs (id) where status in ('failed', 'cancelled');

-- Hot: one row for each run that is not over, rewritten at every claim and every pause, so room is left in its pages.
create table kagzi.queue (
    run_id uuid primary key,
    root_id uuid not null,
    parent_id uuid,
    owner uuid,
    last_key uuid,
    fence bigint not null default 0,
    available_at bigint,
    started_at bigint,
    messages_sent bigint not null default 0,
    priority integer not null,
    stalls integer not null default 0,
    seen_seq integer,
    timed boolean not null default false,
    status text not null,
    queue text not null,
    namespace text not null,
    digest text not null
) with (
    fillfactor = 60,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_analyze_threshold = 500
);
comment on table kagzi.queue is 'Runs that are not over: who owns them, or when they are due.';
comment on column kagzi.queue.parent_id is 'The run to tell of the end; null unless the child is attached.';
comment on column kagzi.queue.last_key is 'The operation that wrote last, so that it is not repeated when its answer got lost.';
comment on column kagzi.queue.timed is 'The run was not due yet when it was put down: it is looked up by time, not by priority.';
comment on column kagzi.queue.seen_seq is 'The last entry of the journal at the last claim; null before any.';
create index queue_ready on kagzi.queue (priority desc, available_at, run_id)
    where owner is null and not timed and available_at is not null;
create index queue_timed on kagzi.queue (available_at, run_id) where owner is null and timed;
create index queue_idle on kagzi.queue (root_id) where owner is null;
create index queue_owned on kagzi.queue (owner) where owner is not null;

create table kagzi.journal (
    run_id uuid not null,
    at bigint not null,
    started_at bigint,
    due bigint,
    seq integer not null,
    attempt integer not null,
    type text not null,
    path text not null,
    node text not null,
    status text not null,
    note text not null,
    output json,
    failure json,
    primary key (run_id, seq)
) with (
    -- Rows are only ever added, so what matters is that pages become all-visible and statistics stay fresh.
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
comment on table kagzi.journal is 'What happened in each run, in order. Append-only.';

create table kagzi.inbox (
    run_id uuid not null,
    id bigint not null generated always as identity,
    at bigint not null default kagzi.clock(),
    kind text not null,
    name text not null,
    payload json not null,
    primary key (run_id, id)
) with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0
);
comment on table kagzi.inbox is 'Messages a run has not taken in yet.';

create table kagzi.workers (
    id uuid primary key,
    registered_at bigint not null default kagzi.clock(),
    renewed_at bigint not null default kagzi.clock(),
    expires_at bigint not null,
    lease_ms bigint not null,
    pid integer not null,
    retired boolean not null default false,
    name text not null,
    host text not null,
    boot_id text not null,
    started text not null,
    version text not null,
    labels json not null
);
comment on table kagzi.workers is 'Processes that own runs, and how long their leases last.';

create view kagzi.overview as
select
    r.id, r.root_id, r.namespace, r.workflow, r.version, r.digest, r.input, r.external_id, r.queue, r.priority, r.labels,
    r.pins, r.parent_id, r.parent_path, r.parent_attempt, r.parent_attached, r.origin,
    coalesce(q.status, r.status) as status,
    r.created_at,
    coalesce(q.started_at, r.started_at) as started_at,
    r.finished_at,
    case when q.owner is null then q.available_at end as available_at,
    r.output, r.failure, r.compensation, q.owner,
    coalesce(q.fence, r.fence) as fence,
    coalesce(q.stalls, 0) as stalls,
    coalesce(q.messages_sent, 0) as messages_sent
from kagzi.runs r
left join kagzi.queue q on q.run_id = r.id;
comment on view kagzi.overview is 'Every run with its state: what is known of its start, where it stands, how it ended.';
