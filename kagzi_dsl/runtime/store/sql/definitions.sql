-- Workflows as data.

-- name: save_definitions
-- Keeps definitions in the order given; of one that is there already only the moment of saving changes.
insert into kagzi.definitions (digest, workflow, version, canonical)
select digest, workflow, version, canonical
from unnest($1::text[], $2::text[], $3::text[], $4::json[]) with ordinality as d(digest, workflow, version, canonical, place)
order by place
on conflict (digest) do update set save_number = excluded.save_number, saved_at = excluded.saved_at;

-- name: definitions
-- The definitions under some digests.
select digest, workflow, version, canonical from kagzi.definitions where digest = any($1::text[]);

-- name: latest_definition
-- The definition of a name that was saved last.
select digest, workflow, version, canonical from kagzi.definitions where workflow = $1 order by save_number desc limit 1;
