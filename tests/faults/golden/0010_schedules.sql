CREATE SCHEMA kagzi;
COMMENT ON SCHEMA kagzi IS 'Runs of kagzi-dsl workflows.';
CREATE TYPE kagzi.entry AS (
	run_id uuid,
	seq integer,
	type text,
	at bigint,
	path text,
	node text,
	status text,
	attempt integer,
	started_at bigint,
	output json,
	failure json,
	due bigint,
	note text,
	previous bytea,
	digest bytea
);
COMMENT ON TYPE kagzi.entry IS 'A row of kagzi.journal as a worker hands it in.';
CREATE FUNCTION kagzi.clock() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select floor(extract(epoch from statement_timestamp()) * 1000)::bigint $$;
COMMENT ON FUNCTION kagzi.clock() IS 'The time in ms at which the current statement began.';
CREATE TABLE kagzi.begins (
    namespace text NOT NULL,
    queue text NOT NULL,
    slice bigint NOT NULL,
    runs integer NOT NULL
);
COMMENT ON TABLE kagzi.begins IS 'How many runs began in queues that have a rate, by slices of time (ms); those out of the window go.';
CREATE SEQUENCE kagzi.definition_saves
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE kagzi.definitions (
    digest text NOT NULL,
    workflow text NOT NULL,
    version text,
    canonical json NOT NULL,
    save_number bigint DEFAULT nextval('kagzi.definition_saves'::regclass) NOT NULL,
    saved_at bigint DEFAULT kagzi.clock() NOT NULL
);
COMMENT ON TABLE kagzi.definitions IS 'Workflows in canonical form under the SHA-256 of that text.';
CREATE TABLE kagzi.inbox (
    run_id uuid NOT NULL,
    id bigint NOT NULL,
    at bigint DEFAULT kagzi.clock() NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    payload json NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0');
COMMENT ON TABLE kagzi.inbox IS 'Messages a run has not taken in yet.';
ALTER TABLE kagzi.inbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kagzi.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE kagzi.journal (
    run_id uuid NOT NULL,
    at bigint NOT NULL,
    started_at bigint,
    due bigint,
    seq integer NOT NULL,
    attempt integer NOT NULL,
    type text NOT NULL,
    path text NOT NULL,
    node text NOT NULL,
    status text NOT NULL,
    note text NOT NULL,
    output json,
    failure json,
    previous bytea,
    digest bytea
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');
COMMENT ON TABLE kagzi.journal IS 'What happened in each run, in order. Append-only.';
COMMENT ON COLUMN kagzi.journal.previous IS 'The digest of the entry before; of the first one, the SHA-256 of the run''s id. Null in entries of versions without a chain.';
COMMENT ON COLUMN kagzi.journal.digest IS 'The SHA-256 of `previous` and the entry as a JSON array.';
CREATE TABLE kagzi.limits (
    namespace text NOT NULL,
    queue text NOT NULL,
    concurrency integer,
    rate integer,
    rate_ms bigint
);
COMMENT ON TABLE kagzi.limits IS 'Queues that have limits: how many runs hold a slot at most, how many begin within rate_ms.';
CREATE TABLE kagzi.migrations (
    number integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE kagzi.queue (
    run_id uuid NOT NULL,
    root_id uuid NOT NULL,
    parent_id uuid,
    owner uuid,
    last_key uuid,
    fence bigint DEFAULT 0 NOT NULL,
    available_at bigint,
    started_at bigint,
    messages_sent bigint DEFAULT 0 NOT NULL,
    priority integer NOT NULL,
    stalls integer DEFAULT 0 NOT NULL,
    seen_seq integer,
    timed boolean DEFAULT false NOT NULL,
    status text NOT NULL,
    queue text NOT NULL,
    namespace text NOT NULL,
    digest text NOT NULL,
    holds boolean DEFAULT false NOT NULL,
    sheltered boolean DEFAULT false NOT NULL,
    gated boolean DEFAULT false NOT NULL,
    workflow_limit integer DEFAULT 0 NOT NULL,
    key_limit integer DEFAULT 0 NOT NULL,
    workflow text DEFAULT ''::text NOT NULL,
    key text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='60', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='500');
COMMENT ON TABLE kagzi.queue IS 'Runs that are not over: who owns them, or when they are due.';
COMMENT ON COLUMN kagzi.queue.parent_id IS 'The run to tell of the end; null unless the child is attached.';
COMMENT ON COLUMN kagzi.queue.last_key IS 'The operation that wrote last, so that it is not repeated when its answer got lost.';
COMMENT ON COLUMN kagzi.queue.seen_seq IS 'The last entry of the journal at the last claim; null before any.';
COMMENT ON COLUMN kagzi.queue.timed IS 'The run was not due yet when it was put down: it is looked up by time, not by priority.';
COMMENT ON COLUMN kagzi.queue.holds IS 'It has begun, and holds a slot of its queue.';
COMMENT ON COLUMN kagzi.queue.sheltered IS 'Whoever waits for it holds a slot of this queue already, so it needs none.';
COMMENT ON COLUMN kagzi.queue.gated IS 'The limits of its workflow decide when it begins; false from then on.';
COMMENT ON COLUMN kagzi.queue.workflow IS 'The name its limits go by; empty for a run under none of its workflow.';
CREATE TABLE kagzi.runs (
    id uuid NOT NULL,
    root_id uuid NOT NULL,
    parent_id uuid,
    created_at bigint DEFAULT kagzi.clock() NOT NULL,
    started_at bigint,
    finished_at bigint,
    fence bigint DEFAULT 0 NOT NULL,
    priority integer NOT NULL,
    parent_attempt integer,
    parent_attached boolean,
    namespace text NOT NULL,
    workflow text NOT NULL,
    version text,
    digest text NOT NULL,
    queue text NOT NULL,
    external_id text,
    parent_path text,
    status text,
    compensation text DEFAULT ''::text NOT NULL,
    labels json NOT NULL,
    pins json NOT NULL,
    origin json NOT NULL,
    input json NOT NULL,
    output json,
    failure json,
    label_pairs text[],
    start_at bigint,
    retry json,
    concurrency json DEFAULT '{}'::json NOT NULL
);
COMMENT ON TABLE kagzi.runs IS 'Every run there ever was. Status and result are null until it is over.';
COMMENT ON COLUMN kagzi.runs.label_pairs IS 'The labels as KEY=VALUE, to search by; null without any.';
COMMENT ON COLUMN kagzi.runs.start_at IS 'The moment the run was not to begin before; null when it was to begin at once.';
COMMENT ON COLUMN kagzi.runs.retry IS 'How the run as a whole is tried again, before what its workflow says; null when that says it all.';
COMMENT ON COLUMN kagzi.runs.concurrency IS 'The limits its workflow sets, as they are for this run, and the slots of those who wait for it.';
CREATE VIEW kagzi.overview AS
 SELECT r.id,
    r.root_id,
    r.namespace,
    r.workflow,
    r.version,
    r.digest,
    r.input,
    r.external_id,
    r.queue,
    r.priority,
    r.labels,
    r.pins,
    r.parent_id,
    r.parent_path,
    r.parent_attempt,
    r.parent_attached,
    r.origin,
    COALESCE(q.status, r.status) AS status,
    r.created_at,
    COALESCE(q.started_at, r.started_at) AS started_at,
    r.finished_at,
        CASE
            WHEN (q.owner IS NULL) THEN q.available_at
            ELSE NULL::bigint
        END AS available_at,
    r.output,
    r.failure,
    r.compensation,
    q.owner,
    COALESCE(q.fence, r.fence) AS fence,
    COALESCE(q.stalls, 0) AS stalls,
    COALESCE(q.messages_sent, (0)::bigint) AS messages_sent,
    r.start_at,
    r.retry,
    r.concurrency
   FROM (kagzi.runs r
     LEFT JOIN kagzi.queue q ON ((q.run_id = r.id)));
COMMENT ON VIEW kagzi.overview IS 'Every run with its state: what is known of its start, where it stands, how it ended.';
CREATE TABLE kagzi.schedules (
    namespace text NOT NULL,
    id text NOT NULL,
    anchor bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    done bigint NOT NULL,
    due_at bigint,
    last_fire bigint,
    left_out bigint DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    interval_ms bigint,
    jitter_ms bigint NOT NULL,
    max_catchup integer NOT NULL,
    applied boolean NOT NULL,
    paused boolean NOT NULL,
    cron text,
    timezone text,
    overlap text NOT NULL,
    problem text NOT NULL,
    input json NOT NULL,
    template json NOT NULL
)
WITH (fillfactor='60', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE kagzi.schedules IS 'When runs are started by themselves, and how far that has come.';
COMMENT ON COLUMN kagzi.schedules.done IS 'Fires up to this moment have been dealt with.';
COMMENT ON COLUMN kagzi.schedules.due_at IS 'When it has to be looked at again; null for never.';
COMMENT ON COLUMN kagzi.schedules.template IS 'The run it starts, but for the ids.';
CREATE SEQUENCE kagzi.task_fences
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE kagzi.tasks (
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    root_id uuid NOT NULL,
    owner uuid,
    fence bigint DEFAULT 0 NOT NULL,
    number bigint NOT NULL,
    created_at bigint DEFAULT kagzi.clock() NOT NULL,
    started_at bigint,
    priority integer NOT NULL,
    attempt integer NOT NULL,
    claims integer DEFAULT 0 NOT NULL,
    namespace text NOT NULL,
    queue text NOT NULL,
    activity text NOT NULL,
    path text NOT NULL,
    stopping text,
    request json NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='500');
COMMENT ON TABLE kagzi.tasks IS 'Attempts that wait for a worker of another queue, or that one makes. Removed with their answers.';
COMMENT ON COLUMN kagzi.tasks.owner IS 'The worker that makes the attempt; its lease is its row in workers.';
COMMENT ON COLUMN kagzi.tasks.fence IS 'Rises, over all tasks, each time one is taken up.';
COMMENT ON COLUMN kagzi.tasks.stopping IS 'Why the attempt is to stop; null while it is not.';
ALTER TABLE kagzi.tasks ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kagzi.tasks_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE kagzi.workers (
    id uuid NOT NULL,
    registered_at bigint DEFAULT kagzi.clock() NOT NULL,
    renewed_at bigint DEFAULT kagzi.clock() NOT NULL,
    expires_at bigint NOT NULL,
    lease_ms bigint NOT NULL,
    pid integer NOT NULL,
    retired boolean DEFAULT false NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    boot_id text NOT NULL,
    started text NOT NULL,
    version text NOT NULL,
    labels json NOT NULL,
    namespace text,
    queues text[] DEFAULT '{}'::text[] NOT NULL,
    activities text[] DEFAULT '{}'::text[] NOT NULL
);
COMMENT ON TABLE kagzi.workers IS 'Processes that own runs, and how long their leases last.';
COMMENT ON COLUMN kagzi.workers.queues IS 'The queues it takes runs from; empty for a process that works for runs of its own alone.';
CREATE TABLE public.paid (
    run text,
    amount integer
);
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 1, 1795279062804);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 2, 1795279062849);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 4, 1795279062942);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 5, 1795279062977);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 6, 1795279063030);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 7, 1795279063281);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 3, 1795279063270, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a1fef8-8721-79d7-b3b7-379b286ca710', 1795279062863, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x201d9208989639aae6bd46b5c760f521002846ee8d0ba5b37401b706a263a10c', '\x6fa8e5111ace3cd73b2cf9960522e584b0e2d29838df746168d7fe95a63b20fd');
INSERT INTO kagzi.journal VALUES ('01a1fef8-8744-76d2-a777-88955568c19f', 1795279062880, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x4e609c25e8b9a7dee17fac1b4e13d52535fdfcf7037095b0cd1edee7bdc20b7a', '\x588d4f6679c3b27c605380fd6b4214e855e589c0bb2a37b021e2986368604c25');
INSERT INTO kagzi.journal VALUES ('01a1fef8-8721-79d7-b3b7-379b286ca710', 1795279062897, 1795279062863, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL, '\x4578cc72df7b5d4ab92344495fb67f52f4956c7af54e9f1a2a53901f4a51f3d4', '\x1b59ffb14ea9995248814d09551dd98f381ae123d6ef3c713b5d4dcb70fb91c7');
INSERT INTO kagzi.journal VALUES ('01a1fef8-8721-79d7-b3b7-379b286ca710', 1795279062897, 1795279062897, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL, '\x6fa8e5111ace3cd73b2cf9960522e584b0e2d29838df746168d7fe95a63b20fd', '\x4578cc72df7b5d4ab92344495fb67f52f4956c7af54e9f1a2a53901f4a51f3d4');
INSERT INTO kagzi.journal VALUES ('01a1fef8-8744-76d2-a777-88955568c19f', 1795279062903, 1795279062902, 1795279063919, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/work/wt/faults/tests/faults/golden.py\", line 53, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}', '\x588d4f6679c3b27c605380fd6b4214e855e589c0bb2a37b021e2986368604c25', '\x6fe54dd6c88c7fd7b0ee4a3323ed93478c25ad9dc97739f2032f261a5cf4b59f');
INSERT INTO kagzi.journal VALUES ('01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', 1795279062934, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x87b206c4d9525d1c1996664f210b4a47842213a4d364695505c0e6015c771ebd', '\x204acee7184a8acc306e5b5e991776bf301577c3be6ebb91687cf779ceb5a02e');
INSERT INTO kagzi.journal VALUES ('01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', 1795279062985, 1795279062985, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL, '\x204acee7184a8acc306e5b5e991776bf301577c3be6ebb91687cf779ceb5a02e', '\x3416f7c701b94232b4308fe67071562d0b7debe6f9140bdd7a43ce0403c02685');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279062989, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x3fac3c129f56004fe9a4cd5e0e5e7d4c64078a0057f2f15280e1e16b1dbaed8e', '\x207741104ed1c039a163a96e04667ec7d13dc5d9aba5add78f09775c47adb24f');
INSERT INTO kagzi.journal VALUES ('01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', 1795279062993, 1795279062993, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL, '\x3416f7c701b94232b4308fe67071562d0b7debe6f9140bdd7a43ce0403c02685', '\xb2a80a4cb3f8511a7a49079a131322fca6c829015af58fdd34eb8422549e46e4');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279063004, 1795279063004, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL, '\x207741104ed1c039a163a96e04667ec7d13dc5d9aba5add78f09775c47adb24f', '\x7c5acdfea3ffc2310464e06fb024cdcad3f5c08f4698b1b93e3e435ec67223ac');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063077, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xc138b3a91169a03ea3bb7ee893a04462b33daac1bfffc6f2eb76be587fe186a0', '\x65b2086f9e6ec61c92ff3bd43edb9adfe740c12db6a36206bab794dafd93ba31');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063089, 1795279063089, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL, '\x65b2086f9e6ec61c92ff3bd43edb9adfe740c12db6a36206bab794dafd93ba31', '\xf97561df5dba2caf42223fa7e7ad93b8d18212e77b36f30a1a96232a9c6d17ba');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279063133, 1795279062989, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL, '\xf2c2e45a5220a20f18d3fea97c1f29854c097580fdf8b26b0141a5cdb99eaa2f', '\x68a5b339d48d452fa05e30c65192bb7dcf53c1c136601bbf3117438092365b14');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279063133, 1795279063004, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL, '\xbf64b45acd4db769ba22ba66d70b04250eab9be15558aa8b8369ee26abe96f53', '\xf2c2e45a5220a20f18d3fea97c1f29854c097580fdf8b26b0141a5cdb99eaa2f');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279063133, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL, '\x7c5acdfea3ffc2310464e06fb024cdcad3f5c08f4698b1b93e3e435ec67223ac', '\xbf64b45acd4db769ba22ba66d70b04250eab9be15558aa8b8369ee26abe96f53');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063113, 1795279063093, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL, '\xf97561df5dba2caf42223fa7e7ad93b8d18212e77b36f30a1a96232a9c6d17ba', '\x1d6b1768777ccd49c509752cee99a94a72327c4c7d60e5ff86a169ba70738820');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', 1795279063141, 1795279063141, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL, '\x68a5b339d48d452fa05e30c65192bb7dcf53c1c136601bbf3117438092365b14', '\x08a88be43df238038b77d6a02c6e47ab3373935fa24b60366fe6cc2839206ab5');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063157, 1795279063113, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL, '\xe35f888f113d8f9ed536c43fa7dac25b587a15e1cf03e77aa412a446a9d1e743', '\x1da411379fe438e0930df24d02cf55171ad0a394ae6fec1825f832d16a897233');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063157, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL, '\x9ebb0fbbfd1d721de0455bdcdab388f3ca80c716112bfb554601840d69403d4e', '\xe35f888f113d8f9ed536c43fa7dac25b587a15e1cf03e77aa412a446a9d1e743');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063157, 1795279063157, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL, '\x1d6b1768777ccd49c509752cee99a94a72327c4c7d60e5ff86a169ba70738820', '\x9ebb0fbbfd1d721de0455bdcdab388f3ca80c716112bfb554601840d69403d4e');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7de9-9ce5-106380fc8fb1', 1795279063181, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x85b5a4e83d608a8b32622b83161fc95450059be90bc326ac0d1f144030109701', '\x6e7afac9baf179bed1c15f7753ecf5dfe20df80ea02fb65c782704dd0f887df0');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7de9-9ce5-106380fc8fb1', 1795279063192, 1795279063192, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL, '\x6e7afac9baf179bed1c15f7753ecf5dfe20df80ea02fb65c782704dd0f887df0', '\x8cc30125994751eb2723a073cb8246528977bc1a106821d326efb0009047d164');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7de9-9ce5-106380fc8fb1', 1795279063192, 1795279063181, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL, '\x8cc30125994751eb2723a073cb8246528977bc1a106821d326efb0009047d164', '\xed5370ceff051e3e51e4f946b79e8c12678942e6f951f6e8f9cd4ab80a616227');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7de9-9ce5-106380fc8fb1', 1795279063192, 1795279063181, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL, '\xed5370ceff051e3e51e4f946b79e8c12678942e6f951f6e8f9cd4ab80a616227', '\x39ca0c6b4c02c203659a11f8163b9dc362121f90ae88f8704156a55c5d9282b2');
INSERT INTO kagzi.journal VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063211, 1795279063157, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL, '\x1da411379fe438e0930df24d02cf55171ad0a394ae6fec1825f832d16a897233', '\x833a2de1f5a0ec4fbbd782bfb2ca7ba2e55db3a5d18d78331825846047854aa6');
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (4, '0004_chain', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (5, '0005_searching', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (6, '0006_tasks', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (7, '0007_starting', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (8, '0008_entry', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (9, '0009_flow_control', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.migrations VALUES (10, '0010_schedules', '2026-11-21 16:37:42.509972+00');
INSERT INTO kagzi.queue VALUES ('01a1fef8-8744-76d2-a777-88955568c19f', '01a1fef8-8744-76d2-a777-88955568c19f', NULL, NULL, NULL, 1, 1795279063919, 1795279062868, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', '01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', NULL, NULL, NULL, 1, NULL, 1795279062917, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', '01a1fef8-87a6-72da-b9ce-59db878d194e', NULL, NULL, NULL, 2, NULL, 1795279062978, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', '01a1fef8-87fc-7647-8ab9-3eb99971bfff', NULL, NULL, NULL, 2, 1795279063270, 1795279063071, 2, 0, 0, 6, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1fef8-88f2-7373-bf99-3f6178b35eae', '01a1fef8-88f2-7373-bf99-3f6178b35eae', NULL, NULL, NULL, 0, 1795279063283, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', false, false, false, 0, 0, '', '');
INSERT INTO kagzi.runs VALUES ('01a1fef8-8744-76d2-a777-88955568c19f', '01a1fef8-8744-76d2-a777-88955568c19f', NULL, 1795279062853, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', '01a1fef8-875f-7e0d-8a82-1390eb5dd7dd', NULL, 1795279062905, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-8721-79d7-b3b7-379b286ca710', '01a1fef8-8721-79d7-b3b7-379b286ca710', NULL, 1795279062842, 1795279062847, 1795279062897, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-87a6-72da-b9ce-59db878d194e', '01a1fef8-87a6-72da-b9ce-59db878d194e', NULL, 1795279062955, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', NULL, NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', '01a1fef8-87fc-7647-8ab9-3eb99971bfff', NULL, 1795279063053, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', NULL, NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-87fc-7de9-9ce5-106380fc8fb1', '01a1fef8-87fc-7647-8ab9-3eb99971bfff', '01a1fef8-87fc-7647-8ab9-3eb99971bfff', 1795279063165, 1795279063181, 1795279063192, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a1fef8-87fc-7647-8ab9-3eb99971bfff/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL, NULL, NULL, NULL, '{"held":["queue default"]}');
INSERT INTO kagzi.runs VALUES ('01a1fef8-88f2-7373-bf99-3f6178b35eae', '01a1fef8-88f2-7373-bf99-3f6178b35eae', NULL, 1795279063283, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.workers VALUES ('01a1fef8-86cf-7926-a666-63fe985828f9', 1795279062752, 1795279062752, 1795279063241, 60000, 18267, true, 'vm-18267', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795279056.13', '', '{}', NULL, '{}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a1fef8-87fc-7647-8ab9-3eb99971bfff', 7);
SELECT pg_catalog.setval('kagzi.definition_saves', 7, true);
SELECT pg_catalog.setval('kagzi.inbox_id_seq', 3, true);
SELECT pg_catalog.setval('kagzi.task_fences', 1, false);
SELECT pg_catalog.setval('kagzi.tasks_number_seq', 1, false);
ALTER TABLE ONLY kagzi.begins
    ADD CONSTRAINT begins_pkey PRIMARY KEY (namespace, queue, slice);
ALTER TABLE ONLY kagzi.definitions
    ADD CONSTRAINT definitions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY kagzi.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (run_id, id);
ALTER TABLE ONLY kagzi.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (run_id, seq);
ALTER TABLE ONLY kagzi.limits
    ADD CONSTRAINT limits_pkey PRIMARY KEY (namespace, queue);
ALTER TABLE ONLY kagzi.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (number);
ALTER TABLE ONLY kagzi.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY kagzi.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY kagzi.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (namespace, id);
ALTER TABLE ONLY kagzi.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (run_id, id);
ALTER TABLE ONLY kagzi.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
CREATE INDEX definitions_latest ON kagzi.definitions USING btree (workflow, save_number DESC);
CREATE INDEX queue_definitions ON kagzi.queue USING btree (namespace, queue, holds, digest);
CREATE INDEX queue_gated ON kagzi.queue USING btree (namespace, queue, digest, sheltered, key, workflow_limit, priority DESC, available_at, run_id) WHERE (gated AND (owner IS NULL) AND (NOT timed) AND (available_at IS NOT NULL));
CREATE INDEX queue_gated_timed ON kagzi.queue USING btree (namespace, queue, available_at) WHERE ((owner IS NULL) AND timed AND gated);
CREATE INDEX queue_holders ON kagzi.queue USING btree (namespace, workflow, key) WHERE ((workflow <> ''::text) AND (seen_seq IS NOT NULL));
CREATE INDEX queue_idle ON kagzi.queue USING btree (root_id) WHERE (owner IS NULL);
CREATE INDEX queue_owned ON kagzi.queue USING btree (owner) WHERE (owner IS NOT NULL);
CREATE INDEX queue_ready ON kagzi.queue USING btree (namespace, queue, priority DESC, available_at, run_id) WHERE ((owner IS NULL) AND (NOT timed) AND (available_at IS NOT NULL) AND (NOT gated));
CREATE INDEX queue_timed ON kagzi.queue USING btree (namespace, queue, available_at, run_id) WHERE ((owner IS NULL) AND timed AND (NOT gated));
CREATE INDEX queue_woken ON kagzi.queue USING btree (namespace, queue, priority DESC, available_at, run_id) WHERE ((owner IS NULL) AND (NOT timed) AND (available_at IS NOT NULL) AND (NOT gated) AND ((seen_seq IS NOT NULL) OR sheltered));
CREATE INDEX runs_created ON kagzi.runs USING btree (created_at);
CREATE UNIQUE INDEX runs_external ON kagzi.runs USING btree (external_id, namespace, workflow) WHERE (external_id IS NOT NULL);
CREATE INDEX runs_family ON kagzi.runs USING btree (root_id, id);
CREATE INDEX runs_labels ON kagzi.runs USING gin (label_pairs) WHERE (label_pairs IS NOT NULL);
CREATE INDEX runs_of_schedules ON kagzi.runs USING btree (namespace, split_part(external_id, ':'::text, 2), id) WHERE (external_id ~~ 'schedule:%'::text);
CREATE INDEX runs_of_schedules_live ON kagzi.runs USING btree (namespace, split_part(external_id, ':'::text, 2), id) WHERE ((external_id ~~ 'schedule:%'::text) AND (status IS NULL));
CREATE INDEX runs_unsuccessful ON kagzi.runs USING btree (id) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
CREATE INDEX runs_workflow ON kagzi.runs USING btree (workflow, id);
CREATE INDEX schedules_due ON kagzi.schedules USING btree (namespace, due_at) WHERE ((NOT paused) AND (due_at IS NOT NULL));
CREATE INDEX tasks_family ON kagzi.tasks USING btree (root_id) WHERE (owner IS NULL);
CREATE INDEX tasks_owned ON kagzi.tasks USING btree (owner) WHERE (owner IS NOT NULL);
CREATE INDEX tasks_ready ON kagzi.tasks USING btree (namespace, queue, priority DESC, number) WHERE (owner IS NULL);
