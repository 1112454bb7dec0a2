-- Slots: who waits for one, and how many are left. Every statement here runs only where there are limits.

-- name: line_up
-- Puts runs that need a slot and were put down for a time in line, when they are due: from then on their priority
-- counts.
with recursive {wanted}
update kagzi.queue set timed = false
where run_id = any(array(
    select r.run_id from wanted w cross join lateral (
        select run_id from (
            select q.run_id from kagzi.queue q
            where q.owner is null and q.timed and q.gated and q.available_at <= kagzi.clock()
                and q.namespace = w.namespace and q.queue = w.queue
            order by q.available_at limit greatest($2::bigint, 1000) for update skip locked
        ) gated
        union all
        select run_id from (
            select q.run_id from kagzi.queue q
            where q.owner is null and q.timed and not q.gated and q.available_at <= kagzi.clock()
                and q.seen_seq is null and not q.sheltered
                and q.namespace = w.namespace and q.queue = w.queue and w.limited
            order by q.available_at limit greatest($2::bigint, 1000) for update skip locked
        ) limited
    ) r
    where exists (select from kagzi.workers k where k.id = $1)
));

-- name: let_go
-- Puts runs back in line that need a slot and were left behind by somebody who had claimed them aside.
with recursive {dead}
update kagzi.queue set owner = null, status = 'pending', available_at = kagzi.clock(), timed = false
where run_id = any(array(
    select q.run_id from kagzi.queue q
    where q.owner is not null and q.owner = any((select ids from dead)::uuid[]) and {needy} for update skip locked
));

-- name: in_line_share
-- The runs that wait for a slot of their own in the queues wanted. Those under limits of their workflows stand in
-- lanes, one for each definition and key: found by one index probe each, and passed over when nothing is left for
-- them, as far as can be seen without a lock. Of each lane the first come, as many as makes a good choice of all.
with recursive {wanted}, served(namespace, queue, digest) as (
    select w.namespace, w.queue, first.digest from wanted w cross join lateral (
        select q.digest from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = w.namespace and q.queue = w.queue and $5::text[] is null
        order by q.digest limit 1
    ) first
    union all
    select s.namespace, s.queue, next.digest from served s cross join lateral (
        select q.digest from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = s.namespace and q.queue = s.queue and q.digest > s.digest
        order by q.digest limit 1
    ) next
), lanes as (
    select w.namespace, w.queue, w.limited, d.digest, s.sheltered, first.*
    from wanted w
    join (
        select namespace, queue, digest from served
        union all select namespace, queue, unnest($5::text[]) from wanted
    ) d on d.namespace = w.namespace and d.queue = w.queue
    join (values (false), (true)) as s(sheltered) on s.sheltered or w.open
    cross join lateral (
        select q.key, q.workflow_limit, q.workflow, q.key_limit from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = w.namespace and q.queue = w.queue and q.digest = d.digest and q.sheltered = s.sheltered
        order by q.key, q.workflow_limit limit 1
    ) first
    union all
    select l.namespace, l.queue, l.limited, l.digest, l.sheltered, next.* from lanes l cross join lateral (
        select q.key, q.workflow_limit, q.workflow, q.key_limit from kagzi.queue q
        where q.gated and q.owner is null and not q.timed and q.available_at is not null
            and q.namespace = l.namespace and q.queue = l.queue and q.digest = l.digest and q.sheltered = l.sheltered
            and (q.key, q.workflow_limit) > (l.key, l.workflow_limit)
        order by q.key, q.workflow_limit limit 1
    ) next
), roomy as materialized (
    select l.*, greatest(1, least($2::bigint, 1000 / count(*) over ())) as depth from lanes l
    where (l.key_limit = 0 or l.key_limit > (
        select count(*) from (
            select from kagzi.queue h
            where h.namespace = l.namespace and h.workflow = l.workflow and h.key = l.key and h.seen_seq is not null
            limit l.key_limit
        ) holders
    )) and (l.workflow_limit = 0 or l.workflow_limit > (
        select count(*) from (
            select from kagzi.queue h
            where h.namespace = l.namespace and h.workflow = l.workflow and h.workflow <> '' and h.seen_seq is not null
                and h.workflow_limit > 0
            limit l.workflow_limit
        ) holders
    ))
)
select q.*, l.limited, l.depth, l.digest as lane from roomy l cross join lateral (
    select q.run_id, q.namespace, q.queue, q.priority, q.available_at, q.sheltered, q.workflow, q.workflow_limit, q.key,
        q.key_limit
    from kagzi.queue q
    where q.gated and q.owner is null and not q.timed and q.available_at is not null
        and q.namespace = l.namespace and q.queue = l.queue and q.digest = l.digest and q.sheltered = l.sheltered
        and q.key = l.key and q.workflow_limit = l.workflow_limit
    order by q.priority desc, q.available_at, q.run_id limit l.depth
) q
where q.available_at <= kagzi.clock() and exists (select from kagzi.workers k where k.id = $1)
union all
select q.*, true, null, null from wanted w cross join lateral (
    select q.run_id, q.namespace, q.queue, q.priority, q.available_at, q.sheltered, q.workflow, q.workflow_limit, q.key,
        q.key_limit
    from kagzi.queue q
    where q.owner is null and not q.timed and q.available_at is not null and not q.gated
        and q.seen_seq is null and not q.sheltered and q.namespace = w.namespace and q.queue = w.queue
        and ($5::text[] is null or q.digest = any($5::text[]))
    order by q.priority desc, q.available_at, q.run_id limit $2::bigint
) q
where w.limited and w.open;

