-- Starting runs, and starting them again.

-- name: start
-- Starts runs, claimed at once by $1 (if any) with fence 1 unless they need a slot; says which ones are new, and of those
-- which can be claimed. It tells others of these, by notifications that begin with $23 (null: none) and have room for
-- 7,999 bytes. Without a target, `on conflict` covers both the id and the external id, and waits for whoever is inserting
-- the same. JSON comes as text, for the connection may be one whose owner has codecs of his own.
with new as materialized (
    select *
    from unnest(
        $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
        $11::integer[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::integer[], $17::boolean[], $18::text[],
        $19::bigint[], $20::text[], $21::text[], $22::text[]
    ) with ordinality as n(
        id, root_id, namespace, workflow, version, digest, input, external_id, queue,
        priority, labels, pins, parent_id, parent_path, parent_attempt, parent_attached, origin, available_at,
        retry, concurrency, needs, place
    )
), started as (
    insert into kagzi.runs (
        id, root_id, namespace, workflow, version, digest, input, external_id, queue, priority, labels, pins, parent_id,
        parent_path, parent_attempt, parent_attached, origin, label_pairs, start_at, retry, concurrency
    )
    select id, root_id, namespace, workflow, version, digest, input::json, external_id, queue, priority, labels::json,
        pins::json, parent_id, parent_path, parent_attempt, parent_attached, origin::json,
        case when labels <> '{}' then array(select key || '=' || value from json_each_text(labels::json)) end,
        case when available_at > kagzi.clock() then available_at end, retry::json, concurrency::json
    from new order by place
    on conflict do nothing
    returning id
), needy as (
    select n.*, needs::json as need from new n join started s on s.id = n.id
), placed as (
    select n.*, coalesce((need->>'sheltered')::boolean, false) as sheltered, coalesce(need->>'workflow', '') as gate,
        -- A run that needs a slot is for a claim to begin.
        $1::uuid is not null and need->>'workflow' is null and (need->>'sheltered' is not null or not exists (
            select from kagzi.limits l where l.namespace = n.namespace and l.queue = n.queue
        )) as taken
    from needy n
), queued as (
    insert into kagzi.queue (
        run_id, root_id, parent_id, owner, fence, available_at, timed, started_at, seen_seq, priority, status, queue,
        namespace, digest, holds, sheltered, gated, workflow, workflow_limit, key, key_limit
    )
    select id, root_id, case when parent_attached then parent_id end, case when taken then $1::uuid end,
        case when taken then 1 else 0 end,
        case when not taken then coalesce(available_at, kagzi.clock()) end,
        not taken and coalesce(available_at > kagzi.clock(), false),
        case when taken then kagzi.clock() end,
        case when taken then -1 end,
        priority, case when taken then 'running' else 'pending' end, queue, namespace, digest,
        taken and not sheltered, sheltered, gate <> '', gate, coalesce((need->>'workflow_limit')::integer, 0),
        coalesce(need->>'key', ''), coalesce((need->>'key_limit')::integer, 0)
    from placed
    returning run_id, queue, owner is null and not timed as ready, owner is not null as taken
)
select run_id, ready, taken,
    case when ready and octet_length($23::text || queue) < 7900 then pg_notify('kagzi', $23 || E'\nready ' || queue) end
from queued;

-- name: begin_in_the_middle
-- Lets runs that brought a journal along look as if they had been claimed before: one of fence 0 has no journal to read.
update kagzi.queue set fence = 1 where run_id = any($1::uuid[]);

-- name: free_external_ids
-- Takes external ids from runs that failed or were cancelled, for others to have: `~` and its own id go behind it.
update kagzi.runs r set external_id = r.external_id || '~' || r.id
from unnest($1::text[], $2::text[], $3::text[]) as n(namespace, workflow, external_id)
where r.external_id = n.external_id and r.namespace = n.namespace and r.workflow = n.workflow
    and r.external_id = any($3::text[]) and r.status in ('failed', 'cancelled');

-- name: already_there
-- The runs that stand where these were to be started: of the same id, or of the same external id.
select n.place, coalesce(same.id, named.id) as id
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) with ordinality
    as n(id, namespace, workflow, external_id, place)
left join kagzi.runs same on same.id = n.id
left join kagzi.runs named
    on named.external_id = n.external_id and named.namespace = n.namespace and named.workflow = n.workflow;

-- name: started_before
-- Which of these runs an earlier try has started; if for $1, those it still holds by that claim, or that nobody has
-- claimed yet.
select r.id, q.owner is not null as taken from kagzi.runs r left join kagzi.queue q on q.run_id = r.id
where r.id = any($2::uuid[])
    and ($1::uuid is null or q.owner = $1 and q.fence = 1 or q.owner is null and q.fence = 0);

-- name: reopen
-- Makes a run that failed or was cancelled pending again; its fence goes on from the last one. It needs slots of its
-- own, since nobody waits for it any more.
with reopened as (
    update kagzi.runs
    set status = null, finished_at = null, output = null, failure = null, compensation = ''
    where id = $1 and status in ('failed', 'cancelled')
    returning *
)
insert into kagzi.queue (
    run_id, root_id, parent_id, fence, available_at, started_at, priority, status, queue, namespace, digest, gated,
    workflow, workflow_limit, key, key_limit
)
select id, root_id, case when parent_attached then parent_id end, fence, kagzi.clock(), started_at, priority, 'pending',
    queue, namespace, digest, gate <> '', gate, coalesce((concurrency->>'limit')::integer, 0),
    coalesce(concurrency->>'key', ''), coalesce((concurrency->>'key_limit')::integer, 0)
from (
    select *, case when concurrency->>'limit' is null and concurrency->>'key' is null then '' else workflow end as gate
    from reopened
) r
returning queue;

-- name: reopened_before
-- The queue of a run that waits for its first claim since it was opened again.
select q.queue from kagzi.queue q join kagzi.runs r on r.id = q.run_id
where q.run_id = $1 and q.status = 'pending' and q.owner is null and r.status is null;
