-- What is looked at to tell whether a database is well. None of these is part of running workflows.

-- name: doctor_clock
-- The time by which runs live, in ms.
select floor(extract(epoch from clock_timestamp()) * 1000)::bigint;

-- name: doctor_settings
-- The settings that durability and cleaning up hang on.
select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum');

-- name: doctor_connections
-- How many connections there are, and how many there may be.
select count(*) as used, current_setting('max_connections')::int as most
from pg_stat_activity where backend_type = 'client backend';

-- name: doctor_transactions
-- Transactions that have been open for longer than $1 seconds, prepared ones too: nothing that died since is cleaned up.
select pid::text as who, coalesce(nullif(application_name, ''), usename, '') as name,
    floor(extract(epoch from clock_timestamp() - xact_start))::bigint as seconds, false as prepared
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
    and xact_start < clock_timestamp() - make_interval(secs => $1)
union all
select gid, owner, floor(extract(epoch from clock_timestamp() - prepared))::bigint, true
from pg_prepared_xacts
where database = current_database() and prepared < clock_timestamp() - make_interval(secs => $1)
order by seconds desc;

-- name: doctor_dead_rows
-- Tables that hold more dead rows than living ones, and at least $1.
select relname as name, n_dead_tup as dead, n_live_tup as live
from pg_stat_user_tables
where schemaname = 'kagzi' and n_dead_tup >= $1 and n_dead_tup > n_live_tup
order by n_dead_tup desc;

-- name: doctor_expired_owners
-- Workers that own runs although their lease has ended, or that nobody knows (null).
select coalesce(w.name, q.owner::text) as name, count(*) as runs, kagzi.clock() - min(w.expires_at) as ended_ago
from kagzi.queue q left join kagzi.workers w on w.id = q.owner
where q.owner is not null and (w.id is null or w.expires_at <= kagzi.clock())
group by q.owner, w.name
order by runs desc;

-- name: doctor_waiting
-- Runs that have been ready for longer than $1 ms, by workflow, and whether a living worker takes from their queue.
select q.namespace, q.queue, r.workflow, count(*) as runs, kagzi.clock() - min(q.available_at) as longest,
    exists (
        select from kagzi.workers w
        where not w.retired and w.expires_at > kagzi.clock() and w.namespace = q.namespace and q.queue = any(w.queues)
    ) as served,
    bool_and(q.gated or q.seen_seq is null and exists (
        select from kagzi.limits l where l.namespace = q.namespace and l.queue = q.queue
    )) as limited
from kagzi.queue q join kagzi.runs r on r.id = q.run_id
where q.owner is null and q.status <> 'paused' and q.available_at <= kagzi.clock() - $1::bigint
group by q.namespace, q.queue, r.workflow
order by longest desc;

-- name: doctor_waiting_tasks
-- Attempts that have waited for a worker of their queue for longer than $1 ms, by activity, whether a living worker of
-- that queue has it, and whether they need slots.
select t.namespace, t.queue, t.activity, count(*) as tasks, kagzi.clock() - min(t.created_at) as longest,
    exists (
        select from kagzi.workers w
        where not w.retired and w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
            and t.activity = any(w.activities)
    ) as served,
    bool_and(not t.sheltered and exists (
        select from kagzi.limits l where l.namespace = t.namespace and l.queue = t.queue
    )) as limited
from kagzi.tasks t
where t.owner is null and t.created_at <= kagzi.clock() - $1::bigint
group by t.namespace, t.queue, t.activity
order by longest desc;

-- name: doctor_schedules
-- Schedules that start nothing because something is wrong with them.
select namespace, id, problem from kagzi.schedules where problem <> '' order by namespace, id limit 10;

-- name: doctor_stalled
-- Runs that were claimed again and again without getting on.
select q.run_id, r.workflow, q.stalls from kagzi.queue q join kagzi.runs r on r.id = q.run_id
where q.stalls >= $1 order by q.stalls desc limit 10;

-- name: doctor_lost_runs
-- Runs that are not over and yet in no queue.
select r.id from kagzi.runs r
where r.status is null and not exists (select from kagzi.queue q where q.run_id = r.id)
order by r.id limit 10;

-- name: doctor_queued_for_nothing
-- Rows of the queue whose run is over or not there.
select q.run_id as id from kagzi.queue q
where not exists (select from kagzi.runs r where r.id = q.run_id and r.status is null)
order by q.run_id limit 10;

-- name: doctor_orphaned_messages
-- Runs that are over or not there and still have messages.
select distinct i.run_id as id from kagzi.inbox i
where not exists (select from kagzi.queue q where q.run_id = i.run_id)
order by i.run_id limit 10;

-- name: doctor_orphaned_tasks
-- Runs that are over or not there and still have attempts out.
select distinct t.run_id as id from kagzi.tasks t
where not exists (select from kagzi.queue q where q.run_id = t.run_id)
order by t.run_id limit 10;

-- name: doctor_gaps
-- Runs that are not over and whose journals have gaps.
select j.run_id as id from kagzi.queue q cross join lateral (
    select j.run_id from kagzi.journal j where j.run_id = q.run_id
    group by j.run_id having count(*) <> max(j.seq) or min(j.seq) <> 1
) j
order by j.run_id limit 10;