-- name: in_line_some
-- The same among the runs $3 of the families $4 (null: any); of whole families if $3 is null.
select q.run_id, q.namespace, q.queue, q.priority, q.available_at, q.sheltered, q.workflow, q.workflow_limit, q.key,
    q.key_limit,
    exists (select from kagzi.limits l where l.namespace = q.namespace and l.queue = q.queue) as limited,
    null::bigint as depth, null::text as lane
from (
    select q.* from kagzi.queue q
    where q.run_id = any($3::uuid[]) and ($4::uuid[] is null or q.root_id = any($4::uuid[]))
    union all
    select q.* from kagzi.queue q where $3::uuid[] is null and q.owner is null and q.root_id = any($4::uuid[])
) q
where q.owner is null and q.available_at <= kagzi.clock() and {needy}
    and exists (select from kagzi.workers k where k.id = $1)
order by q.priority desc, q.available_at, q.run_id limit greatest($2::bigint, 5000);

-- name: lock_slots
-- Locks what slots are counted by, until the transaction ends; says what somebody else is counting just now.
select name from unnest($1::text[]) as name where not pg_try_advisory_xact_lock(hashtextextended(name, 7305812014631));

-- name: room
-- Slots left in the queues $1, $2 that have limits, and held of the workflows $3, $4 and of the keys $5, $6, $7, counted
-- no further than $8. To be read under the locks.
select 'queue' as kind, n.place, least(l.concurrency - (
    select count(*) from (
        select from kagzi.queue h
        where h.namespace = l.namespace and h.queue = l.queue and h.holds limit l.concurrency
    ) holders
) - (
    select count(*) from (
        select from kagzi.tasks t
        where t.namespace = l.namespace and t.queue = l.queue and t.holds limit l.concurrency
    ) attempts
), l.rate - (
    select coalesce(sum(b.runs), 0) from kagzi.begins b
    where b.namespace = l.namespace and b.queue = l.queue
        and b.slice > kagzi.clock() - l.rate_ms - greatest(l.rate_ms / 100, 1)
)) as number, l.rate is not null as rate
from unnest($1::text[], $2::text[]) with ordinality as n(namespace, queue, place)
join kagzi.limits l on l.namespace = n.namespace and l.queue = n.queue
union all
select 'workflow', n.place, (
    select count(*) from (
        select from kagzi.queue h
        where h.namespace = n.namespace and h.workflow = n.workflow and h.workflow <> '' and h.seen_seq is not null
            and h.workflow_limit > 0
        limit $8
    ) holders
), false
from unnest($3::text[], $4::text[]) with ordinality as n(namespace, workflow, place)
union all
select 'key', n.place, (
    select count(*) from (
        select from kagzi.queue h
        where h.namespace = n.namespace and h.workflow = n.workflow and h.workflow <> '' and h.key = n.key
            and h.seen_seq is not null
        limit $8
    ) holders
), false
from unnest($5::text[], $6::text[], $7::text[]) with ordinality as n(namespace, workflow, key, place);

