-- Looking back at runs that are over, and forgetting them.

-- name: prune
-- Forgets up to $4 runs that ended before $1 (ms), as did the roots of their families, with their journals: the oldest
-- after the id $2, of the namespace $3 (null: any). Ids rise with time and $5 is above those of that moment, so what
-- came later is never read.
with old as materialized (
    select r.id from kagzi.runs r
    where r.id > $2 and r.id < $5 and r.status is not null and r.finished_at < $1
        and ($3::text is null or r.namespace = $3)
        and not exists (
            select from kagzi.runs root
            where root.id = r.root_id and r.root_id <> r.id and (root.status is null or root.finished_at >= $1)
        )
    order by r.id limit $4 for update of r skip locked
), journals as (
    delete from kagzi.journal where run_id in (select id from old)
), forgotten as (
    delete from kagzi.runs where id in (select id from old)
)
select id from old order by id;

-- name: prunable
-- How many runs `prune` would forget in all.
select count(*) from kagzi.runs r
where r.id < $3 and r.status is not null and r.finished_at < $1
    and ($2::text is null or r.namespace = $2)
    and not exists (
        select from kagzi.runs root
        where root.id = r.root_id and r.root_id <> r.id and (root.status is null or root.finished_at >= $1)
    );

-- name: stats_of_runs
-- By workflow and status (null: all that ended): how many runs there are with ids from $1, and how long they took.
select workflow, status, count(*) as runs,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by finished_at - started_at)
        filter (where finished_at is not null and started_at is not null) as took
from kagzi.overview
where id >= $1 and namespace = $2 and ($3::text is null or workflow = $3)
group by grouping sets ((workflow, status), (workflow));

-- name: stats_of_failures
-- By workflow and code: how many of these runs failed.
select workflow, failure->>'code' as code, count(*) as runs
from kagzi.runs
where id >= $1 and namespace = $2 and ($3::text is null or workflow = $3) and status = 'failed'
group by workflow, code;

-- name: stats_of_nodes
-- By workflow and node, of those that work outside the run: how often they ended, failed and were tried again, and how
-- long they took.
select r.workflow, substring(j.path from '[^.]+$') as node, max(j.node collate "C") as kind,
    count(*) filter (where j.type <> 'attempt_failed') as ended,
    count(*) filter (where j.type = 'node_failed' and j.status = 'failed') as failed,
    count(*) filter (where j.type = 'attempt_failed') as retries,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by j.at - j.started_at)
        filter (where j.type <> 'attempt_failed' and j.started_at is not null) as took
from kagzi.runs r join kagzi.journal j on j.run_id = r.id
where r.id >= $1 and r.namespace = $2 and ($3::text is null or r.workflow = $3)
    and j.type in ('node_completed', 'node_failed', 'attempt_failed')
group by r.workflow, substring(j.path from '[^.]+$');
