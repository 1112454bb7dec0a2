-- Taking up runs. What an owner whose lease has ended left behind comes before everything else.

-- name: claim
-- Makes $1 the owner of up to $2 runs nobody has a lease on, and gives them as they are then, as `overview` would, with
-- their tasks; the key tells this claim from others. Parts say what is looked at (`scope`), what can be claimed as it
-- is (`claimable`), and whether others wait that need a slot (`waiting`). If there are any, nothing is taken, since who
-- comes first is to be decided among all of them. `opens` says in how many ms a rate that is used up has room again.
-- One statement is the whole transaction, so a run is taken under the lock it was found by. A run that nobody has
-- claimed yet has no journal to look at.
with recursive {scope}, waiting(waits) as materialized (
    {waiting}
), claimable as materialized (
    {claimable}
), found as materialized (
    select c.run_id, c.place, case when c.fence = 0 then -1 else (
        select coalesce(max(j.seq), -1) from kagzi.journal j where j.run_id = c.run_id
    ) end as last_seq
    from claimable c
    where not (select waits from waiting)
        and exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
), taken as (
    update kagzi.queue q set
        owner = $1,
        last_key = {key},
        fence = q.fence + 1,
        status = 'running',
        available_at = null,
        timed = false,
        {begins}
    from found f
    where q.run_id = f.run_id and q.run_id = any(array(select run_id from found))
    returning q.run_id, q.fence, q.started_at, q.stalls, q.messages_sent, f.place
)
select w.waits, {opens} as opens, array(select id from kagzi.tasks where run_id = t.run_id) as tasks,
    r.id, r.root_id, r.namespace, r.workflow, r.version, r.digest, r.input, r.external_id, r.queue, r.priority, r.labels,
    r.pins, r.parent_id, r.parent_path, r.parent_attempt, r.parent_attached, r.origin, r.created_at, r.finished_at,
    r.output, r.failure, r.compensation, r.start_at, r.retry, r.concurrency,
    'running' as status, t.started_at, null::bigint as available_at, $1 as owner, t.fence, t.stalls, t.messages_sent
from waiting w left join (
    taken t join kagzi.runs r on r.id = t.run_id and r.id = any(array(select run_id from found))
) on true
order by t.place;

-- name: begins
-- Part: a run that is claimed to go on with has begun, holds its slots, and is looked at for whether it gets on.
gated = false,
holds = not q.sheltered,
started_at = coalesce(q.started_at, kagzi.clock()),
stalls = case when q.seen_seq is not null and f.last_seq <= q.seen_seq then q.stalls + 1 else 0 end,
seen_seq = f.last_seq

-- name: stays
-- Part: a run that is claimed aside, only to be told something, is what it was.
stalls = q.stalls

-- name: claimable_now
-- What `claim` would take if nobody waited for a slot, locked.
with recursive {scope}, claimable as materialized (
    {claimable}
)
select c.run_id, c.turn, c.priority, c.available_at from claimable c
where exists (select from kagzi.workers w where w.id = $1 and w.expires_at > kagzi.clock())
order by c.place;

-- name: dead
-- Part: the owners whose lease has ended, or who are not registered (any more), by one index probe for each owner.
owners(id) as (
    (select owner from kagzi.queue where owner is not null order by owner limit 1)
    union all
    select (select q.owner from kagzi.queue q where q.owner > o.id order by q.owner limit 1)
    from owners o where o.id is not null
), dead as materialized (
    select array_agg(o.id) as ids from owners o
    where o.id is not null
        and not exists (select from kagzi.workers w where w.id = o.id and w.expires_at > kagzi.clock())
)

-- name: wanted
-- Part: the queues $4 of the namespace $3 (null: all there are), whether they have limits, whether these leave room as
-- far as can be seen without a lock, and in how many ms a rate that is used up does again.
everywhere(namespace, queue) as (
    (select q.namespace, q.queue from kagzi.queue q where $3::text is null order by q.namespace, q.queue limit 1)
    union all
    select next.namespace, next.queue from everywhere e cross join lateral (
        select q.namespace, q.queue from kagzi.queue q
        where (q.namespace, q.queue) > (e.namespace, e.queue) order by q.namespace, q.queue limit 1
    ) next
), wanted as materialized (
    select named.namespace, named.queue, l.queue is not null as limited,
        (l.concurrency is null or l.concurrency > (
            select count(*) from (
                select from kagzi.queue h
                where h.namespace = l.namespace and h.queue = l.queue and h.holds limit l.concurrency
            ) holders
        )) and (l.rate is null or l.rate > (
            select coalesce(sum(b.runs), 0) from kagzi.begins b
            where b.namespace = l.namespace and b.queue = l.queue
                and b.slice > kagzi.clock() - l.rate_ms - greatest(l.rate_ms / 100, 1)
        )) as open,
        case when l.rate is not null then (
            select min(b.slice) + l.rate_ms + greatest(l.rate_ms / 100, 1) - kagzi.clock() from kagzi.begins b
            where b.namespace = l.namespace and b.queue = l.queue
                and b.slice > kagzi.clock() - l.rate_ms - greatest(l.rate_ms / 100, 1)
            having sum(b.runs) >= l.rate
        ) end as opens
    from (
        select $3::text as namespace, unnest($4::text[]) as queue union all select namespace, queue from everywhere
    ) named
    left join kagzi.limits l on l.namespace = named.namespace and l.queue = named.queue
)

