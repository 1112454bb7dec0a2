-- Attempts of activities for workers of other queues than their run's.

create sequence kagzi.task_fences;

create table kagzi.tasks (
    run_id uuid not null,
    id uuid not null,
    root_id uuid not null,
    owner uuid,
    fence bigint not null default 0,
    number bigint not null generated always as identity,
    created_at bigint not null default kagzi.clock(),
    started_at bigint,
    priority integer not null,
    attempt integer not null,
    claims integer not null default 0,
    namespace text not null,
    queue text not null,
    activity text not null,
    path text not null,
    stopping text,
    request json not null,
    primary key (run_id, id)
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_analyze_threshold = 500
);
comment on table kagzi.tasks is 'Attempts that wait for a worker of another queue, or that one makes. Removed with their answers.';
comment on column kagzi.tasks.owner is 'The worker that makes the attempt; its lease is its row in workers.';
comment on column kagzi.tasks.fence is 'Rises, over all tasks, each time one is taken up.';
comment on column kagzi.tasks.stopping is 'Why the attempt is to stop; null while it is not.';
create index tasks_ready on kagzi.tasks (namespace, queue, priority desc, number) where owner is null;
create index tasks_family on kagzi.tasks (root_id) where owner is null;
create index tasks_owned on kagzi.tasks (owner) where owner is not null;
