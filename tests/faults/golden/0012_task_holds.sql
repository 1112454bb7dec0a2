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
INSERT INTO kagzi.definitions VALUES ('9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'held', NULL, '{"activity":"hold","id":"hold","queue":"gpu","workflow":"held"}', 2, 1795296927479);
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 3, 1795296927651);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 4, 1795296927679);
INSERT INTO kagzi.definitions VALUES ('447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'film', NULL, '{"id":"seq","seq":[{"activity":"hold","id":"picture","queue":"gpu"}],"workflow":"film"}', 7, 1795296927745);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 8, 1795296927841);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 9, 1795296927901);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 10, 1795296927933);
INSERT INTO kagzi.definitions VALUES ('6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'one-each', NULL, '{"id":"wait_for","input":{"properties":{"tenant":{"type":"string"}},"type":"object"},"run":{"concurrency":[{"limit":2},{"key":"${ input.tenant }","limit":1}]},"wait_for":"stop","workflow":"one-each"}', 14, 1795296928196);
INSERT INTO kagzi.definitions VALUES ('66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'paused', NULL, '{"id":"wait_for","wait_for":"stop","workflow":"paused"}', 15, 1795296928219);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 16, 1795296928612);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 4, 1795296928598, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a20009-1efe-7249-a462-8a8b40f54348', 1795296927615, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xcc972374edde27ca4b533d510b72bc8f8d13ed35c13cba31c7f994c8ac5f4cc9', '\x32198ff06180331f0f9f721de4c4b44743fcc546bb24e52b1f8f9dee337e39ed');
INSERT INTO kagzi.journal VALUES ('01a20009-1fb2-7b9e-a560-569655edbe44', 1795296927710, 1795296927709, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL, '\xaf2cb6cdba879ac5b5b0138c381d18d670da63ef4b3e18d9f9500c134d866941', '\xab417525c4d6dba49e7fe843cccbea5b98fde59fbaf966c3f006ab9595973426');
INSERT INTO kagzi.journal VALUES ('01a20009-1fb2-7b9e-a560-569655edbe44', 1795296927710, 1795296927710, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL, '\x4e7c0b5e4c3a66a0018cb0b22f6d2ff8d55b086d1bea1652568cf41d7eee516b', '\xaf2cb6cdba879ac5b5b0138c381d18d670da63ef4b3e18d9f9500c134d866941');
INSERT INTO kagzi.journal VALUES ('01a20009-1fb2-7b9e-a560-569655edbe44', 1795296927709, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x7cef77c49495b56ea4dce1b6f8839ee16bb96125c32f68df4096e3f06e2bf31b', '\x4e7c0b5e4c3a66a0018cb0b22f6d2ff8d55b086d1bea1652568cf41d7eee516b');
INSERT INTO kagzi.journal VALUES ('01a20009-1fc0-7afc-a977-05aa09135077', 1795296927721, 1795296927716, 1795296928687, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/work/wt/queuegaps/tests/faults/golden.py\", line 73, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}', '\xb36949fba3418a9dfdd4fef8d0afdf4c7bb7668a2ddef072b6df08b5b41e05aa', '\xe0f5d71c3def420e66f629c65525f8277b33f688a1028b37e00dcd400bd6248c');
INSERT INTO kagzi.journal VALUES ('01a20009-1fc0-7afc-a977-05aa09135077', 1795296927716, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xd205bbadf1ef31b882b5ce7d08326757bb6e130c9a361e5630c01bf99dbd542c', '\xb36949fba3418a9dfdd4fef8d0afdf4c7bb7668a2ddef072b6df08b5b41e05aa');
INSERT INTO kagzi.journal VALUES ('01a20009-1fd9-757b-9d4c-f7320893936f', 1795296927749, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x2a2fd0308052638a90af14eb12b759c964d5015f000113b25a46f551c2684be7', '\xf50d973871b02c4cc2a19905e05889aa7c2650663e8afd2b90dceeeee6ad0fb5');
INSERT INTO kagzi.journal VALUES ('01a20009-1fd9-757b-9d4c-f7320893936f', 1795296927780, 1795296927780, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL, '\xf50d973871b02c4cc2a19905e05889aa7c2650663e8afd2b90dceeeee6ad0fb5', '\x2504942dfc7225708f3944fe37ce0513d12d0fd8dcb5ce3dfbc636c496a6529c');
INSERT INTO kagzi.journal VALUES ('01a20009-1fd9-757b-9d4c-f7320893936f', 1795296927797, 1795296927787, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL, '\x2504942dfc7225708f3944fe37ce0513d12d0fd8dcb5ce3dfbc636c496a6529c', '\x01d84372a8cbf6a310a968495b7d5287019af80655b381d69a649075ddc051b6');
INSERT INTO kagzi.journal VALUES ('01a20009-1ff4-7b0b-98b1-bdbfed4a3001', 1795296927798, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xf3d69fd0b4b63003a298270b47436cb08d0709aafeb96c2bc0f4ec19b0630b3e', '\x99f8c7ca1ea2510d6cd7b7538add104f5710d4f58ed8f029b0399f2c96af0bd1');
INSERT INTO kagzi.journal VALUES ('01a20009-200f-710b-bad1-3235b7fe64fb', 1795296927798, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x2648a6bca37edb714bd369fb31ceb7d4f0a57a42095a3d7b9f00959e7aa2a2d1', '\x9605af96e65c66605db6eb841db759fc8571bc8d1fb73c9e594db402dcda96f9');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296927895, 1795296927894, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL, '\xb7c987fb0ecc1e2a2f02d84874b7b7b799463bc9afae41181bdb21d78be49fac', '\xff58cbcc39697ab3cb9986d67ffdf85c56af382b4f167a37a0399a43c39ba464');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296927894, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xdc7f5ae7cd3bd2af78bcc790f03e73bb0bfe24b20f3fefd4c4e02de77a6257f5', '\xb7c987fb0ecc1e2a2f02d84874b7b7b799463bc9afae41181bdb21d78be49fac');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928129, 1795296928129, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL, '\x6aa2b987d7b2a2ddb9b6da8459688c7834ab1c4441517fb314a23c8c59d69c4d', '\xab517abcce79639c803d5acb62828c5f3cce18448f4f9c43ad332dd0e61ca877');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928129, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x68c1f1794631d5bfaccf3f6c178cd007dbd2d36ea6fd7aeb92bc8d0ed4d109e1', '\x6aa2b987d7b2a2ddb9b6da8459688c7834ab1c4441517fb314a23c8c59d69c4d');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928159, 1795296928151, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL, '\xab517abcce79639c803d5acb62828c5f3cce18448f4f9c43ad332dd0e61ca877', '\x06d2df65dd45ce0a88c3541a975ae8687266b47a4dc6df78a67853c251a0dc01');
INSERT INTO kagzi.journal VALUES ('01a20009-20df-7cb0-9fad-0673ba8c341c', 1795296928183, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xe4d1accc0b3c8a0cc7c7d993b280317b6a2899615b342fd29ed5504563e51bfc', '\x27b039e1b76115768e2c6cc1551b9a66d1541faf9b7967e99183cb60eab8b8c1');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928212, 1795296928159, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL, '\x27b7df6739ba28e3b9c8b72b79f42d81e699a85c6b95170531912e99cca50f72', '\x832a407e210e7b6275f6a48dafea01d943c045a2ebba3b2a62a8a7b31f4f6984');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928212, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL, '\x159eb86129d9fa20990c7b6a9887231f007a461603f2203da44a1a08a8af2da6', '\x27b7df6739ba28e3b9c8b72b79f42d81e699a85c6b95170531912e99cca50f72');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928211, 1795296928206, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL, '\x06d2df65dd45ce0a88c3541a975ae8687266b47a4dc6df78a67853c251a0dc01', '\x159eb86129d9fa20990c7b6a9887231f007a461603f2203da44a1a08a8af2da6');
INSERT INTO kagzi.journal VALUES ('01a20009-21b2-77b9-bb27-0e0810d02bc6', 1795296928236, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x9a56f9155c7119b51c9cf64f4be171f795aab557f8812ea2ba5e070a9bb52f38', '\x69c88267bb8be4ba370dc86272228e56f70b8f8331684a3e63df441da91e7efc');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-71dd-b60f-c623b89f1d7f', 1795296928278, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xb85b5313db9e57a257a5e805e9eb0216ef81d45f611a27b1756e424ba092038c', '\x7e0268182cb96fb80ced1960728e3286340e16b812980f5654825a65fc9cddd6');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-71dd-b60f-c623b89f1d7f', 1795296928278, 1795296928278, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL, '\x7e0268182cb96fb80ced1960728e3286340e16b812980f5654825a65fc9cddd6', '\x6464fa309e98540f71b0fca44dba8d6d60ebab9a707842b36600c2ba6ff67f5d');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-71dd-b60f-c623b89f1d7f', 1795296928278, 1795296928278, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL, '\x6464fa309e98540f71b0fca44dba8d6d60ebab9a707842b36600c2ba6ff67f5d', '\xe932c18c86fbf7fa198ae5bb6bab6fd2de9dc2eb474705e3b7cc9ec5dd6b3899');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-71dd-b60f-c623b89f1d7f', 1795296928278, 1795296928278, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL, '\xe932c18c86fbf7fa198ae5bb6bab6fd2de9dc2eb474705e3b7cc9ec5dd6b3899', '\xb1914e14833486fa922ffeee553edba5eab38dc18f90bdea1922d8890c0ca934');
INSERT INTO kagzi.journal VALUES ('01a20009-21e2-7ea6-92f3-6a68f4eddc0f', 1795296928322, NULL, NULL, 2, 0, 'run_paused', '', '', '', 'paused on request', NULL, NULL, '\x34edff58bdf423924d523a484c8965eca266aac510a4409a2e207b39098435b9', '\x3e9d8767e88edb7c8903ee77cdd2db1b146d59b9330686e89ce196dd46671518');
INSERT INTO kagzi.journal VALUES ('01a20009-21e2-7ea6-92f3-6a68f4eddc0f', 1795296928322, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x61bca19013ea0bf52651d85ed070cad35596ea3ff404f20d627fbeaf80c35f44', '\x34edff58bdf423924d523a484c8965eca266aac510a4409a2e207b39098435b9');
INSERT INTO kagzi.journal VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928372, 1795296928212, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL, '\x832a407e210e7b6275f6a48dafea01d943c045a2ebba3b2a62a8a7b31f4f6984', '\xf646246440e9ebf5b5f1da635b6c58b4bcac685a07cfa100736d64e9c1211f91');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296928527, 1795296927894, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL, '\x649f19a4d910c4341e6e29bbe00a57efe7153962d3eccc9d912c2ba13e5acbb3', '\x8a49053857ce668dc4c5eca90debd4525217452d49c236c1791f56880b322939');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296928527, 1795296927895, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL, '\x5dc631455626cfe8b05ffee33186cb80b67552bd540deaaa61b729bf90473f86', '\x649f19a4d910c4341e6e29bbe00a57efe7153962d3eccc9d912c2ba13e5acbb3');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296928527, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL, '\xff58cbcc39697ab3cb9986d67ffdf85c56af382b4f167a37a0399a43c39ba464', '\x5dc631455626cfe8b05ffee33186cb80b67552bd540deaaa61b729bf90473f86');
INSERT INTO kagzi.journal VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', 1795296928545, 1795296928544, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL, '\x8a49053857ce668dc4c5eca90debd4525217452d49c236c1791f56880b322939', '\xa55154e930878b53f28d86165743825a09d69ab28ac4c73a59af2e34dd65e686');
INSERT INTO kagzi.limits VALUES ('default', 'gpu', 2, NULL, NULL);
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (4, '0004_chain', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (5, '0005_searching', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (6, '0006_tasks', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (7, '0007_starting', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (8, '0008_entry', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (9, '0009_flow_control', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (10, '0010_schedules', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (11, '0011_task_slots', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.migrations VALUES (12, '0012_task_holds', '2026-11-21 21:35:27.157596+00');
INSERT INTO kagzi.queue VALUES ('01a20009-1efe-7249-a462-8a8b40f54348', '01a20009-1efe-7249-a462-8a8b40f54348', NULL, '01a20009-1ecf-7d81-a6a1-155310fc9449', '595d8f60-bf48-4309-a8ce-ff1e0b5caae8', 1, NULL, 1795296927611, 0, 0, 0, -1, false, 'running', 'gpu', 'default', '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-1fc0-7afc-a977-05aa09135077', '01a20009-1fc0-7afc-a977-05aa09135077', NULL, NULL, NULL, 1, 1795296928687, 1795296927707, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', '01a20009-206d-78a8-8bbf-243a6a1db3e8', NULL, NULL, NULL, 2, NULL, 1795296927891, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-1fd9-757b-9d4c-f7320893936f', '01a20009-1fd9-757b-9d4c-f7320893936f', NULL, NULL, NULL, 1, NULL, 1795296927734, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-1ff4-7b0b-98b1-bdbfed4a3001', '01a20009-1ff4-7b0b-98b1-bdbfed4a3001', NULL, NULL, NULL, 1, NULL, 1795296927775, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-200f-710b-bad1-3235b7fe64fb', '01a20009-200f-710b-bad1-3235b7fe64fb', NULL, NULL, NULL, 1, NULL, 1795296927775, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-219d-7d64-b4a7-77a1b6528ebe', '01a20009-219d-7d64-b4a7-77a1b6528ebe', NULL, NULL, NULL, 0, 1795296928159, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20009-21cf-7c98-b2da-e884a3ce9bf8', '01a20009-21cf-7c98-b2da-e884a3ce9bf8', NULL, NULL, NULL, 0, 1795296928209, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'third');
INSERT INTO kagzi.queue VALUES ('01a20009-20df-7cb0-9fad-0673ba8c341c', '01a20009-20df-7cb0-9fad-0673ba8c341c', NULL, NULL, NULL, 1, NULL, 1795296928179, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20009-21b2-77b9-bb27-0e0810d02bc6', '01a20009-21b2-77b9-bb27-0e0810d02bc6', NULL, NULL, NULL, 1, NULL, 1795296928234, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'other');
INSERT INTO kagzi.queue VALUES ('01a20009-21e2-7ea6-92f3-6a68f4eddc0f', '01a20009-21e2-7ea6-92f3-6a68f4eddc0f', NULL, NULL, NULL, 1, NULL, 1795296928303, 1, 0, 0, -1, false, 'paused', 'default', 'default', '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', '01a20009-20c3-7735-80f8-62b3e66c1bd5', NULL, NULL, NULL, 2, 1795296928598, 1795296927968, 2, 0, 0, 6, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20009-236e-742f-a53c-45a06b484f17', '01a20009-236e-742f-a53c-45a06b484f17', NULL, NULL, NULL, 0, 1795296928622, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', false, false, false, 0, 0, '', '');
INSERT INTO kagzi.runs VALUES ('01a20009-1efe-7249-a462-8a8b40f54348', '01a20009-1efe-7249-a462-8a8b40f54348', NULL, 1795296927521, NULL, NULL, 0, 0, NULL, NULL, 'default', 'held', NULL, '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'gpu', NULL, NULL, NULL, '', '{}', '{"held":"9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-1fc0-7afc-a977-05aa09135077', '01a20009-1fc0-7afc-a977-05aa09135077', NULL, 1795296927681, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-1fd9-757b-9d4c-f7320893936f', '01a20009-1fd9-757b-9d4c-f7320893936f', NULL, 1795296927707, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-1fb2-7b9e-a560-569655edbe44', '01a20009-1fb2-7b9e-a560-569655edbe44', NULL, 1795296927669, 1795296927707, 1795296927710, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-1ff4-7b0b-98b1-bdbfed4a3001', '01a20009-1ff4-7b0b-98b1-bdbfed4a3001', NULL, 1795296927739, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-200f-710b-bad1-3235b7fe64fb', '01a20009-200f-710b-bad1-3235b7fe64fb', NULL, 1795296927762, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-206d-78a8-8bbf-243a6a1db3e8', '01a20009-206d-78a8-8bbf-243a6a1db3e8', NULL, 1795296927864, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', 'the loop', NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', '01a20009-20c3-7735-80f8-62b3e66c1bd5', NULL, 1795296927947, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', 'the voyage', NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-20df-7cb0-9fad-0673ba8c341c', '01a20009-20df-7cb0-9fad-0673ba8c341c', NULL, 1795296928127, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20009-219d-7d64-b4a7-77a1b6528ebe', '01a20009-219d-7d64-b4a7-77a1b6528ebe', NULL, 1795296928159, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20009-21b2-77b9-bb27-0e0810d02bc6', '01a20009-21b2-77b9-bb27-0e0810d02bc6', NULL, 1795296928180, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"other"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"other","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20009-21cf-7c98-b2da-e884a3ce9bf8', '01a20009-21cf-7c98-b2da-e884a3ce9bf8', NULL, 1795296928209, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"third"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"third","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20009-21e2-7ea6-92f3-6a68f4eddc0f', '01a20009-21e2-7ea6-92f3-6a68f4eddc0f', NULL, 1795296928238, NULL, NULL, 0, 0, NULL, NULL, 'default', 'paused', NULL, '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'default', 'the pause', NULL, NULL, '', '{}', '{"paused":"66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20009-20c3-71dd-b60f-c623b89f1d7f', '01a20009-20c3-7735-80f8-62b3e66c1bd5', '01a20009-20c3-7735-80f8-62b3e66c1bd5', 1795296928252, 1795296928278, 1795296928278, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a20009-20c3-7735-80f8-62b3e66c1bd5/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL, NULL, NULL, NULL, '{"held":["queue default"]}');
INSERT INTO kagzi.runs VALUES ('01a20009-236e-742f-a53c-45a06b484f17', '01a20009-236e-742f-a53c-45a06b484f17', NULL, 1795296928622, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.schedules VALUES ('default', 'yearly', 1795296927424, 1795296927424, 1795296927424, 1795296927424, 1798761600000, NULL, 0, 1, NULL, 0, 100, false, false, '0 0 1 1 *', NULL, 'allow', '', '{}', '{"namespace":"default","workflow":"ended","version":null,"digest":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21","input":"{}","queue":"default","priority":0,"labels":{},"pins":{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"},"origin":{},"concurrency":"{}"}');
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20009-200f-710b-bad1-3235b7fe64fb', '01a20009-200f-7e95-90db-f8af33da7074', '01a20009-200f-710b-bad1-3235b7fe64fb', NULL, 0, 2, 1795296927828, NULL, 0, 1, 0, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20009-200f-710b-bad1-3235b7fe64fb:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a20009200f710bbad13235b7fe64fb-128627ca137e426d-01","correlation_id":"01a20009-200f-710b-bad1-3235b7fe64fb"}', false, false);
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20009-1ff4-7b0b-98b1-bdbfed4a3001', '01a20009-1ff4-727e-8687-67f1b5eb9ac1', '01a20009-1ff4-7b0b-98b1-bdbfed4a3001', '01a20009-1ecf-7d81-a6a1-155310fc9449', 1, 1, 1795296927828, 1795296927896, 0, 1, 1, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20009-1ff4-7b0b-98b1-bdbfed4a3001:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a200091ff47b0b98b1bdbfed4a3001-0a27b0ad8991edeb-01","correlation_id":"01a20009-1ff4-7b0b-98b1-bdbfed4a3001"}', false, true);
INSERT INTO kagzi.workers VALUES ('01a20009-1ecf-7d81-a6a1-155310fc9449', 1795296927455, 1795296927455, 1795296987455, 60000, 28073, false, 'vm-28073', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296924.97', '', '{}', 'default', '{gpu}', '{hold,http.request,log,now,uuid}');
INSERT INTO kagzi.workers VALUES ('01a20009-2217-7e9b-8869-b415ed49e208', 1795296928298, 1795296928298, 1795296928335, 30000, 28073, true, 'vm-28073', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296924.97', '0.1.0', '{}', NULL, '{}', '{}');
INSERT INTO kagzi.workers VALUES ('01a20009-1f8b-726a-a1df-233da7b3dccf', 1795296927638, 1795296927638, 1795296928590, 60000, 28073, true, 'vm-28073', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795296924.97', '', '{}', 'default', '{default}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a20009-20c3-7735-80f8-62b3e66c1bd5', 7);
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
