-- Taking up runs. What an owner whose lease has ended left behind comes before everything else.

-- name: claim
-- Makes $1 the owner of up to $3 runs nobody has a lease on, and gives them as they were with what changed; $2 tells this
-- claim from others. Which runs is said by one of the parts below. One statement is the whole transaction, so a run is
-- taken under the lock it was found by. The owners whose lease has ended, or who are not registered (any more), are found
-- by one index probe for each owner there is; a worker whose own lease has ended is given nothing. A run that nobody has
-- claimed yet has no journal to look at.
with recursive owners(id) as (
    (select owner from kagzi.queue where owner is not null order by owner limit 1)
    union all
    select (select q.owner from kagzi.queue q where q.owner > o.id order by q.owner limit 1)
    from owners o where o.id is not null
), dead as materialized (
    select array_agg(o.id) as ids from owners o
    where o.id is not null
        and not exists (select from kagzi.workers w where w.id = o.id and w.expires_at > kagzi.clock())
), claimable as materialized (
    {claimable}
), found as materialized (
    select c.run_id, c.place, case when c.fence = 0 then -1 else (
        select coalesce(max(j.seq), -1) from kagzi.journal j where j.run_id = c.run_id
    ) end as last_seq
    from claimable c
    where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
), taken as (
    update kagzi.queue q set
        owner = $1,
        last_key = $2,
        fence = q.fence + 1,
        status = 'running',
        available_at = null,
        timed = false,
        started_at = coalesce(q.started_at, kagzi.clock()),
        stalls = case when q.seen_seq is not null and f.last_seq <= q.seen_seq then q.stalls + 1 else 0 end,
        seen_seq = f.last_seq
    from found f
    where q.run_id = f.run_id and q.run_id = any(array(select run_id from found))
    returning q.run_id, q.fence, q.started_at, q.stalls, q.messages_sent, f.place
)
select t.fence as new_fence, t.started_at as new_started_at, t.stalls as new_stalls, t.messages_sent as sent,
    array(select id from kagzi.tasks where run_id = t.run_id) as tasks, o.*
from taken t join kagzi.overview o on o.id = t.run_id
where o.id = any(array(select run_id from found))
order by t.place;

-- name: claimable
-- Any run: left behind, ready by priority, or timed and due.
with left_behind as materialized (
    select q.run_id, q.fence, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[])
    order by q.priority desc, q.run_id limit $3 for update skip locked
), ready as materialized (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and not q.timed and q.available_at is not null
    order by q.priority desc, q.available_at, q.run_id limit $3 for update skip locked
), due as materialized (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.timed and q.available_at <= kagzi.clock()
    order by q.available_at, q.run_id limit $3 for update skip locked
)
select run_id, fence, row_number() over (order by turn, priority desc, available_at, run_id) as place from (
    select 0 as turn, run_id, fence, priority, 0 as available_at from left_behind
    union all select 1, run_id, fence, priority, available_at from ready
    union all select 1, run_id, fence, priority, available_at from due
) found
order by place limit $3

-- name: claimable_runs
-- The same among the runs $4, if they are of the families $5 (null: any).
select q.run_id, q.fence, row_number() over () as place from (
    select q.run_id, q.fence from kagzi.queue q
    where q.run_id = any($4::uuid[])
        and ($5::uuid[] is null or q.root_id = any($5::uuid[]))
        and (q.owner is null and q.available_at <= kagzi.clock() or q.owner = any((select ids from dead)::uuid[]))
    order by q.owner is null, q.priority desc, case when q.owner is null then q.available_at end, q.run_id
    limit $3 for update skip locked
) q

-- name: claimable_families
-- The same among the families of the roots $4.
with left_behind as materialized (
    select q.run_id, q.fence, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and q.root_id = any($4::uuid[])
    order by q.priority desc, q.run_id limit $3 for update skip locked
), idle as materialized (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.root_id = any($4::uuid[]) and q.available_at <= kagzi.clock()
    order by q.priority desc, q.available_at, q.run_id limit $3 for update skip locked
)
select run_id, fence, row_number() over (order by turn, priority desc, available_at, run_id) as place from (
    select 0 as turn, run_id, fence, priority, 0 as available_at from left_behind
    union all select 1, run_id, fence, priority, available_at from idle
) found
order by place limit $3

-- name: claimable_share
-- The same among the runs of the namespace $4 in the queues $5 with the definitions $6.
with left_behind as materialized (
    select q.run_id, q.fence, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[])
        and q.namespace = $4 and q.queue = any($5::text[]) and q.digest = any($6::text[])
    order by q.priority desc, q.run_id limit $3 for update skip locked
), ready as materialized (
    select r.* from unnest($5::text[]) as wanted(queue) cross join lateral (
        select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
        where q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = $4 and q.queue = wanted.queue and q.digest = any($6::text[])
        order by q.priority desc, q.available_at, q.run_id limit $3 for update skip locked
    ) r
), due as materialized (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.timed and q.available_at <= kagzi.clock()
        and q.namespace = $4 and q.queue = any($5::text[]) and q.digest = any($6::text[])
    order by q.available_at, q.run_id limit $3 for update skip locked
)
select run_id, fence, row_number() over (order by turn, priority desc, available_at, run_id) as place from (
    select 0 as turn, run_id, fence, priority, 0 as available_at from left_behind
    union all select 1, run_id, fence, priority, available_at from ready
    union all select 1, run_id, fence, priority, available_at from due
) found
order by place limit $3

-- name: digests
-- The definitions of runs in the namespace $1 and the queues $2: one index probe for each there is.
with recursive found(queue, digest) as (
    select wanted.queue, first.digest from unnest($2::text[]) as wanted(queue) cross join lateral (
        select q.digest from kagzi.queue q where q.namespace = $1 and q.queue = wanted.queue order by q.digest limit 1
    ) first
    union all
    select f.queue, next.digest from found f cross join lateral (
        select q.digest from kagzi.queue q
        where q.namespace = $1 and q.queue = f.queue and q.digest > f.digest order by q.digest limit 1
    ) next
)
select distinct digest from found;

-- name: taken_before
-- The runs $1 took by claims ($2) whose answer got lost.
select run_id from kagzi.queue where owner = $1 and last_key = $2;

-- name: runs
-- Some runs with their state.
select * from kagzi.overview where id = any($1::uuid[]);

-- name: journals
-- The journals of some runs, in order.
select run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest
from kagzi.journal where run_id = any($1::uuid[]) order by run_id, seq;

-- name: journal_after
-- What a run's journal ($1) has beyond an entry ($2), in order.
select run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest
from kagzi.journal where run_id = $1 and seq > $2 order by seq;

-- name: claimed_inboxes
-- How many messages some runs were ever sent, and those not read yet, in order: a run without any has one row of nulls.
select q.messages_sent, i.id, q.run_id, i.kind, i.name, i.payload, i.at
from kagzi.queue q left join kagzi.inbox i on i.run_id = q.run_id and i.run_id = any($1::uuid[])
where q.run_id = any($1::uuid[]) order by i.id;

-- name: inboxes
-- The unread messages of some runs, in order.
select id, run_id, kind, name, payload, at from kagzi.inbox where run_id = any($1::uuid[]) order by id;
