-- Queues: their limits, and how they stand.

-- name: set_limits
-- Sets the limits of the queue $2 in the namespace $1: how many hold a slot ($3), how many begin ($4) in a while ($5,
-- ms). Without any, it has none any more.
with none as (
    delete from kagzi.limits where namespace = $1 and queue = $2 and $3::integer is null and $4::integer is null
)
insert into kagzi.limits (namespace, queue, concurrency, rate, rate_ms)
select $1, $2, $3::integer, $4::integer, $5::bigint where $3::integer is not null or $4::integer is not null
on conflict (namespace, queue) do update set
    concurrency = excluded.concurrency, rate = excluded.rate, rate_ms = excluded.rate_ms;

-- name: queues
-- Every queue of a namespace (null: of all) that has limits or runs that are not over.
with live as (
    select namespace, queue,
        count(*) filter (where owner is null and available_at <= kagzi.clock()) as depth,
        kagzi.clock() - min(available_at) filter (
            where owner is null and available_at <= kagzi.clock()
        ) as oldest_wait_ms,
        count(*) filter (where owner is null and seen_seq is null and available_at > kagzi.clock()) as later,
        count(*) filter (where owner is not null) as running,
        count(*) filter (
            where owner is null and seen_seq is not null and (available_at is null or available_at > kagzi.clock())
        ) as parked,
        count(*) filter (where holds) as slots
    from kagzi.queue
    where $1::text is null or namespace = $1
    group by namespace, queue
), limited as (
    select * from kagzi.limits where $1::text is null or namespace = $1
)
select namespace, queue, coalesce(depth, 0) as depth, oldest_wait_ms, coalesce(later, 0) as later,
    coalesce(running, 0) as running, coalesce(parked, 0) as parked, coalesce(slots, 0) + (
        select count(*) from kagzi.tasks t
        where t.namespace = coalesce(live.namespace, limited.namespace)
            and t.queue = coalesce(live.queue, limited.queue) and t.holds
    ) as slots, concurrency, rate,
    rate_ms, (
        select coalesce(sum(b.runs), 0)::bigint from kagzi.begins b
        where b.namespace = limited.namespace and b.queue = limited.queue
            and b.slice > kagzi.clock() - rate_ms - greatest(rate_ms / 100, 1)
    ) as starts
from live full join limited using (namespace, queue)
order by namespace, queue;
