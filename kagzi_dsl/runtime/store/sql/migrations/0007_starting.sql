-- A run may be started for later, and with a retry policy of its own.

alter table kagzi.runs add column start_at bigint, add column retry json;
comment on column kagzi.runs.start_at is 'The moment the run was not to begin before; null when it was to begin at once.';
comment on column kagzi.runs.retry is 'How the run as a whole is tried again, before what its workflow says; null when that says it all.';

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
    r.start_at, r.retry
from kagzi.runs r
left join kagzi.queue q on q.run_id = r.id;
