-- What workers write. Where a list of ids stands beside a join, it keeps the plan from reading the whole table.
-- Another statement, or a part of one, is put in where its name stands in << >>. A run is found by its id and then asked
-- for its owner, by `is not distinct from`: no index serves that, so that no plan reads all the runs of an owner for each.

-- name: append
-- In one statement: checks the fences of the runs under their rows' locks, adds entries and removes messages read.
-- Says which runs were written. They are given in order of their ids, so that locks are taken in that order. Entries
-- that are there already came with an earlier try whose answer got lost.
with <<appending>>
select run_id from owned;

-- name: append_one
-- The same for one entry of one run.
with owned as materialized (
    select run_id from kagzi.queue where run_id = $2 and owner is not distinct from $1 and fence = $3 for update
), added as (
    insert into kagzi.journal (
        run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous,
        digest
    )
    select run_id, $4::integer, $5::text, $6::bigint, $7::text, $8::text, $9::text, $10::integer, $11::bigint,
        $12::json, $13::json, $14::bigint, $15::text, $16::bytea, $17::bytea
    from owned
    on conflict (run_id, seq) do nothing
)
select run_id from owned;

-- name: append_and_leave
-- The same as `append`, and lets go of runs that are over or only wait. Of those that are over only the ones nobody has
-- to be told about, whose owner has seen every message: under the row's lock their number is the last one, while of the
-- messages themselves this statement sees what there was when it began. It tells others of these, by notifications that
-- begin with $18 (null: none). Says which runs were written and which of them were let go; of those that can be claimed
-- at once their queue, and where somebody may wait for a slot that is free now.
with <<appending>>, ended as materialized (
    select e.*
    from unnest(
        $7::uuid[], $8::text[], $9::bigint[], $10::json[], $11::json[], $12::text[], $13::bigint[]
    ) as e(run_id, status, finished_at, output, failure, compensation, messages_seen)
    join owned o on o.run_id = e.run_id and o.messages_sent = e.messages_seen
), <<ending>>, parked as materialized (
    select p.*
    from unnest($14::uuid[], $15::text[], $16::bigint[], $17::bigint[])
        as p(run_id, status, available_at, messages_seen)
    where p.run_id in (select run_id from owned)
), <<parking>>
select o.run_id, e.run_id is not null or w.run_id is not null as gone, case when w.ready then w.queue end as ready,
    d.freed,
    case when d.run_id is not null and $18::text is not null then pg_notify('kagzi', $18 || E'\nended ' || d.run_id) end
from owned o
left join ended e on e.run_id = o.run_id
left join dequeued d on d.run_id = o.run_id
left join waiting w on w.run_id = o.run_id;

-- name: append_and_end_one
-- The same for one run that is over and has read no message with it.
with owned as materialized (
    select run_id, messages_sent from kagzi.queue
    where run_id = $2 and owner is not distinct from $1 and fence = $3 for update
), added as (
    insert into kagzi.journal (
        run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest
    )
    select e.* from unnest($4::kagzi.entry[]) as e
    where exists (select from owned)
    on conflict (run_id, seq) do nothing
), ended as materialized (
    select run_id, $5::text as status, $6::bigint as finished_at, $7::json as output, $8::json as failure,
        $9::text as compensation
    from owned where messages_sent = $10
), <<ending>>
select o.run_id, d.run_id is not null as gone, null as ready, d.freed,
    case when d.run_id is not null and $11::text is not null then pg_notify('kagzi', $11 || E'\nended ' || d.run_id) end
from owned o left join dequeued d on d.run_id = o.run_id;

-- name: appending
-- What statements that append have in common.
owned as materialized (
    select q.run_id, q.messages_sent
    from unnest($2::uuid[], $3::bigint[]) as w(run_id, fence)
    cross join lateral (
        select run_id, messages_sent from kagzi.queue
        where queue.run_id = w.run_id and owner is not distinct from $1 and fence = w.fence for update
    ) q
), added as (
    insert into kagzi.journal (
        run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest
    )
    select e.*
    from unnest($4::kagzi.entry[]) as e
    where e.run_id in (select run_id from owned)
    on conflict (run_id, seq) do nothing
), consumed as (
    delete from kagzi.inbox i
    using unnest($5::uuid[], $6::bigint[]) as c(run_id, id)
    where i.run_id = c.run_id and i.id = c.id and i.run_id = any($5::uuid[])
        and c.run_id in (select run_id from owned)
)

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
select from kagzi.queue where run_id = $1 and owner is not distinct from $2 and fence = $3;

-- name: last_fences
-- The last fence of runs that are over.
select id, fence from kagzi.runs where id = any($1::uuid[]) and status is not null;

-- name: insert_entries
-- Adds entries to journals; those that are there already are left as they are.
insert into kagzi.journal (
    run_id, seq, type, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest
)
select e.* from unnest($1::kagzi.entry[]) as e
on conflict (run_id, seq) do nothing;

