-- Workers and their leases.

-- name: forget_workers
-- Removes workers that are long gone ($1: ms since their lease ended) and own nothing.
delete from kagzi.workers w
where (w.retired or w.expires_at <= kagzi.clock() - $1::bigint)
    and not exists (select from kagzi.queue q where q.owner = w.id);

-- name: register
-- Makes a worker known, its lease beginning now.
insert into kagzi.workers (
    id, name, host, boot_id, pid, started, version, lease_ms, labels, namespace, queues, activities, expires_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, kagzi.clock() + $8)
on conflict (id) do update set
    name = excluded.name, host = excluded.host, boot_id = excluded.boot_id, pid = excluded.pid,
    started = excluded.started, version = excluded.version, lease_ms = excluded.lease_ms, labels = excluded.labels,
    namespace = excluded.namespace, queues = excluded.queues, activities = excluded.activities,
    registered_at = excluded.registered_at, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at,
    retired = false;

-- name: renew
-- Prolongs a lease.
update kagzi.workers set renewed_at = kagzi.clock(), expires_at = kagzi.clock() + lease_ms
where id = $1 and not retired
returning expires_at;

-- name: retire
-- Ends leases for good.
update kagzi.workers set retired = true, expires_at = least(expires_at, kagzi.clock()) where id = any($1::uuid[]);

-- name: own_some
-- A row if some workers own any runs.
select from kagzi.queue where owner = any($1::uuid[]) limit 1;

-- name: workers
-- Every worker that is registered or still owns a run.
select id, name, host, boot_id, pid, started, version, labels, namespace, queues, activities, registered_at, renewed_at, expires_at
from kagzi.workers w
where not w.retired or exists (select from kagzi.queue q where q.owner = w.id)
order by registered_at, id;

-- name: held
-- How many runs each worker owns.
select owner, count(*) as runs from kagzi.queue where owner is not null group by owner;

-- name: fences
-- The runs a worker owns, and by which fence.
select run_id, fence from kagzi.queue where owner = $1;