-- name: claimable_share
-- Part: runs that need no slot, or have theirs, in the queues wanted with the definitions $5 (null: any): left
-- behind, ready by priority, or timed and due. In a queue with limits those are only the runs that have begun, or
-- that are sheltered.
with left_behind as materialized (
    select q.run_id, q.fence, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and not {needy}
        and ($3::text is null or q.namespace = $3 and q.queue = any($4::text[]))
        and ($5::text[] is null or q.digest = any($5::text[]))
    order by q.priority desc, q.run_id limit $2 for update skip locked
), ready as materialized (
    select r.* from wanted w cross join lateral (
        select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
        where q.owner is null and not q.timed and q.available_at is not null and not q.gated
            and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[]))
        order by q.priority desc, q.available_at, q.run_id limit $2 for update skip locked
    ) r
    where not w.limited
), woken as materialized (
    select r.* from wanted w cross join lateral (
        select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
        where q.owner is null and not q.timed and q.available_at is not null and not q.gated
            and (q.seen_seq is not null or q.sheltered)
            and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[]))
        order by q.priority desc, q.available_at, q.run_id limit $2 for update skip locked
    ) r
    where w.limited
), due as materialized (
    select r.* from wanted w cross join lateral (
        select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
        where q.owner is null and q.timed and q.available_at <= kagzi.clock() and not q.gated
            and (not w.limited or q.seen_seq is not null or q.sheltered)
            and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[]))
        order by q.available_at, q.run_id limit $2 for update skip locked
    ) r
)
select run_id, fence, turn, priority, available_at,
    row_number() over (order by turn, priority desc, available_at, run_id) as place
from (
    select 0 as turn, run_id, fence, priority, 0 as available_at from left_behind
    union all select 1, run_id, fence, priority, available_at from ready
    union all select 1, run_id, fence, priority, available_at from woken
    union all select 1, run_id, fence, priority, available_at from due
) found
order by place limit $2

-- name: waiting_share
-- Part: whether runs wait in the queues wanted that need a slot of their own, and whose queue has room for them; also
-- those that were put down for a time and are due (see `line_up`).
select exists (
    select from wanted w where exists (
        select from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[])) and w.open
    ) or exists (
        select from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[])) and q.sheltered and not w.open
    ) or exists (
        select from kagzi.queue q
        where q.owner is null and not q.timed and q.available_at is not null and not q.gated
            and q.seen_seq is null and not q.sheltered and q.namespace = w.namespace and q.queue = w.queue
            and ($5::text[] is null or q.digest = any($5::text[])) and w.limited and w.open
    ) or exists (
        select from kagzi.queue q
        where q.owner is null and q.timed and q.gated and q.available_at <= kagzi.clock()
            and q.namespace = w.namespace and q.queue = w.queue
    ) or exists (
        select from kagzi.queue q
        where q.owner is null and q.timed and not q.gated and q.available_at <= kagzi.clock()
            and q.seen_seq is null and not q.sheltered and q.namespace = w.namespace and q.queue = w.queue and w.limited
    )
) or exists (
    select from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and {needy}
)

-- name: asked
-- Part: the queues $4 of the namespace $3.
asked(namespace, queue) as (select $3::text, unnest($4::text[]))

-- name: claimable_ready
-- Part: the runs that are ready in the queues asked for with the definitions $5, where there are no limits.
select r.run_id, r.fence, row_number() over (order by r.priority desc, r.available_at, r.run_id) as place
from asked a cross join lateral (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and not q.timed and q.available_at is not null and not q.gated
        and q.namespace = a.namespace and q.queue = a.queue
        and ($5::text[] is null or q.digest = any($5::text[]))
    order by q.priority desc, q.available_at, q.run_id limit $2 for update skip locked
) r
where not (select waits from waiting)
order by place limit $2

