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
    request json NOT NULL,
    sheltered boolean DEFAULT false NOT NULL,
    holds boolean DEFAULT false NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='500');
COMMENT ON TABLE kagzi.tasks IS 'Attempts that wait for a worker of another queue, or that one makes. Removed with their answers.';
COMMENT ON COLUMN kagzi.tasks.owner IS 'The worker that makes the attempt; its lease is its row in workers.';
COMMENT ON COLUMN kagzi.tasks.fence IS 'Rises, over all tasks, each time one is taken up.';
COMMENT ON COLUMN kagzi.tasks.stopping IS 'Why the attempt is to stop; null while it is not.';
COMMENT ON COLUMN kagzi.tasks.sheltered IS 'Its run, or who waits for that, holds a slot of this queue already, so it needs none.';
COMMENT ON COLUMN kagzi.tasks.holds IS 'It was taken up, and holds a slot of its queue.';
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
INSERT INTO kagzi.definitions VALUES ('9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'held', NULL, '{"activity":"hold","id":"hold","queue":"gpu","workflow":"held"}', 2, 1795296481737);
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 3, 1795296481924);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 4, 1795296481940);
INSERT INTO kagzi.definitions VALUES ('447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'film', NULL, '{"id":"seq","seq":[{"activity":"hold","id":"picture","queue":"gpu"}],"workflow":"film"}', 7, 1795296482003);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 8, 1795296482008);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 9, 1795296482014);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 10, 1795296482035);
INSERT INTO kagzi.definitions VALUES ('6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'one-each', NULL, '{"id":"wait_for","input":{"properties":{"tenant":{"type":"string"}},"type":"object"},"run":{"concurrency":[{"limit":2},{"key":"${ input.tenant }","limit":1}]},"wait_for":"stop","workflow":"one-each"}', 14, 1795296482121);
INSERT INTO kagzi.definitions VALUES ('66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'paused', NULL, '{"id":"wait_for","wait_for":"stop","workflow":"paused"}', 15, 1795296482130);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 16, 1795296482213);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 4, 1795296482210, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a20002-51d8-7ed3-a152-d49b21e72b4d', 1795296481901, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x9c1b61aa75522c25e800e7a54ba89f638da866f7929e199ed2e8660babf30053', '\xbbff7231abf3e03d62ca1ef3afc0621b4ac7f85bdb2f8abbef509ee56b743935');
INSERT INTO kagzi.journal VALUES ('01a20002-5285-7876-929e-51d5c6d647db', 1795296481959, 1795296481958, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL, '\xb04d2d77e77205f6067b448ec949b94a0aea0d0a7f5946aaaef7a148a8b9ae42', '\x17c76331c455074f2d81f8a9468e5d007f426da0ff28ea95a86da521dca57a23');
INSERT INTO kagzi.journal VALUES ('01a20002-5285-7876-929e-51d5c6d647db', 1795296481959, 1795296481958, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL, '\xf925b70d34a1a9cf9a10002bd3089437fcca951cdc29f0103769877621201cb1', '\xb04d2d77e77205f6067b448ec949b94a0aea0d0a7f5946aaaef7a148a8b9ae42');
INSERT INTO kagzi.journal VALUES ('01a20002-5285-7876-929e-51d5c6d647db', 1795296481958, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xf56ec1242b2e512ef14965d4b0cce5fa6b25170e30831131d8195f0e35b94dc5', '\xf925b70d34a1a9cf9a10002bd3089437fcca951cdc29f0103769877621201cb1');
INSERT INTO kagzi.journal VALUES ('01a20002-5297-7825-b8e3-99294ce7117c', 1795296481962, 1795296481960, 1795296482871, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/work/wt/faulteye/tests/faults/golden.py\", line 71, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}', '\xb8b9bbe48eab38631d4fd54351b41e35315b7d165fe0a1f98a1abb92e085e3ce', '\xbacec208c240678fbaac8a857ae02bb37f25b0003789da4b5c243e8aad88e437');
INSERT INTO kagzi.journal VALUES ('01a20002-5297-7825-b8e3-99294ce7117c', 1795296481960, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x56c9bf9276b9999a40b0d32183dbe4aba0a483202ae33d9191e35fac580ea2dd', '\xb8b9bbe48eab38631d4fd54351b41e35315b7d165fe0a1f98a1abb92e085e3ce');
INSERT INTO kagzi.journal VALUES ('01a20002-52c3-70b9-9e4c-5c34834e78e2', 1795296482001, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x2b35c872420506f7746036000cb7b1e110eaaa518d0b432c848086f44db248d6', '\xf6efe6e5c3aaaa22c6a5949b6076674b6bbbb28b486a6cc0d29404690b3341ca');
INSERT INTO kagzi.journal VALUES ('01a20002-52c3-70b9-9e4c-5c34834e78e2', 1795296482003, 1795296482003, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL, '\xf6efe6e5c3aaaa22c6a5949b6076674b6bbbb28b486a6cc0d29404690b3341ca', '\x8e8c3d7f1fdc45af756a9e1ec35c955d0bf11cf379410ddeb3b9791e9c62de1b');
INSERT INTO kagzi.journal VALUES ('01a20002-52c3-70b9-9e4c-5c34834e78e2', 1795296482004, 1795296482004, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL, '\x8e8c3d7f1fdc45af756a9e1ec35c955d0bf11cf379410ddeb3b9791e9c62de1b', '\x33a729930715e39f350718a2d43a436a7c56c3e8782e4388a508e07845bba813');
INSERT INTO kagzi.journal VALUES ('01a20002-52d0-710b-821e-524233060495', 1795296482010, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x19575721d1d40d239c2897654d5268bff4c9b7bbc357d930e31888cad0acdca4', '\x78be7494d97ef651c87dd4e3869126599c81acdaa6a229695406d884dcd161c4');
INSERT INTO kagzi.journal VALUES ('01a20002-52d6-7241-9840-549ff44829ab', 1795296482010, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x277955b3911b243f637bd0a410ba38bc7fd4592abc6d2689566a82dfb1bc5265', '\xcfbc61aa657a4ab1649688dfa5a824e115890e2cee9db90ca93e04e2031e609e');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482026, 1795296482026, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL, '\x8d92a7b4b20bc0a8fe83e4730af38de583ea58b60c457912f04cbe0d808401b6', '\xa8f2bad98919bc3e9db8e2fadc59058a86d3ed39bdf5081af45f25dfc744ebdc');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482026, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x92907acf3f41ab597cc57a8438a5f911ed513acec65399c8156d00d0dfbc2803', '\x8d92a7b4b20bc0a8fe83e4730af38de583ea58b60c457912f04cbe0d808401b6');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482108, 1795296482108, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL, '\x5fea705c7e167fb459c31056cea7273b9b1a07f1aa74ce429274da378dbd701d', '\x0769b84e098115a9b3c80dd9c61f44b4c741163dadf321d5940a587b65510c10');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482108, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x8bcfd054408736bb04a652a16adc5fd6924729d1ebc0737ddf236b5d115c36a3', '\x5fea705c7e167fb459c31056cea7273b9b1a07f1aa74ce429274da378dbd701d');
INSERT INTO kagzi.journal VALUES ('01a20002-52f9-7ba5-b241-edad0f75cbdc', 1795296482119, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xa6dcb93e0822798fe318e00582cb49fb4ae1cd5e9bcb0b47c372b67470d88fd8', '\x22716917d13c4a4f602dffe21044fca31b21f7345613be29c61cf519c2823413');
INSERT INTO kagzi.journal VALUES ('01a20002-5344-7681-963b-abc0a623955d', 1795296482128, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xafc88eb911ae4aafe02ccd66e47aeaf5cd83b922c645f60b8723103c9ec5780b', '\x7a0246c8d4d7d40d9628132b40d58c2606df36f339668fb7ccdbcbb614371b72');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482114, 1795296482110, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL, '\x0769b84e098115a9b3c80dd9c61f44b4c741163dadf321d5940a587b65510c10', '\xafe81af6cf6ed215a2df50bc552ed287985efae36384265d40fc5e348c2337a9');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482141, 1795296482114, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL, '\xb162619d57a7a1ad41c07fe32eba8283f99f3906a59e6763ddf4fbc126bd8ac4', '\xb1881436e262f6daeec5937450a11b4d4f7c7273704ef2f0e70159edf4bcdf8b');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482141, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL, '\x007686a2eadc7e6466bc9a94002487a53bb0c94e7121a14ce47768eb1cc03bf2', '\xb162619d57a7a1ad41c07fe32eba8283f99f3906a59e6763ddf4fbc126bd8ac4');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482140, 1795296482140, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL, '\xafe81af6cf6ed215a2df50bc552ed287985efae36384265d40fc5e348c2337a9', '\x007686a2eadc7e6466bc9a94002487a53bb0c94e7121a14ce47768eb1cc03bf2');
INSERT INTO kagzi.journal VALUES ('01a20002-5353-764f-9d88-ac19b5e34fac', 1795296482155, NULL, NULL, 2, 0, 'run_paused', '', '', '', 'paused on request', NULL, NULL, '\x10baa3effdb481b0a8ed6adda1bc64b7258574e5924e6637106e6d8899e17a76', '\x6638fa8aad49ded46c7e9d67bb5bb8a961cd39b8a61cc5ef7c87c970f6a3c17f');
INSERT INTO kagzi.journal VALUES ('01a20002-5353-764f-9d88-ac19b5e34fac', 1795296482155, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x5cb602c3f05ad06d5f762711b061ebc093f10bd7d59e6c797c34d6464b4647c0', '\x10baa3effdb481b0a8ed6adda1bc64b7258574e5924e6637106e6d8899e17a76');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-70dc-a1ef-f4214dc081e3', 1795296482162, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x9103bf20be2ef52086d4158efc793ac5b94352f518ffba28ba3350e9f04788cc', '\xb553918a70d09ffc40a836c47c73174011a03be1eb02b500de1cc94c50ca6b67');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-70dc-a1ef-f4214dc081e3', 1795296482162, 1795296482162, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL, '\xb553918a70d09ffc40a836c47c73174011a03be1eb02b500de1cc94c50ca6b67', '\x6526be2455ce8af1aeed991362ecf6facbbbe4c9ace47d038da9ca608780a85b');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-70dc-a1ef-f4214dc081e3', 1795296482162, 1795296482162, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL, '\x6526be2455ce8af1aeed991362ecf6facbbbe4c9ace47d038da9ca608780a85b', '\xbf7d369913c5a39fa1ee092a660bd26c0e321adfc01403516a7efb8e20497b7f');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-70dc-a1ef-f4214dc081e3', 1795296482162, 1795296482162, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL, '\xbf7d369913c5a39fa1ee092a660bd26c0e321adfc01403516a7efb8e20497b7f', '\xe6c0f96e8fb670f356f4abcc15e14c60ed44116bbbe5b1d62121bf7be6561a6e');
INSERT INTO kagzi.journal VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482170, 1795296482141, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL, '\xb1881436e262f6daeec5937450a11b4d4f7c7273704ef2f0e70159edf4bcdf8b', '\x20ba5c4dd1c33c7b4b9d5a438b055a5f0eea6f7ff6e436003c6704b3fd276d79');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482176, 1795296482026, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL, '\x48d399f106d535e1767b3ad1c0a75a07007140e3114f14bffc9229c6e0f82a51', '\x0f36d522a91fe1b9743024683dc978207242a632aff487c6df9577cfe19ef771');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482176, 1795296482026, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL, '\xece5f8c52b7ed1c6dc0bb2c7559d917f4855ea1699d9a175b6c42256da32fa8b', '\x48d399f106d535e1767b3ad1c0a75a07007140e3114f14bffc9229c6e0f82a51');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482176, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL, '\xa8f2bad98919bc3e9db8e2fadc59058a86d3ed39bdf5081af45f25dfc744ebdc', '\xece5f8c52b7ed1c6dc0bb2c7559d917f4855ea1699d9a175b6c42256da32fa8b');
INSERT INTO kagzi.journal VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', 1795296482177, 1795296482177, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL, '\x0f36d522a91fe1b9743024683dc978207242a632aff487c6df9577cfe19ef771', '\x4ae8f1d08ce6275dc7e0e16067b92c40518916c69ea9b80f6116fa55d2307fbc');
INSERT INTO kagzi.limits VALUES ('default', 'gpu', 2, NULL, NULL);
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (4, '0004_chain', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (5, '0005_searching', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (6, '0006_tasks', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (7, '0007_starting', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (8, '0008_entry', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (9, '0009_flow_control', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (10, '0010_schedules', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.migrations VALUES (11, '0011_task_slots', '2026-11-21 21:28:01.423898+00');
INSERT INTO kagzi.queue VALUES ('01a20002-51d8-7ed3-a152-d49b21e72b4d', '01a20002-51d8-7ed3-a152-d49b21e72b4d', NULL, '01a20002-51a5-7a53-a6b0-188a63d1c46f', '060c8add-6333-404f-97ad-ee6fd67d98b6', 1, NULL, 1795296481898, 0, 0, 0, -1, false, 'running', 'gpu', 'default', '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-5297-7825-b8e3-99294ce7117c', '01a20002-5297-7825-b8e3-99294ce7117c', NULL, NULL, NULL, 1, 1795296482871, 1795296481957, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-52c3-70b9-9e4c-5c34834e78e2', '01a20002-52c3-70b9-9e4c-5c34834e78e2', NULL, NULL, NULL, 1, NULL, 1795296482000, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-52d0-710b-821e-524233060495', '01a20002-52d0-710b-821e-524233060495', NULL, NULL, NULL, 1, NULL, 1795296482009, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-52d6-7241-9840-549ff44829ab', '01a20002-52d6-7241-9840-549ff44829ab', NULL, NULL, NULL, 1, NULL, 1795296482009, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-533f-730e-9c67-9c0257627ede', '01a20002-533f-730e-9c67-9c0257627ede', NULL, NULL, NULL, 0, 1795296482112, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20002-534c-76d3-b3dd-0b00f782c600', '01a20002-534c-76d3-b3dd-0b00f782c600', NULL, NULL, NULL, 0, 1795296482124, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'third');
INSERT INTO kagzi.queue VALUES ('01a20002-52f9-7ba5-b241-edad0f75cbdc', '01a20002-52f9-7ba5-b241-edad0f75cbdc', NULL, NULL, NULL, 1, NULL, 1795296482117, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20002-5344-7681-963b-abc0a623955d', '01a20002-5344-7681-963b-abc0a623955d', NULL, NULL, NULL, 1, NULL, 1795296482128, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'other');
INSERT INTO kagzi.queue VALUES ('01a20002-5353-764f-9d88-ac19b5e34fac', '01a20002-5353-764f-9d88-ac19b5e34fac', NULL, NULL, NULL, 1, NULL, 1795296482153, 1, 0, 0, -1, false, 'paused', 'default', 'default', '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', '01a20002-52d9-7c1c-aa60-aa83d5672761', NULL, NULL, NULL, 2, NULL, 1795296482022, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', '01a20002-52f4-7731-b80f-8cfad5f0e95f', NULL, NULL, NULL, 1, 1795296482210, 1795296482042, 2, 0, 0, -1, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20002-53a5-7ff8-9532-9bbaac68a29f', '01a20002-53a5-7ff8-9532-9bbaac68a29f', NULL, NULL, NULL, 0, 1795296482214, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', false, false, false, 0, 0, '', '');
INSERT INTO kagzi.runs VALUES ('01a20002-51d8-7ed3-a152-d49b21e72b4d', '01a20002-51d8-7ed3-a152-d49b21e72b4d', NULL, 1795296481846, NULL, NULL, 0, 0, NULL, NULL, 'default', 'held', NULL, '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'gpu', NULL, NULL, NULL, '', '{}', '{"held":"9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-5297-7825-b8e3-99294ce7117c', '01a20002-5297-7825-b8e3-99294ce7117c', NULL, 1795296481943, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-5285-7876-929e-51d5c6d647db', '01a20002-5285-7876-929e-51d5c6d647db', NULL, 1795296481928, 1795296481957, 1795296481959, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52c3-70b9-9e4c-5c34834e78e2', '01a20002-52c3-70b9-9e4c-5c34834e78e2', NULL, 1795296481992, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52d0-710b-821e-524233060495', '01a20002-52d0-710b-821e-524233060495', NULL, 1795296482000, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52d6-7241-9840-549ff44829ab', '01a20002-52d6-7241-9840-549ff44829ab', NULL, 1795296482006, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52d9-7c1c-aa60-aa83d5672761', '01a20002-52d9-7c1c-aa60-aa83d5672761', NULL, 1795296482009, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', 'the loop', NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', '01a20002-52f4-7731-b80f-8cfad5f0e95f', NULL, 1795296482036, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', 'the voyage', NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52f9-7ba5-b241-edad0f75cbdc', '01a20002-52f9-7ba5-b241-edad0f75cbdc', NULL, 1795296482102, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20002-533f-730e-9c67-9c0257627ede', '01a20002-533f-730e-9c67-9c0257627ede', NULL, 1795296482112, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20002-5344-7681-963b-abc0a623955d', '01a20002-5344-7681-963b-abc0a623955d', NULL, 1795296482118, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"other"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"other","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20002-534c-76d3-b3dd-0b00f782c600', '01a20002-534c-76d3-b3dd-0b00f782c600', NULL, 1795296482124, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"third"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"third","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20002-5353-764f-9d88-ac19b5e34fac', '01a20002-5353-764f-9d88-ac19b5e34fac', NULL, 1795296482131, NULL, NULL, 0, 0, NULL, NULL, 'default', 'paused', NULL, '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'default', 'the pause', NULL, NULL, '', '{}', '{"paused":"66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20002-52f4-70dc-a1ef-f4214dc081e3', '01a20002-52f4-7731-b80f-8cfad5f0e95f', '01a20002-52f4-7731-b80f-8cfad5f0e95f', 1795296482147, 1795296482162, 1795296482162, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a20002-52f4-7731-b80f-8cfad5f0e95f/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL, NULL, NULL, NULL, '{"held":["queue default"]}');
INSERT INTO kagzi.runs VALUES ('01a20002-53a5-7ff8-9532-9bbaac68a29f', '01a20002-53a5-7ff8-9532-9bbaac68a29f', NULL, 1795296482214, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.schedules VALUES ('default', 'yearly', 1795296481667, 1795296481667, 1795296481667, 1795296481667, 1798761600000, NULL, 0, 1, NULL, 0, 100, false, false, '0 0 1 1 *', NULL, 'allow', '', '{}', '{"namespace":"default","workflow":"ended","version":null,"digest":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21","input":"{}","queue":"default","priority":0,"labels":{},"pins":{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"},"origin":{},"concurrency":"{}"}');
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20002-52d6-7241-9840-549ff44829ab', '01a20002-52d6-73d1-8644-14b5425f0cb9', '01a20002-52d6-7241-9840-549ff44829ab', NULL, 0, 2, 1795296482015, NULL, 0, 1, 0, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20002-52d6-7241-9840-549ff44829ab:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a2000252d672419840549ff44829ab-9dcc505f0a72ac5f-01","correlation_id":"01a20002-52d6-7241-9840-549ff44829ab"}', false, false);
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20002-52d0-710b-821e-524233060495', '01a20002-52d0-7fcf-be88-3b9f680a4b25', '01a20002-52d0-710b-821e-524233060495', '01a20002-51a5-7a53-a6b0-188a63d1c46f', 1, 1, 1795296482015, 1795296482033, 0, 1, 1, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20002-52d0-710b-821e-524233060495:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a2000252d0710b821e524233060495-de7eeb61e30384b9-01","correlation_id":"01a20002-52d0-710b-821e-524233060495"}', false, true);
INSERT INTO kagzi.workers VALUES ('01a20002-51a5-7a53-a6b0-188a63d1c46f', 1795296481712, 1795296481712, 1795296541712, 60000, 14310, false, 'vm-14310', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296479.72', '', '{}', 'default', '{gpu}', '{hold,http.request,log,now,uuid}');
INSERT INTO kagzi.workers VALUES ('01a20002-5361-7a9b-8c92-94f52ea05721', 1795296482152, 1795296482152, 1795296482160, 30000, 14310, true, 'vm-14310', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296479.72', '0.1.0', '{}', NULL, '{}', '{}');
INSERT INTO kagzi.workers VALUES ('01a20002-5273-7bae-9674-419ba0ea80f7', 1795296481912, 1795296481912, 1795296482207, 60000, 14310, true, 'vm-14310', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296479.72', '', '{}', 'default', '{default}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a20002-52f4-7731-b80f-8cfad5f0e95f', 7);
SELECT pg_catalog.setval('kagzi.definition_saves', 16, true);
SELECT pg_catalog.setval('kagzi.inbox_id_seq', 4, true);
SELECT pg_catalog.setval('kagzi.task_fences', 1, true);
SELECT pg_catalog.setval('kagzi.tasks_number_seq', 2, true);
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
CREATE INDEX tasks_holding ON kagzi.tasks USING btree (namespace, queue) WHERE holds;
CREATE INDEX tasks_owned ON kagzi.tasks USING btree (owner) WHERE (owner IS NOT NULL);
CREATE INDEX tasks_ready ON kagzi.tasks USING btree (namespace, queue, priority DESC, number) WHERE (owner IS NULL);