-- name: move_runs
-- Lets runs go by other definitions.
with moved as materialized (
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::json[], $5::json[])
        as m(run_id, digest, version, pins, input)
), queued as (
    update kagzi.queue q set digest = m.digest
    from moved m where q.run_id = m.run_id and q.run_id = any($1::uuid[])
)
update kagzi.runs r set digest = m.digest, version = m.version, pins = m.pins, input = m.input
from moved m where r.id = m.run_id and r.id = any($1::uuid[]);

-- name: consume
-- Removes messages that were read.
delete from kagzi.inbox i using unnest($1::uuid[], $2::bigint[]) as c(run_id, id)
where i.run_id = c.run_id and i.id = c.id and i.run_id = any($1::uuid[]);

-- name: park
-- Lets go of runs that only wait.
with parked as materialized (
    select *
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[])
        as p(run_id, status, available_at, messages_seen)
), <<parking>>
select queue, ready from waiting;

-- name: parking
-- What becomes of the runs in `parked`; one that was sent more messages than its owner saw is available at once.
waiting as (
    update kagzi.queue q set
        owner = null,
        status = p.status,
        last_key = null,
        available_at = case
            when q.messages_sent > p.messages_seen then least(coalesce(p.available_at, kagzi.clock()), kagzi.clock())
            else p.available_at
        end,
        timed = q.messages_sent <= p.messages_seen and coalesce(p.available_at > kagzi.clock(), false)
    from parked p
    where q.run_id = p.run_id and q.run_id = any(array(select run_id from parked))
    returning q.run_id, q.queue, q.available_at <= kagzi.clock() as ready
)

-- name: end_runs
-- Ends runs, and returns the message for the parent of each attached child, and the queues in which somebody may wait
-- for slots that are free now ('': any).
with ended as materialized (
    select *
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::json[], $5::json[], $6::text[])
        as e(run_id, status, finished_at, output, failure, compensation)
), unread as (
    delete from kagzi.inbox where run_id = any($1::uuid[])
), <<ending>>
select * from over;

-- name: ending
-- What becomes of the runs in `ended`: their results are kept, their rows in the queue and their tasks are removed. What
-- goes on into the second part comes out of the first: a join of the two would compare every run with every other.
unfinished as (
    delete from kagzi.tasks t where run_id = any(array(select run_id from ended)) returning t.run_id, <<freed_task>>
), dequeued as (
    delete from kagzi.queue q using ended e
    where q.run_id = e.run_id and q.run_id = any(array(select run_id from ended))
    returning e.*, q.fence, q.started_at, array_remove(array[
        case when q.workflow <> '' then '' end,
        case when exists (
            select from kagzi.limits l where l.namespace = q.namespace and l.queue = q.queue
        ) then q.queue end
    ] || array(select u.freed from unfinished u where u.run_id = q.run_id), null) as freed
), over as (
    update kagzi.runs r set
        status = d.status, finished_at = d.finished_at, output = d.output, failure = d.failure,
        compensation = d.compensation, fence = d.fence, started_at = d.started_at
    from dequeued d
    where r.id = d.run_id and r.id = any(array(select run_id from ended))
    returning r.id, case when r.parent_attached then r.parent_id end as parent_id, r.parent_path,
        json_build_object(
            'run_id', r.id, 'attempt', r.parent_attempt, 'status', r.status, 'output', r.output, 'error', r.failure
        )::text as payload, d.freed
)

-- name: mark
-- Notes that the messages of a batch ($2) were sent by these runs.
update kagzi.queue set last_key = $2 where run_id = any($1::uuid[]);

-- name: deliver
-- Puts messages into the inboxes of runs that are not over, and wakes those that nobody owns; a paused one only for the
-- kinds of messages $5.
with addressed as materialized (
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::json[]) with ordinality as m(run_id, kind, name, payload, place)
), locked as materialized (
    select q.run_id from kagzi.queue q where q.run_id = any($1::uuid[]) order by q.run_id for update
), woken as (
    update kagzi.queue q set
        messages_sent = q.messages_sent + counted.messages,
        available_at = case
            when q.owner is null and (q.status <> 'paused' or counted.stirring)
            then least(coalesce(q.available_at, kagzi.clock()), kagzi.clock())
        end,
        timed = false
    from (
        select a.run_id, count(*) as messages, bool_or(a.kind = any($5::text[])) as stirring
        from addressed a join locked l on l.run_id = a.run_id group by a.run_id
    ) counted
    where q.run_id = counted.run_id and q.run_id = any($1::uuid[])
    returning q.run_id, q.owner, q.queue
), put as (
    insert into kagzi.inbox (run_id, kind, name, payload)
    select a.run_id, a.kind, a.name, a.payload from addressed a join woken w on w.run_id = a.run_id order by a.place
)
select run_id, owner, queue from woken;

-- name: withdraw
-- Runs that are told to end ($1) before they began need no slot for that, and are held up by nobody's. The rows are
-- locked by then.
update kagzi.queue q
set gated = false, sheltered = true, workflow = '', workflow_limit = 0, key = '', key_limit = 0
where q.run_id = any($1::uuid[]) and q.seen_seq is null
    and not exists (select from kagzi.journal j where j.run_id = q.run_id and j.type = 'run_started');
