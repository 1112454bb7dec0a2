-- Schedules: when runs are started by themselves.

create table kagzi.schedules (
    namespace text not null,
    id text not null,
    anchor bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    done bigint not null,
    due_at bigint,
    last_fire bigint,
    left_out bigint not null default 0,
    revision bigint not null default 1,
    interval_ms bigint,
    jitter_ms bigint not null,
    max_catchup integer not null,
    applied boolean not null,
    paused boolean not null,
    cron text,
    timezone text,
    overlap text not null,
    problem text not null,
    input json not null,
    template json not null,
    primary key (namespace, id)
) with (
    fillfactor = 60,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 500
);
comment on table kagzi.schedules is 'When runs are started by themselves, and how far that has come.';
comment on column kagzi.schedules.done is 'Fires up to this moment have been dealt with.';
comment on column kagzi.schedules.due_at is 'When it has to be looked at again; null for never.';
comment on column kagzi.schedules.template is 'The run it starts, but for the ids.';
create index schedules_due on kagzi.schedules (namespace, due_at) where not paused and due_at is not null;

-- The runs a schedule started are told by their external ids: schedule:<id>:<time>.
create index runs_of_schedules on kagzi.runs (namespace, split_part(external_id, ':', 2), id)
    where external_id like 'schedule:%';
create index runs_of_schedules_live on kagzi.runs (namespace, split_part(external_id, ':', 2), id)
    where external_id like 'schedule:%' and status is null;
