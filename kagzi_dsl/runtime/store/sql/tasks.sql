-- Tasks: attempts of activities for workers of other queues. Whoever ends one locks its run's row in the queue first.

-- name: put_tasks
-- Adds tasks in the order given, but those that are there already, or whose answers lie in the inbox.
insert into kagzi.tasks (id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request, sheltered)
select id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request, sheltered
from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::integer[],
    $10::json[], $11::boolean[]
) with ordinality
    as t(id, run_id, root_id, namespace, queue, activity, path, attempt, priority, request, sheltered, place)
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
-- activities $4 in the namespace $5 and the queues $6 (null: any). What was to stop is taken whatever it needs. Where a
-- queue has limits only what needs no slot is taken; the first column says whether there is more (see `limited_tasks`).
with recursive <<tasks_left_behind>>
        and (
            t.owner = $1 or t.stopping is not null
            or t.activity = any($4::text[]) and t.namespace = coalesce($5::text, t.namespace)
                and t.queue = any(coalesce($6::text[], array[t.queue]))
        )
    order by t.priority desc, t.number limit $2 for update skip locked
), limited as materialized (
    select namespace, queue from kagzi.limits
    where namespace = coalesce($5::text, namespace) and queue = any(coalesce($6::text[], array[queue]))
), waiting(waits) as materialized (
    select exists (
        select from limited l join kagzi.tasks t on t.namespace = l.namespace and t.queue = l.queue
        where t.owner is null and not t.sheltered and t.activity = any($4::text[])
    )
), ready as materialized (
    select r.* from unnest($6::text[]) as wanted(queue) cross join lateral (
        select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
        where t.owner is null and t.namespace = $5::text and t.queue = wanted.queue and t.activity = any($4::text[])
            and (t.sheltered or wanted.queue not in (select queue from limited))
        order by t.priority desc, t.number limit $2 for update skip locked
    ) r
), anything as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where $6::text[] is null and t.owner is null and t.activity = any($4::text[])
        and t.namespace = coalesce($5::text, t.namespace)
        and (t.sheltered or (t.namespace, t.queue) not in (select namespace, queue from limited))
    order by t.priority desc, t.number limit $2 for update skip locked
), chosen as materialized (
    select * from (
        select 0 as turn, * from left_behind union all select 1, * from ready union all select 1, * from anything
    ) found
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
    order by turn, priority desc, number limit $2
), <<taking_tasks>>;

-- name: claim_family_tasks
-- The same among the families of the roots $5, of what no living worker offers to take.
with recursive <<tasks_left_behind>>
        and (
            t.owner = $1 or t.stopping is not null
            or t.activity = any($4::text[]) and t.root_id = any($5::uuid[]) and not exists (
                select from kagzi.workers w
                where w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
                    and t.activity = any(w.activities)
            )
        )
    order by t.priority desc, t.number limit $2 for update of t skip locked
), waiting(waits) as materialized (
    select exists (
        select from kagzi.tasks t join kagzi.limits l on l.namespace = t.namespace and l.queue = t.queue
        where t.owner is null and t.root_id = any($5::uuid[]) and not t.sheltered and t.activity = any($4::text[])
    )
), ready as materialized (
    select t.run_id, t.id, t.priority, t.number from kagzi.tasks t
    where t.owner is null and t.root_id = any($5::uuid[]) and t.activity = any($4::text[])
        and (t.sheltered or (t.namespace, t.queue) not in (select namespace, queue from kagzi.limits))
        and not exists (
        select from kagzi.workers w
        where w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
            and t.activity = any(w.activities)
    )
    order by t.priority desc, t.number limit $2 for update of t skip locked
), chosen as materialized (
    select * from (select 0 as turn, * from left_behind union all select 1, * from ready) found
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
    order by turn, priority desc, number limit $2
), <<taking_tasks>>;