-- name: note_begins
-- Counts runs that began ($3) in the queues $1, $2 that have a rate, and forgets those out of its window.
with begun as (
    select l.namespace, l.queue, l.rate_ms, greatest(l.rate_ms / 100, 1) as slice_ms, n.runs
    from unnest($1::text[], $2::text[], $3::integer[]) as n(namespace, queue, runs)
    join kagzi.limits l on l.namespace = n.namespace and l.queue = n.queue and l.rate is not null
), over as (
    delete from kagzi.begins b using begun g
    where b.namespace = g.namespace and b.queue = g.queue and b.slice <= kagzi.clock() - g.rate_ms - 2 * g.slice_ms
)
insert into kagzi.begins as b (namespace, queue, slice, runs)
select namespace, queue, kagzi.clock() / slice_ms * slice_ms, runs from begun
on conflict (namespace, queue, slice) do update set runs = b.runs + excluded.runs;

-- name: rate_opens
-- In how many ms the first of the queues $1, $2 whose rate is used up has room again.
select min(first.slice + l.rate_ms + greatest(l.rate_ms / 100, 1) - kagzi.clock())
from unnest($1::text[], $2::text[]) as n(namespace, queue)
join kagzi.limits l on l.namespace = n.namespace and l.queue = n.queue and l.rate is not null
cross join lateral (
    select min(b.slice) as slice, coalesce(sum(b.runs), 0) as runs from kagzi.begins b
    where b.namespace = l.namespace and b.queue = l.queue
        and b.slice > kagzi.clock() - l.rate_ms - greatest(l.rate_ms / 100, 1)
) first
where first.runs >= l.rate;

-- name: full_limits
-- The limits that leave no room for the runs $1, those that could begin but for them.
with line as materialized (
    select q.run_id, q.namespace, q.queue, q.sheltered, q.workflow, q.workflow_limit, q.key, q.key_limit
    from kagzi.queue q
    where q.run_id = any($1::uuid[]) and q.owner is null and q.available_at <= kagzi.clock() and <<needy>>
), queues as materialized (
    select l.*, b.starts, b.first, (
        select count(*) from kagzi.queue h where h.namespace = l.namespace and h.queue = l.queue and h.holds
    ) + (
        select count(*) from kagzi.tasks t where t.namespace = l.namespace and t.queue = l.queue and t.holds
    ) as slots
    from (select distinct namespace, queue from line where not sheltered) n
    join kagzi.limits l on l.namespace = n.namespace and l.queue = n.queue
    cross join lateral (
        select coalesce(sum(b.runs), 0)::bigint as starts, min(b.slice) as first from kagzi.begins b
        where b.namespace = l.namespace and b.queue = l.queue
            and b.slice > kagzi.clock() - l.rate_ms - greatest(l.rate_ms / 100, 1)
    ) b
), workflows as materialized (
    select n.*, (
        select count(*) from kagzi.queue h
        where h.namespace = n.namespace and h.workflow = n.workflow and h.workflow <> '' and h.seen_seq is not null
            and h.workflow_limit > 0
    ) as runs
    from (select distinct namespace, workflow from line where workflow_limit > 0) n
), keys as materialized (
    select n.*, (
        select count(*) from kagzi.queue h
        where h.namespace = n.namespace and h.workflow = n.workflow and h.workflow <> '' and h.key = n.key
            and h.seen_seq is not null
    ) as runs
    from (select distinct namespace, workflow, key from line where key_limit > 0) n
)
select line.run_id, full_limit.*
from line cross join lateral (
    select 1 as place, 'queue' as kind, queue as name, '' as key, concurrency as "limit", slots as in_use,
        null::bigint as window_ms, null::bigint as opens_at
    from queues u where not line.sheltered and u.namespace = line.namespace and u.queue = line.queue
        and slots >= concurrency
    union all
    select 2, 'rate', queue, '', rate, starts, rate_ms, first + rate_ms + greatest(rate_ms / 100, 1)
    from queues u where not line.sheltered and u.namespace = line.namespace and u.queue = line.queue and starts >= rate
    union all
    select 3, 'workflow', w.workflow, '', line.workflow_limit, runs, null, null
    from workflows w where line.workflow_limit > 0 and w.namespace = line.namespace and w.workflow = line.workflow
        and runs >= line.workflow_limit
    union all
    select 4, 'key', k.workflow, k.key, line.key_limit, runs, null, null
    from keys k where line.key_limit > 0 and k.namespace = line.namespace and k.workflow = line.workflow
        and k.key = line.key and runs >= line.key_limit
) full_limit
order by line.run_id, place;
