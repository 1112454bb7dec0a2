-- Tasks: attempts of activities for workers of other queues. Whoever ends one locks its run's row in the queue first.

-- name: put_tasks
-- Adds tasks in the order given, but those that are there already, or whose answers lie in the inbox.
insert into kagzi.tasks (id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request)
select id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request
from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::integer[],
    $10::json[]
) with ordinality as t(id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request, place)
where not exists (select from kagzi.inbox i where i.run_id = t.run_id and i.name = t.id::text)
order by place
on conflict (run_id, id) do nothing
returning queue;

-- name: tasks_of
-- The tasks of some runs, oldest first.
select id, run_id, namespace, queue, activity, path, attempt, request, created_at, owner, fence, claims, started_at, stopping
from kagzi.tasks where run_id = any($1::uuid[]) order by number;

-- name: task_ids
-- The same, of each its run and its id alone.
select run_id, id from kagzi.tasks where run_id = any($1::uuid[]);

-- name: claim_tasks
-- Takes up to $2 tasks for $1, which holds $3: what workers whose lease has ended left behind, and what is ready, of the
-- activities $4 in the namespace $5 and the queues $6 (null: any). What was to stop is taken whatever it needs.
with recursive owners(id) as (
    (select owner from kagzi.tasks where owner is not null order by owner limit 1)
    union all
    select (select t.owner from kagzi.tasks t where t.owner > o.id order by t.owner limit 1)
    from owners o where o.id is not null
), left_behind as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where t.owner is not null and t.owner = any(array(
            select o.id from owners o
            where o.id = $1 or o.id is not null
                and not exists (select from kagzi.workers w where w.id = o.id and w.expires_at > kagzi.clock())
        ))
        and (t.owner <> $1 or t.id <> all($3::uuid[]))
        and (
            t.owner = $1 or t.stopping is not null
            or t.activity = any($4::text[]) and t.namespace = coalesce($5::text, t.namespace)
                and t.queue = any(coalesce($6::text[], array[t.queue]))
        )
    order by t.priority desc, t.number limit $2 for update skip locked
), ready as materialized (
    select r.* from unnest($6::text[]) as wanted(queue) cross join lateral (
        select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
        where t.owner is null and t.namespace = $5::text and t.queue = wanted.queue and t.activity = any($4::text[])
        order by t.priority desc, t.number limit $2 for update skip locked
    ) r
), anything as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where $6::text[] is null and t.owner is null and t.activity = any($4::text[])
        and t.namespace = coalesce($5::text, t.namespace)
    order by t.priority desc, t.number limit $2 for update skip locked
), chosen as materialized (
    select * from (
        select 0 as turn, * from left_behind union all select 1, * from ready union all select 1, * from anything
    ) found
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
    order by turn, priority desc, number limit $2
), taken as (
    update kagzi.tasks t set
        owner = $1, fence = nextval('kagzi.task_fences'), claims = t.claims + 1, started_at = kagzi.clock()
    from chosen c where t.run_id = c.run_id and t.id = c.id
    returning t.*
)
select t.id, t.run_id, t.namespace, t.queue, t.activity, t.path, t.attempt, t.request, t.created_at, t.owner, t.fence,
    t.claims, t.started_at, t.stopping
from taken t join chosen c on c.id = t.id order by c.turn, c.priority desc, c.number;

-- name: claim_family_tasks
-- The same among the families of the roots $5, of what no living worker offers to take.
with recursive owners(id) as (
    (select owner from kagzi.tasks where owner is not null order by owner limit 1)
    union all
    select (select t.owner from kagzi.tasks t where t.owner > o.id order by t.owner limit 1)
    from owners o where o.id is not null
), left_behind as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where t.owner is not null and t.owner = any(array(
            select o.id from owners o
            where o.id = $1 or o.id is not null
                and not exists (select from kagzi.workers w where w.id = o.id and w.expires_at > kagzi.clock())
        ))
        and (t.owner <> $1 or t.id <> all($3::uuid[]))
        and (
            t.owner = $1 or t.stopping is not null
            or t.activity = any($4::text[]) and t.root_id = any($5::uuid[]) and not exists (
                select from kagzi.workers w
                where w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
                    and t.activity = any(w.activities)
            )
        )
    order by t.priority desc, t.number limit $2 for update of t skip locked
), ready as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where t.owner is null and t.root_id = any($5::uuid[]) and t.activity = any($4::text[]) and not exists (
        select from kagzi.workers w
        where w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
            and t.activity = any(w.activities)
    )
    order by t.priority desc, t.number limit $2 for update of t skip locked
), chosen as materialized (
    select * from (select 0 as turn, * from left_behind union all select 1, * from ready) found
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
    order by turn, priority desc, number limit $2
), taken as (
    update kagzi.tasks t set
        owner = $1, fence = nextval('kagzi.task_fences'), claims = t.claims + 1, started_at = kagzi.clock()
    from chosen c where t.run_id = c.run_id and t.id = c.id
    returning t.*
)
select t.id, t.run_id, t.namespace, t.queue, t.activity, t.path, t.attempt, t.request, t.created_at, t.owner, t.fence,
    t.claims, t.started_at, t.stopping
from taken t join chosen c on c.id = t.id order by c.turn, c.priority desc, c.number;

-- name: held_tasks
-- The tasks a worker has, and why those that are to stop are to.
select id, stopping from kagzi.tasks where owner = $1;

-- name: remove_tasks
-- Removes tasks ($2 of the runs $1) which $4 holds by the fences $3; says which.
delete from kagzi.tasks t
using unnest($1::uuid[], $2::uuid[], $3::bigint[]) as done(run_id, id, fence)
where t.run_id = done.run_id and t.id = done.id and t.run_id = any($1::uuid[]) and t.owner = $4 and t.fence = done.fence
returning t.id, t.fence;

-- name: lock_task
-- Locks a task and says how often it was taken up and who has it, if somebody living has.
select t.claims, case when exists (
    select from kagzi.workers w where w.id = t.owner and w.expires_at > kagzi.clock()
) then t.owner end as owner
from kagzi.tasks t where t.run_id = $1 and t.id = $2 for update of t;

-- name: withdraw_task
-- Removes a task that is locked.
delete from kagzi.tasks where run_id = $1 and id = $2;

-- name: stop_task
-- Lets whoever has a task know that it is to stop.
update kagzi.tasks set stopping = $3 where run_id = $1 and id = $2;

-- name: holds_task
-- Whether $3 holds a task by the fence $4.
select from kagzi.tasks where run_id = $1 and id = $2 and owner = $3 and fence = $4;

-- name: task_queues_of
-- The queues of the tasks that some workers have taken up.
select distinct queue from kagzi.tasks where owner = any($1::uuid[]);
