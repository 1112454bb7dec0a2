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
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 1, 1795280742350);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 2, 1795280742376);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 4, 1795280742448);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 5, 1795280742460);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 6, 1795280742471);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 7, 1795280742594);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 3, 1795280742581, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a1ff12-27d6-7a00-b8a0-d9ce2c93ac29', 1795280742402, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x6d751b2590ebdbb474bf7c4370351ace8791f35aa8308e72af0d1b7b98c433b4', '\x5ed2a501e009017c817b51efa72b322817f31b6a7830c73ee80e5cb6bc57d24a');
INSERT INTO kagzi.journal VALUES ('01a1ff12-27f0-71d9-a09e-4e589ab2e94f', 1795280742416, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x4150dfb06074b9a3cac5952fa08f84ca3ccb74650d1a974650b83bb7b3c9f6cf', '\x6f5af771c9040f2192a8f266be646e8777d3dee4b396c81348500d13dbc1911e');
INSERT INTO kagzi.journal VALUES ('01a1ff12-27d6-7a00-b8a0-d9ce2c93ac29', 1795280742424, 1795280742402, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL, '\x65ae52c7beb732761b949ac23eac876aaf38429f03fea78f1e046769c9ea117a', '\xd6471022ae17bf36819642c551441d7056f88c356fb877c9f86ed1f0d95d2bdd');
INSERT INTO kagzi.journal VALUES ('01a1ff12-27d6-7a00-b8a0-d9ce2c93ac29', 1795280742424, 1795280742423, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL, '\x5ed2a501e009017c817b51efa72b322817f31b6a7830c73ee80e5cb6bc57d24a', '\x65ae52c7beb732761b949ac23eac876aaf38429f03fea78f1e046769c9ea117a');
INSERT INTO kagzi.journal VALUES ('01a1ff12-27f0-71d9-a09e-4e589ab2e94f', 1795280742432, 1795280742430, 1795280743467, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/srv/kagzi-dsl/tests/faults/golden.py\", line 53, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}', '\x6f5af771c9040f2192a8f266be646e8777d3dee4b396c81348500d13dbc1911e', '\x140b310c6b43e693df98b8ffe05ff8698d4700c46332260b95dd127da338a750');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2807-7ac7-a43b-6fd7115be34c', 1795280742454, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x45b591e59396915c9c43232b8fb437388bd827e51ae1f6a81fafd2bf71afa75a', '\xe1b4c1f5fc22a6379cee9b4e2c8be43d3f03d992f652648cba8c87cc429e83b9');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742466, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xbef1764eff2ee51f8a2cc6c0b46843c9461fdf362939e04755f4739f04a9fc34', '\x378c204179e0053e28958c9aafe898c4c911be2413c536da0b8fd6faa017dafd');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2807-7ac7-a43b-6fd7115be34c', 1795280742467, 1795280742466, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL, '\xe1b4c1f5fc22a6379cee9b4e2c8be43d3f03d992f652648cba8c87cc429e83b9', '\x038e6d144a656dafe6f704fc622bb57bc3601915030fca44a754688da40011ce');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742468, 1795280742468, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL, '\x378c204179e0053e28958c9aafe898c4c911be2413c536da0b8fd6faa017dafd', '\xdbf7896f3c07c2ada2231cd47a47a86bca188dbf17475cc94da798398a8944c1');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2807-7ac7-a43b-6fd7115be34c', 1795280742469, 1795280742469, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL, '\x038e6d144a656dafe6f704fc622bb57bc3601915030fca44a754688da40011ce', '\x9ae7f57e477e0c7f138da44d7f140c3a9f87764713760a5114e7d71b7ac7a2dc');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742476, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xaf3168be28b72a7a7629e8e4dddc4e59d6c1d97610fb07963cfedd2cc11fc57d', '\x593e697a5fc1243a80e36e6f1dea33154001793c455cd4c6aadab62b6e420d67');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742481, 1795280742480, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL, '\x593e697a5fc1243a80e36e6f1dea33154001793c455cd4c6aadab62b6e420d67', '\xf5d36b6c5b72ed550fca921f7efedc35cde4f7c612cbcd111ec9d72231982f1b');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742491, 1795280742484, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL, '\xf5d36b6c5b72ed550fca921f7efedc35cde4f7c612cbcd111ec9d72231982f1b', '\xe3d29524a970e51127eb152436624dc77cae2476e0213b7d27df953c3f125f2c');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742502, 1795280742501, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL, '\xe3d29524a970e51127eb152436624dc77cae2476e0213b7d27df953c3f125f2c', '\xc6f450ed4d4d4657b823aa19ea4d3e7d87b836452b21a5113266bcf2c8ce6d77');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742504, 1795280742466, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL, '\x002cf82d0ab5b9371bb704e2fc63b1b88f1723e085187ce54372c9b7ef4792dd', '\x42572cee25aa1f4f2f8fd34da22f2e208cf0ea63c6f4726f6910c23696468465');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742504, 1795280742468, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL, '\x2c16001f4e7129a7f3cec58cdde5819b165bbc0afe5fddacca574d77397f9453', '\x002cf82d0ab5b9371bb704e2fc63b1b88f1723e085187ce54372c9b7ef4792dd');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742504, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL, '\xdbf7896f3c07c2ada2231cd47a47a86bca188dbf17475cc94da798398a8944c1', '\x2c16001f4e7129a7f3cec58cdde5819b165bbc0afe5fddacca574d77397f9453');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', 1795280742505, 1795280742505, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL, '\x42572cee25aa1f4f2f8fd34da22f2e208cf0ea63c6f4726f6910c23696468465', '\x87d58494b34eba8098748d8bb5a8e1673f257263bb397a1b6f72e75794ff2b3d');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742511, 1795280742491, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL, '\xe8695b3eeeed9d13d29516d7c83699b41f7f75c58d99af506c9b6ebaa9316698', '\x4bf8f6a550858e93027df43d6cdfa5d534557e879056fe5dd9acbc294e95c770');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742511, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL, '\xc6f450ed4d4d4657b823aa19ea4d3e7d87b836452b21a5113266bcf2c8ce6d77', '\xe8695b3eeeed9d13d29516d7c83699b41f7f75c58d99af506c9b6ebaa9316698');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-7628-9585-2d209a540227', 1795280742524, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xbae8ccdb1ccd1911ad2a4ae49309cd5d8a8d11cedaab534272531d8bc6c25a42', '\xdd79cf13c051f3a06e91e323e269e0b2066632484e600b0af72b0d6211ff394f');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-7628-9585-2d209a540227', 1795280742529, 1795280742528, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL, '\xdd79cf13c051f3a06e91e323e269e0b2066632484e600b0af72b0d6211ff394f', '\xff04b43891493d72c3ea1f642d53fa7887f8a30801c885aee4a2d5b0a31f1f74');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-7628-9585-2d209a540227', 1795280742529, 1795280742524, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL, '\xff04b43891493d72c3ea1f642d53fa7887f8a30801c885aee4a2d5b0a31f1f74', '\x69b809239391bda3e6a84ba491d9af9cae34fa7a2f4e85bfe31badbbe27b1db1');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-7628-9585-2d209a540227', 1795280742529, 1795280742524, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL, '\x69b809239391bda3e6a84ba491d9af9cae34fa7a2f4e85bfe31badbbe27b1db1', '\xd0f614de7434f820c49e7afa07f27d0ca4dd7a6a8f9af18d3041a37d6a245357');
INSERT INTO kagzi.journal VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742537, 1795280742511, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL, '\x4bf8f6a550858e93027df43d6cdfa5d534557e879056fe5dd9acbc294e95c770', '\xcfcdad829a94daf896f6f7055ab7cb338bc145649c1f03b0b635dd3ea3619e27');
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (4, '0004_chain', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (5, '0005_searching', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (6, '0006_tasks', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (7, '0007_starting', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (8, '0008_entry', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (9, '0009_flow_control', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.migrations VALUES (10, '0010_schedules', '2026-11-21 17:05:42.236663+00');
INSERT INTO kagzi.queue VALUES ('01a1ff12-27f0-71d9-a09e-4e589ab2e94f', '01a1ff12-27f0-71d9-a09e-4e589ab2e94f', NULL, NULL, NULL, 1, 1795280743467, 1795280742405, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1ff12-2807-7ac7-a43b-6fd7115be34c', '01a1ff12-2807-7ac7-a43b-6fd7115be34c', NULL, NULL, NULL, 1, NULL, 1795280742435, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', '01a1ff12-2836-7588-88ea-6ce8ac61da18', NULL, NULL, NULL, 2, NULL, 1795280742458, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', '01a1ff12-2848-75c6-b612-633ec5606ced', NULL, NULL, NULL, 1, 1795280742581, 1795280742474, 2, 0, 0, -1, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a1ff12-28c3-7cdf-96bc-5922d2114440', '01a1ff12-28c3-7cdf-96bc-5922d2114440', NULL, NULL, NULL, 0, 1795280742596, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', false, false, false, 0, 0, '', '');
INSERT INTO kagzi.runs VALUES ('01a1ff12-27f0-71d9-a09e-4e589ab2e94f', '01a1ff12-27f0-71d9-a09e-4e589ab2e94f', NULL, 1795280742387, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-2807-7ac7-a43b-6fd7115be34c', '01a1ff12-2807-7ac7-a43b-6fd7115be34c', NULL, 1795280742426, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-2836-7588-88ea-6ce8ac61da18', '01a1ff12-2836-7588-88ea-6ce8ac61da18', NULL, 1795280742455, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', NULL, NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-27d6-7a00-b8a0-d9ce2c93ac29', '01a1ff12-27d6-7a00-b8a0-d9ce2c93ac29', NULL, 1795280742373, 1795280742381, 1795280742424, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', '01a1ff12-2848-75c6-b612-633ec5606ced', NULL, 1795280742473, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', NULL, NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-2848-7628-9585-2d209a540227', '01a1ff12-2848-75c6-b612-633ec5606ced', '01a1ff12-2848-75c6-b612-633ec5606ced', 1795280742521, 1795280742524, 1795280742529, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a1ff12-2848-75c6-b612-633ec5606ced/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL, NULL, NULL, NULL, '{"held":["queue default"]}');
INSERT INTO kagzi.runs VALUES ('01a1ff12-28c3-7cdf-96bc-5922d2114440', '01a1ff12-28c3-7cdf-96bc-5922d2114440', NULL, 1795280742596, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.workers VALUES ('01a1ff12-27ab-771d-ab93-47ea82e03bcc', 1795280742327, 1795280742327, 1795280742574, 60000, 5025, true, 'vm-5025', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795280738.50', '', '{}', NULL, '{}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a1ff12-2848-75c6-b612-633ec5606ced', 7);
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