-- name: waiting_ready
-- Part: whether there is more to think of: limits of these queues, or runs in them that wait for a slot.
select exists (
    select from asked a join kagzi.limits l on l.namespace = a.namespace and l.queue = a.queue
) or exists (
    select from asked a cross join lateral (
        select from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = a.namespace and q.queue = a.queue limit 1
    ) gated
)

-- name: needy
-- Part: whether a run needs a slot of its own to begin.
(q.gated or q.seen_seq is null and not q.sheltered and exists (
    select from kagzi.limits l where l.namespace = q.namespace and l.queue = q.queue
))

-- name: claimable_runs
-- Part: runs that need no slot among the runs $3, if they are of the families $4 (null: any).
select q.run_id, q.fence, case when q.owner is null then 1 else 0 end as turn, q.priority,
    coalesce(q.available_at, 0) as available_at, row_number() over () as place
from (
    select q.run_id, q.fence, q.owner, q.priority, q.available_at from kagzi.queue q
    where q.run_id = any($3::uuid[])
        and ($4::uuid[] is null or q.root_id = any($4::uuid[]))
        and (
            q.owner is null and q.available_at <= kagzi.clock() or q.owner = any((select ids from dead)::uuid[])
        )
        and not {needy}
    order by q.owner is null, q.priority desc, case when q.owner is null then q.available_at end, q.run_id
    limit $2 for update skip locked
) q

-- name: waiting_runs
-- Part: whether there are others among them.
select exists (
    select from kagzi.queue q
    where q.run_id = any($3::uuid[]) and ($4::uuid[] is null or q.root_id = any($4::uuid[]))
        and (q.owner is null and q.available_at <= kagzi.clock() or q.owner = any((select ids from dead)::uuid[]))
        and {needy}
)

-- name: claimable_families
-- Part: runs that need no slot in the families of the roots $3.
with left_behind as materialized (
    select q.run_id, q.fence, q.priority from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and not {needy}
        and q.root_id = any($3::uuid[])
    order by q.priority desc, q.run_id limit $2 for update skip locked
), idle as materialized (
    select q.run_id, q.fence, q.priority, q.available_at from kagzi.queue q
    where q.owner is null and q.root_id = any($3::uuid[]) and q.available_at <= kagzi.clock() and not {needy}
    order by q.priority desc, q.available_at, q.run_id limit $2 for update skip locked
)
select run_id, fence, turn, priority, available_at,
    row_number() over (order by turn, priority desc, available_at, run_id) as place
from (
    select 0 as turn, run_id, fence, priority, 0 as available_at from left_behind
    union all select 1, run_id, fence, priority, available_at from idle
) found
order by place limit $2

-- name: waiting_families
-- Part: whether there are others in them.
select exists (
    select from kagzi.queue q
    where q.owner is null and q.root_id = any($3::uuid[]) and q.available_at <= kagzi.clock() and {needy}
) or exists (
    select from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and q.root_id = any($3::uuid[])
        and {needy}
)

-- name: claimable_chosen
-- Part: the runs $3, in this order, whatever they need, if nobody took them meanwhile.
select q.run_id, q.fence, w.place
from unnest($3::uuid[]) with ordinality as w(run_id, place) cross join lateral (
    select q.run_id, q.fence from kagzi.queue q
    where q.run_id = w.run_id and (
        q.owner is null and q.available_at <= kagzi.clock() or q.owner = any((select ids from dead)::uuid[])
    )
    limit $2 for update skip locked
) q

-- name: digests
-- The definitions of runs in the namespace $1 and the queues $2: one index probe for each there is.
with recursive found(queue, holds, digest) as (
    select wanted.queue, h.holds, first.digest
    from unnest($2::text[]) as wanted(queue) cross join (values (false), (true)) as h(holds) cross join lateral (
        select q.digest from kagzi.queue q
        where q.namespace = $1 and q.queue = wanted.queue and q.holds = h.holds order by q.digest limit 1
    ) first
    union all
    select f.queue, f.holds, next.digest from found f cross join lateral (
        select q.digest from kagzi.queue q
        where q.namespace = $1 and q.queue = f.queue and q.holds = f.holds and q.digest > f.digest
        order by q.digest limit 1
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
-- How many messages some runs were ever sent, and those not read yet, in order: a run without any has one row of
-- nulls.
select q.messages_sent, i.id, q.run_id, i.kind, i.name, i.payload, i.at
from kagzi.queue q left join kagzi.inbox i on i.run_id = q.run_id and i.run_id = any($1::uuid[])
where q.run_id = any($1::uuid[]) order by i.id;

-- name: inboxes
-- The unread messages of some runs, in order.
select id, run_id, kind, name, payload, at from kagzi.inbox where run_id = any($1::uuid[]) order by id;
