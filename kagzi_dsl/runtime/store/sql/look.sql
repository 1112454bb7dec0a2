-- Looking at runs.

-- name: by_id
-- The runs whose ids lie between two, newest first.
select id from kagzi.runs
where id between $1 and $2 and ($3::text is null or namespace = $3)
order by id desc limit 10;

-- name: by_external_id
-- The runs of an external id, newest first.
select id from kagzi.runs
where external_id = $1 and ($2::text is null or namespace = $2)
order by id desc limit 10;

-- name: list_runs
-- Runs by filter, newest first; statuses ($2) null: any.
select o.* from kagzi.runs r join kagzi.overview o on o.id = r.id
where <<as_filtered>>
    and ($2::text[] is null or o.status = any($2))
order by r.id desc limit $13;

-- name: list_live_runs
-- The same for statuses only a run that is not over can have: found by way of the queue.
select o.* from kagzi.queue q join kagzi.runs r on r.id = q.run_id join kagzi.overview o on o.id = q.run_id
where <<as_filtered>>
    and q.status = any($2::text[])
order by q.run_id desc limit $13;

-- name: list_ended_runs
-- The same for statuses only a run that is over can have.
select o.* from kagzi.runs r join kagzi.overview o on o.id = r.id
where <<as_filtered>>
    and r.status = any($2::text[])
order by r.id desc limit $13;

-- name: as_filtered
-- Part: what a listing asks of runs beside their status; null asks nothing.
($1::text is null or r.namespace = $1)
    and ($3::text is null or r.workflow = $3)
    and ($4::text is null or r.version = $4)
    and ($5::text is null or r.queue = $5)
    and ($6::text[] is null or r.label_pairs @> $6)
    and ($7::bigint is null or r.created_at >= $7)
    and ($8::bigint is null or r.created_at < $8)
    and ($9::uuid is null or r.root_id = $9)
    and (not $10::boolean or r.parent_id is null)
    and ($11::text is null or r.external_id = $11)
    and ($12::uuid is null or r.id < $12)

-- name: messages_of_owner
-- The unread messages of every run a worker holds, in order. Its plan is left to the statistics: mostly there are few
-- messages and many runs, but it may be the other way round.
select i.id, i.run_id, i.kind, i.name, i.payload, i.at
from kagzi.queue q join kagzi.inbox i on i.run_id = q.run_id
where q.owner = $1 order by i.id;
