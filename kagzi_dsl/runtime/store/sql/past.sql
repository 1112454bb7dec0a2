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
