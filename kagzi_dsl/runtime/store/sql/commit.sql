-- What workers write. Where a list of ids stands beside a join, it keeps the plan from reading the whole table.

-- name: append
-- In one statement: checks the fences of the runs under their rows' locks, adds entries and removes messages read.
-- Says which runs were written. They are given in order of their ids, so that locks are taken in that order. Entries
-- that are there already came with an earlier try whose answer got lost.
with owned as materialized (
    select q.run_id
    from unnest($2::uuid[], $3::bigint[]) as w(run_id, fence)
    cross join lateral (
        select run_id from kagzi.queue where queue.run_id = w.run_id and owner = $1 and fence = w.fence for update
    ) q
), added as (
    insert into kagzi.journal (
        run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note,
        previous, digest
    )
    select e.*
    from unnest(
        $4::uuid[], $5::integer[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::integer[],
        $12::bigint[], $13::json[], $14::json[], $15::bigint[], $16::text[], $17::bytea[], $18::bytea[]
    ) as e(run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous,
        digest)
    where e.run_id in (select run_id from owned)
    on conflict (run_id, seq) do nothing
), consumed as (
    delete from kagzi.inbox i
    using unnest($19::uuid[], $20::bigint[]) as c(run_id, id)
    where i.run_id = c.run_id and i.id = c.id and i.run_id = any($19::uuid[])
        and c.run_id in (select run_id from owned)
)
select run_id from owned;

-- name: lock_runs
-- Locks, in order of their ids, the runs written or sent to ($1) and those to be told of an end ($2: the ending ones).
select run_id, owner, fence, last_key
from kagzi.queue
where run_id = any($1::uuid[] || array(
    select parent_id from kagzi.queue child where child.run_id = any($2::uuid[]) and parent_id is not null
))
order by run_id for update;

-- name: owns
-- Whether $2 holds a run by that fence.
select from kagzi.queue where run_id = $1 and owner = $2 and fence = $3;

-- name: last_fences
-- The last fence of runs that are over.
select id, fence from kagzi.runs where id = any($1::uuid[]) and status is not null;

-- name: insert_entries
-- Adds entries to journals; those that are there already are left as they are.
insert into kagzi.journal (
    run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous,
    digest
)
select *
from unnest(
    $1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::integer[],
    $9::bigint[], $10::json[], $11::json[], $12::bigint[], $13::text[], $14::bytea[], $15::bytea[]
)
on conflict (run_id, seq) do nothing;

-- name: consume
-- Removes messages that were read.
delete from kagzi.inbox i using unnest($1::uuid[], $2::bigint[]) as c(run_id, id)
where i.run_id = c.run_id and i.id = c.id and i.run_id = any($1::uuid[]);

-- name: park
-- Lets go of runs that only wait; one that was sent more messages than its owner saw is available at once.
update kagzi.queue q set
    owner = null,
    status = p.status,
    last_key = null,
    available_at = case
        when q.messages_sent > p.messages_seen then least(coalesce(p.available_at, kagzi.clock()), kagzi.clock())
        else p.available_at
    end,
    timed = q.messages_sent <= p.messages_seen and coalesce(p.available_at > kagzi.clock(), false)
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) as p(run_id, status, available_at, messages_seen)
where q.run_id = p.run_id and q.run_id = any($1::uuid[])
returning q.queue, q.available_at <= kagzi.clock() as ready;

-- name: end_runs
-- Ends runs: their results are kept, their rows in the queue, their unread messages and their tasks are removed.
-- Returns the message for the parent of each attached child.
with ended as materialized (
    select *
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::json[], $5::json[], $6::text[])
        as e(run_id, status, finished_at, output, failure, compensation)
), dequeued as (
    delete from kagzi.queue q using ended e where q.run_id = e.run_id and q.run_id = any($1::uuid[])
    returning q.run_id, q.fence, q.started_at
), unread as (
    delete from kagzi.inbox where run_id = any($1::uuid[])
), unfinished as (
    delete from kagzi.tasks where run_id = any($1::uuid[])
)
update kagzi.runs r set
    status = e.status, finished_at = e.finished_at, output = e.output, failure = e.failure,
    compensation = e.compensation, fence = d.fence, started_at = d.started_at
from ended e join dequeued d on d.run_id = e.run_id
where r.id = e.run_id and r.id = any($1::uuid[])
returning r.id, case when r.parent_attached then r.parent_id end as parent_id, r.parent_path,
    json_build_object(
        'run_id', r.id, 'attempt', r.parent_attempt, 'status', r.status, 'output', r.output, 'error', r.failure
    )::text as payload;

-- name: mark
-- Notes that the messages of a batch ($2) were sent by these runs.
update kagzi.queue set last_key = $2 where run_id = any($1::uuid[]);

-- name: deliver
-- Puts messages into the inboxes of runs that are not over, and wakes those that nobody owns.
with addressed as materialized (
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::json[]) with ordinality as m(run_id, kind, name, payload, place)
), locked as materialized (
    select q.run_id from kagzi.queue q where q.run_id = any($1::uuid[]) order by q.run_id for update
), woken as (
    update kagzi.queue q set
        messages_sent = q.messages_sent + counted.messages,
        available_at = case when q.owner is null then least(coalesce(q.available_at, kagzi.clock()), kagzi.clock()) end,
        timed = false
    from (
        select a.run_id, count(*) as messages from addressed a join locked l on l.run_id = a.run_id group by a.run_id
    ) counted
    where q.run_id = counted.run_id and q.run_id = any($1::uuid[])
    returning q.run_id, q.owner, q.queue
), put as (
    insert into kagzi.inbox (run_id, kind, name, payload)
    select a.run_id, a.kind, a.name, a.payload from addressed a join woken w on w.run_id = a.run_id order by a.place
)
select run_id, owner, queue from woken;
