-- Limits: of queues, and of the workflows of runs.

create table kagzi.limits (
    namespace text not null,
    queue text not null,
    concurrency integer,
    rate integer,
    rate_ms bigint,
    primary key (namespace, queue)
);
comment on table kagzi.limits is 'Queues that have limits: how many runs hold a slot at most, how many begin within rate_ms.';

create table kagzi.begins (
    namespace text not null,
    queue text not null,
    slice bigint not null,
    runs integer not null,
    primary key (namespace, queue, slice)
);
comment on table kagzi.begins is 'How many runs began in queues that have a rate, by slices of time (ms); those out of the window go.';

alter table kagzi.runs add column concurrency json not null default '{}';
comment on column kagzi.runs.concurrency is 'The limits its workflow sets, as they are for this run, and the slots of those who wait for it.';

alter table kagzi.queue
    add column holds boolean not null default false,
    add column sheltered boolean not null default false,
    add column gated boolean not null default false,
    add column workflow_limit integer not null default 0,
    add column key_limit integer not null default 0,
    add column workflow text not null default '',
    add column key text not null default '';
update kagzi.queue set holds = true where seen_seq is not null;
comment on column kagzi.queue.holds is 'It has begun, and holds a slot of its queue.';
comment on column kagzi.queue.sheltered is 'Whoever waits for it holds a slot of this queue already, so it needs none.';
comment on column kagzi.queue.gated is 'The limits of its workflow decide when it begins; false from then on.';
comment on column kagzi.queue.workflow is 'The name its limits go by; empty for a run under none of its workflow.';

-- Runs that may be claimed as they are. In a queue with limits only some may: those that have begun, or are sheltered.
drop index kagzi.queue_ready;
create index queue_ready on kagzi.queue (namespace, queue, priority desc, available_at, run_id)
    where owner is null and not timed and available_at is not null and not gated;
create index queue_woken on kagzi.queue (namespace, queue, priority desc, available_at, run_id)
    where owner is null and not timed and available_at is not null and not gated and (seen_seq is not null or sheltered);
drop index kagzi.queue_timed;
create index queue_timed on kagzi.queue (namespace, queue, available_at, run_id)
    where owner is null and timed and not gated;
create index queue_gated_timed on kagzi.queue (namespace, queue, available_at) where owner is null and timed and gated;
-- Those that wait for a slot, in lanes in which all are under the same limits.
create index queue_gated
    on kagzi.queue (namespace, queue, digest, sheltered, key, workflow_limit, priority desc, available_at, run_id)
    where gated and owner is null and not timed and available_at is not null;
-- Who holds slots: of a workflow and its keys, and of a queue. The latter does for looking up definitions as well.
create index queue_holders on kagzi.queue (namespace, workflow, key) where workflow <> '' and seen_seq is not null;
drop index kagzi.queue_definitions;
create index queue_definitions on kagzi.queue (namespace, queue, holds, digest);

create or replace view kagzi.overview as
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
    coalesce(q.messages_sent, 0) as messages_sent,
    r.start_at, r.retry, r.concurrency
from kagzi.runs r
left join kagzi.queue q on q.run_id = r.id;
