-- Taking over runs. What an owner whose lease has ended left behind comes before everything else.

-- name: dead_owners
-- The owners whose lease has ended or who are not registered (any more): one index probe for each owner there is. The
-- worker that asks, $1, is among them when its own lease has ended.
with recursive owners(id) as (
    (select owner from kagzi.queue where owner is not null order by owner limit 1)
    union all
    select (select q.owner from kagzi.queue q where q.owner > o.id order by q.owner limit 1)
    from owners o where o.id is not null
)
select o.id from (select id from owners union select $1::uuid) o
where o.id is not null
    and not exists (select from kagzi.workers w where w.id = o.id and w.expires_at > kagzi.clock());

-- name: lock_claimable
-- Locks up to $1 runs nobody has a lease on: left behind by the owners $2, ready by priority, or timed and due.
with left_behind as materialized (
    select q.run_id, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any($2::uuid[])
    order by q.priority desc, q.run_id limit $1 for update skip locked
), ready as materialized (
    select q.run_id, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and not q.timed and q.available_at is not null
    order by q.priority desc, q.available_at, q.run_id limit $1 for update skip locked
), due as materialized (
    select q.run_id, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.timed and q.available_at <= kagzi.clock()
    order by q.available_at, q.run_id limit $1 for update skip locked
)
select run_id from (
    select 0 as turn, run_id, priority, 0 as available_at from left_behind
    union all select 1, run_id, priority, available_at from ready
    union all select 1, run_id, priority, available_at from due
) found
order by turn, priority desc, available_at, run_id
limit $1;

-- name: lock_claimable_runs
-- The same among the runs $3, if they are of the families $4 (null: any).
select q.run_id from kagzi.queue q
where q.run_id = any($3::uuid[])
    and ($4::uuid[] is null or q.root_id = any($4::uuid[]))
    and (q.owner is null and q.available_at <= kagzi.clock() or q.owner = any($2::uuid[]))
order by q.owner is null, q.priority desc, case when q.owner is null then q.available_at end, q.run_id
limit $1 for update skip locked;

-- name: lock_claimable_families
-- The same among the families of the roots $3.
with left_behind as materialized (
    select q.run_id, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any($2::uuid[]) and q.root_id = any($3::uuid[])
    order by q.priority desc, q.run_id limit $1 for update skip locked
), idle as materialized (
    select q.run_id, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.root_id = any($3::uuid[]) and q.available_at <= kagzi.clock()
    order by q.priority desc, q.available_at, q.run_id limit $1 for update skip locked
)
select run_id from (
    select 0 as turn, run_id, priority, 0 as available_at from left_behind
    union all select 1, run_id, priority, available_at from idle
) found
order by turn, priority desc, available_at, run_id
limit $1;

-- name: lock_claimable_share
-- The same among the runs of the namespace $3 in the queues $4 with the definitions $5.
with left_behind as materialized (
    select q.run_id, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any($2::uuid[])
        and q.namespace = $3 and q.queue = any($4::text[]) and q.digest = any($5::text[])
    order by q.priority desc, q.run_id limit $1 for update skip locked
), ready as materialized (
    select r.* from unnest($4::text[]) as wanted(queue) cross join lateral (
        select q.run_id, q.priority, q.available_at from kagzi.queue q
        where q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = $3 and q.queue = wanted.queue and q.digest = any($5::text[])
        order by q.priority desc, q.available_at, q.run_id limit $1 for update skip locked
    ) r
), due as materialized (
    select q.run_id, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.timed and q.available_at <= kagzi.clock()
        and q.namespace = $3 and q.queue = any($4::text[]) and q.digest = any($5::text[])
    order by q.available_at, q.run_id limit $1 for update skip locked
)
select run_id from (
    select 0 as turn, run_id, priority, 0 as available_at from left_behind
    union all select 1, run_id, priority, available_at from ready
    union all select 1, run_id, priority, available_at from due
) found
order by turn, priority desc, available_at, run_id
limit $1;

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

-- name: take
-- Makes $1 the owner of runs that are locked already; $3 tells this claim from others.
update kagzi.queue q set
    owner = $1,
    last_key = $3,
    fence = q.fence + 1,
    status = 'running',
    available_at = null,
    timed = false,
    started_at = coalesce(q.started_at, kagzi.clock()),
    stalls = case when q.seen_seq is not null and j.last_seq <= q.seen_seq then q.stalls + 1 else 0 end,
    seen_seq = j.last_seq
from unnest($2::uuid[]) as w(run_id)
cross join lateral (
    select coalesce(max(seq), -1) as last_seq from kagzi.journal where journal.run_id = w.run_id
) j
where q.run_id = w.run_id and q.run_id = any($2::uuid[]);

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

-- name: inboxes
-- The unread messages of some runs, in order.
select id, run_id, kind, name, payload, at from kagzi.inbox where run_id = any($1::uuid[]) order by id;
