-- Schedules, and the runs they start.

-- name: schedules
-- The schedules of a namespace; only the one of an id when that is given.
select * from kagzi.schedules where namespace = $1 and ($2::text is null or id = $2) order by id collate "C";

-- name: create_schedule
-- Keeps a schedule unless there is one of its id.
insert into kagzi.schedules (
    namespace, id, anchor, created_at, updated_at, done, due_at, last_fire, left_out, revision, interval_ms, jitter_ms,
    max_catchup, applied, paused, cron, timezone, overlap, problem, input, template
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict do nothing
returning id;

-- name: change_schedule
-- Puts a schedule in the place of the one of its id and revision.
update kagzi.schedules set
    anchor = $3, created_at = $4, updated_at = $5, done = $6, due_at = $7, last_fire = $8, left_out = $9,
    revision = revision + 1, interval_ms = $11, jitter_ms = $12, max_catchup = $13, applied = $14, paused = $15,
    cron = $16, timezone = $17, overlap = $18, problem = $19, input = $20, template = $21
where namespace = $1 and id = $2 and revision = $10
returning id;

-- name: delete_schedule
-- Forgets a schedule.
delete from kagzi.schedules where namespace = $1 and id = $2 returning id;

-- name: schedule_due_in
-- In how many ms the first schedule of a namespace is due.
select due_at - kagzi.clock() from kagzi.schedules
where namespace = $1 and not paused and due_at is not null
order by due_at limit 1;

-- name: take_due_schedules
-- Locks schedules that are due, the longest due first; those that others have locked are theirs to deal with.
select * from kagzi.schedules
where namespace = $1 and not paused and due_at is not null and due_at <= kagzi.clock()
order by due_at, id collate "C" limit $2
for update skip locked;

-- name: live_runs_of_schedules
-- The runs of some schedules that are not over, oldest first.
select r.id, s.id as schedule
from unnest($2::text[]) as s(id)
join kagzi.runs r on r.namespace = $1 and split_part(r.external_id, ':', 2) = s.id
where r.external_id like 'schedule:%' and r.status is null
order by r.id;

-- name: move_schedules
-- The new state of schedules that were taken.
update kagzi.schedules s set
    done = n.done, due_at = n.due_at, last_fire = n.last_fire, left_out = n.left_out, problem = n.problem,
    revision = s.revision + 1
from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
    as n(id, done, due_at, last_fire, left_out, problem)
where s.namespace = $1 and s.id = n.id;

-- name: runs_of_schedule
-- The runs a schedule started, newest first.
select o.* from kagzi.runs r join kagzi.overview o on o.id = r.id
where r.namespace = $1 and split_part(r.external_id, ':', 2) = $2 and r.external_id like 'schedule:%'
    and ($3::uuid is null or r.id < $3)
order by r.id desc limit $4;