-- name: tasks_left_behind
-- Part: the tasks of $1 that it does not hold ($3), and of owners whose lease has ended, found by one index probe for
-- each owner; which of them are wanted is added behind it.
owners(id) as (
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

-- name: taking_tasks
-- Part: makes $1 the owner of the tasks `chosen`, and gives them in their order.
taken as (
    update kagzi.tasks t set
        owner = $1, fence = nextval('kagzi.task_fences'), claims = t.claims + 1, started_at = kagzi.clock(),
        holds = not t.sheltered
    from chosen c where t.run_id = c.run_id and t.id = c.id
    returning t.*
)
select w.waits, t.id, t.run_id, t.namespace, t.queue, t.activity, t.path, t.attempt, t.request, t.created_at, t.owner,
    t.fence, t.claims, t.started_at, t.stopping
from waiting w left join (taken t join chosen c on c.id = t.id) on true
order by c.turn, c.priority desc, c.number

-- name: limited_tasks
-- The tasks that wait for a slot of their queue, at most $1 of each: of the activities $2 in the namespace $3 and the
-- queues $4 (null: any), or among the families $5 of what no living worker offers to take.
select t.run_id, t.id, t.namespace, t.queue, t.claims
from kagzi.limits l cross join lateral (
    select t.* from kagzi.tasks t
    where t.owner is null and not t.sheltered and t.namespace = l.namespace and t.queue = l.queue
        and t.activity = any($2::text[]) and ($5::uuid[] is null or t.root_id = any($5::uuid[]) and not exists (
            select from kagzi.workers w
            where w.expires_at > kagzi.clock() and w.namespace = t.namespace and t.queue = any(w.queues)
                and t.activity = any(w.activities)
        ))
    order by t.priority desc, t.number limit $1::bigint
) t
where l.namespace = coalesce($3::text, l.namespace) and l.queue = any(coalesce($4::text[], array[l.queue]))
order by t.priority desc, t.number;

-- name: take_tasks
-- Takes up tasks ($3 of the runs $2) for $1, each with a slot of its queue, if nobody took them meanwhile.
with chosen as materialized (
    select t.run_id, t.id, c.place
    from unnest($2::uuid[], $3::uuid[]) with ordinality as c(run_id, id, place) cross join lateral (
        select t.run_id, t.id from kagzi.tasks t
        where t.run_id = c.run_id and t.id = c.id and t.owner is null for update skip locked
    ) t
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
), taken as (
    update kagzi.tasks t set owner = $1, fence = nextval('kagzi.task_fences'), claims = t.claims + 1,
        started_at = kagzi.clock(), holds = true
    from chosen c where t.run_id = c.run_id and t.id = c.id
    returning t.*, c.place
)
select id, run_id, namespace, queue, activity, path, attempt, request, created_at, owner, fence, claims, started_at,
    stopping
from taken order by place;

-- name: held_tasks
-- The tasks a worker has, and why those that are to stop are to.
select id, stopping from kagzi.tasks where owner = $1;

-- name: remove_tasks
-- Removes tasks ($2 of the runs $1) which $4 holds by the fences $3; says which, and of each the queue in which somebody
-- may wait for its slot.
delete from kagzi.tasks t
using unnest($1::uuid[], $2::uuid[], $3::bigint[]) as done(run_id, id, fence)
where t.run_id = done.run_id and t.id = done.id and t.run_id = any($1::uuid[]) and t.owner = $4 and t.fence = done.fence
returning t.id, t.fence, <<freed_task>>;

-- name: lock_task
-- Locks a task and says how often it was taken up and who has it, if somebody living has.
select t.claims, case when exists (
    select from kagzi.workers w where w.id = t.owner and w.expires_at > kagzi.clock()
) then t.owner end as owner
from kagzi.tasks t where t.run_id = $1 and t.id = $2 for update of t;

-- name: withdraw_task
-- Removes a task that is locked; says as well where somebody may wait for its slot.
delete from kagzi.tasks t where run_id = $1 and id = $2 returning <<freed_task>>;

-- name: freed_task
-- Part: the queue of a task that held a slot, if it has limits.
case when t.holds and exists (
    select from kagzi.limits l where l.namespace = t.namespace and l.queue = t.queue
) then t.queue end as freed

-- name: stop_task
-- Lets whoever has a task know that it is to stop.
update kagzi.tasks set stopping = $3 where run_id = $1 and id = $2;

-- name: holds_task
-- Whether $3 holds a task by the fence $4.
select from kagzi.tasks where run_id = $1 and id = $2 and owner = $3 and fence = $4;

-- name: task_queues_of
-- The queues of the tasks that some workers have taken up.
select distinct queue from kagzi.tasks where owner = any($1::uuid[]);
