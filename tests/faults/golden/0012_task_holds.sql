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
INSERT INTO kagzi.definitions VALUES ('9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'held', NULL, '{"activity":"hold","id":"hold","queue":"gpu","workflow":"held"}', 2, 1795297572334);
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 3, 1795297572472);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 4, 1795297572489);
INSERT INTO kagzi.definitions VALUES ('447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'film', NULL, '{"id":"seq","seq":[{"activity":"hold","id":"picture","queue":"gpu"}],"workflow":"film"}', 7, 1795297572538);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 8, 1795297572568);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 9, 1795297572591);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 10, 1795297572602);
INSERT INTO kagzi.definitions VALUES ('6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'one-each', NULL, '{"id":"wait_for","input":{"properties":{"tenant":{"type":"string"}},"type":"object"},"run":{"concurrency":[{"limit":2},{"key":"${ input.tenant }","limit":1}]},"wait_for":"stop","workflow":"one-each"}', 14, 1795297572726);
INSERT INTO kagzi.definitions VALUES ('66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'paused', NULL, '{"id":"wait_for","wait_for":"stop","workflow":"paused"}', 15, 1795297572743);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 16, 1795297572858);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 4, 1795297572856, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a20012-f5f3-7810-8213-4cba78740e4e', 1795297572420, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x90d6a953f018410477feb317fe4bf2cbf7837e36db5c8cb59368214fd291e6f8', '\x63e0911e48e7e20309757a904b7a7635d6d51e0d94cef52e3e70c464d150a4fa');
INSERT INTO kagzi.journal VALUES ('01a20012-f67d-77df-814d-d746fa2a9605', 1795297572491, 1795297572491, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL, '\x5de6ab3e5572222edd90a468dce0779c3acdccb0548313955d1febc635d1bded', '\xd2a9732b6f075b273e087a489dee29ed1aaa29fb5b2ccb8b744e2b41f827ec45');
INSERT INTO kagzi.journal VALUES ('01a20012-f67d-77df-814d-d746fa2a9605', 1795297572491, 1795297572491, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL, '\x33ca4a8d28c0c448df133147f6355fecd6e1270d59086af6eb2d5342edcf2bc2', '\x5de6ab3e5572222edd90a468dce0779c3acdccb0548313955d1febc635d1bded');
INSERT INTO kagzi.journal VALUES ('01a20012-f67d-77df-814d-d746fa2a9605', 1795297572491, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xb45bb83181585f54711a795c652fdd0c92ca191a06a1fe44ff9a13155dde667e', '\x33ca4a8d28c0c448df133147f6355fecd6e1270d59086af6eb2d5342edcf2bc2');
INSERT INTO kagzi.journal VALUES ('01a20012-f68b-7424-aff7-43b8457bfa05', 1795297572509, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x17b283e75870d22478ad5177fdf1e317506e38889f0bb231b154774dd8aed473', '\x22b62fdf0f19c9e6f6fcdbef24959e6103c1a4dfa72b04e547dbe37b6647c5dc');
INSERT INTO kagzi.journal VALUES ('01a20012-f68b-7424-aff7-43b8457bfa05', 1795297572511, 1795297572509, 1795297573570, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/work/wt/faulteye/tests/faults/golden.py\", line 74, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}', '\x22b62fdf0f19c9e6f6fcdbef24959e6103c1a4dfa72b04e547dbe37b6647c5dc', '\x6270ee45e4af7df66ba0044db36a554ca163e560557c1f5c2f155a6eae76fc03');
INSERT INTO kagzi.journal VALUES ('01a20012-f691-7974-b565-2ba3eeb090d3', 1795297572521, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xbfee05489e60b0e578745fd5c2d110c2fae3861db1abc412911b7b57cb22d6ea', '\x08b9fbf8980de7380a074082a3199f42fb27a342b05db525c7d45c58c4d5dd5f');
INSERT INTO kagzi.journal VALUES ('01a20012-f691-7974-b565-2ba3eeb090d3', 1795297572535, 1795297572534, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL, '\x08b9fbf8980de7380a074082a3199f42fb27a342b05db525c7d45c58c4d5dd5f', '\x437f57d66ad5678077ca08a366be08318f5c5ae3255748b067d17c22a9d32b72');
INSERT INTO kagzi.journal VALUES ('01a20012-f6b5-7ede-9f44-548d5b530d6c', 1795297572545, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x4278b4eda5f2ae829f57281ff5909c4f6294e2ea97fcff4dacc73376284b51e4', '\xcc589f000c9791e32cd9798e8dcb9eca4ca8b82262a24012527b2dc165d7fc42');
INSERT INTO kagzi.journal VALUES ('01a20012-f691-7974-b565-2ba3eeb090d3', 1795297572553, 1795297572553, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL, '\x437f57d66ad5678077ca08a366be08318f5c5ae3255748b067d17c22a9d32b72', '\x007c6146c4479c4e81046c0ac0e01aca420d75f1cc762005358a3b06c586771b');
INSERT INTO kagzi.journal VALUES ('01a20012-f6c4-74cd-928f-93975b63880a', 1795297572561, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\xadcfd46da4b4f62e2eccd34a81cb6490dba723f7b2da04bf0ca8423167d91a0d', '\x87786b9930b0f15260cd1352343b4c127b9fd9396db9283cd9447c7608f8a2c8');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572600, 1795297572600, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL, '\x0f2e9dba80317f6b756b2cd0f8313a233c80e195e83d4387835f5a7a19edc21e', '\xe5345b559c8c9cafc87b69909875e9959fcc848704316e97710f1808cd51dfdf');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572600, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x95879eee742d3e6264bdb33f55c369874685e0c571024b59d02db64554252030', '\x0f2e9dba80317f6b756b2cd0f8313a233c80e195e83d4387835f5a7a19edc21e');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572618, 1795297572617, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL, '\xbee55b7b2ec617ae15e30450ac74042c16f4d11066e9a9516f1dfb6f1f659fc2', '\xbdc82f828fb45766b2605a9e2142f89bef20468e21f221f28a24efee9369992f');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572614, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x696ffe7122790262e21b2e470504a9ae368953b27592ae499c42dd9c334ba5f0', '\xbee55b7b2ec617ae15e30450ac74042c16f4d11066e9a9516f1dfb6f1f659fc2');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572696, 1795297572679, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL, '\xbdc82f828fb45766b2605a9e2142f89bef20468e21f221f28a24efee9369992f', '\x8aefca0f8c87cdbf24e2cfaf42eb1eb983c205bfe06f8665bbb7ae82c3c7a16c');
INSERT INTO kagzi.journal VALUES ('01a20012-f70b-7056-b56e-d1b4a4d71c4a', 1795297572726, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x4892799687ce247c0338299227732a54df18b9c7b8f6495a891d96605f694782', '\x6bcfdd6605110f43078ac1260b3bfdf23187680bea75ecb51139f10e4f7942d0');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572728, 1795297572728, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL, '\x8aefca0f8c87cdbf24e2cfaf42eb1eb983c205bfe06f8665bbb7ae82c3c7a16c', '\x8414dbce2dae5ebd7bd6363b423ff58c2bf85e203352e6758bcfd6becc3dc4f9');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572729, 1795297572696, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL, '\x4102839bf49923e3b4fbfb6595975518eff65d1a383989820707478fcd5df0a9', '\x6e90e13618017bba25af87080a3838bacf48ad78ba8dd8f029f5440e49ecaf84');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572729, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL, '\x8414dbce2dae5ebd7bd6363b423ff58c2bf85e203352e6758bcfd6becc3dc4f9', '\x4102839bf49923e3b4fbfb6595975518eff65d1a383989820707478fcd5df0a9');
INSERT INTO kagzi.journal VALUES ('01a20012-f770-7c7e-a5c3-94a0010cf7af', 1795297572741, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x406fdb46f514798596bcf01f7e836bf92a4ea1be7fed935d3884e11ee7f94098', '\xc0bd8cb977e4d24a4211dacff2f49f6fee77f07233b559081ba795441fcdcd79');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7547-ad7f-e86afe026043', 1795297572757, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x44a3de586b1743b3ffba74cfdb1a3c5c8bf95399632cfac369d0a83a3fe3b262', '\xf2cdf400bb3accf12f1264d58bfe4519993d1243ed8963ecd40a46c52a4b7d77');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7547-ad7f-e86afe026043', 1795297572758, 1795297572758, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL, '\xf2cdf400bb3accf12f1264d58bfe4519993d1243ed8963ecd40a46c52a4b7d77', '\x624999a628243b5c1f674c80651fd4dd73d2fa2e139e7d91710558b1559baf24');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7547-ad7f-e86afe026043', 1795297572758, 1795297572757, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL, '\x624999a628243b5c1f674c80651fd4dd73d2fa2e139e7d91710558b1559baf24', '\xdee53878f6b643e3a51b6f66dd3f9e6ef20e3fdd46161672c015e34463346ad6');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7547-ad7f-e86afe026043', 1795297572758, 1795297572757, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL, '\xdee53878f6b643e3a51b6f66dd3f9e6ef20e3fdd46161672c015e34463346ad6', '\xed28feb65f66b04be570e3478b5aa5f53f758643ecb85ce592fb1497b76c6510');
INSERT INTO kagzi.journal VALUES ('01a20012-f78a-72cd-acb3-5535cbb21001', 1795297572768, NULL, NULL, 2, 0, 'run_paused', '', '', '', 'paused on request', NULL, NULL, '\x6ae471c03651a3138edca60306d0e7e0c106f72913de73e5120a19029945664d', '\x4c575e3a9c5c25688cf021059289dd5616248e4df4c1ff7a3d95a0022f6a9f03');
INSERT INTO kagzi.journal VALUES ('01a20012-f78a-72cd-acb3-5535cbb21001', 1795297572768, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL, '\x3813c56041390278dc2d49ec86279f4e3e51c9deaef3428ea0f39672007a2b67', '\x6ae471c03651a3138edca60306d0e7e0c106f72913de73e5120a19029945664d');
INSERT INTO kagzi.journal VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572781, 1795297572729, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL, '\x6e90e13618017bba25af87080a3838bacf48ad78ba8dd8f029f5440e49ecaf84', '\x399d1f680f161246599d6a3a5b0f6a78874546f2086461a97d1ef480f831a8d8');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572804, 1795297572600, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL, '\x5ef75b568b18388682d02ecee9339564ec73659ec35918a626108c5b53685794', '\xf2e060639ed3bbb2d0fdb5be834d1e91d3adfc19b0793d62a2d87700f28fe90c');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572804, 1795297572600, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL, '\x746ebef936058c1d504d2d0cf29303af8a8e69a8ce833fb94dc492013a4b785f', '\x5ef75b568b18388682d02ecee9339564ec73659ec35918a626108c5b53685794');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572804, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL, '\xe5345b559c8c9cafc87b69909875e9959fcc848704316e97710f1808cd51dfdf', '\x746ebef936058c1d504d2d0cf29303af8a8e69a8ce833fb94dc492013a4b785f');
INSERT INTO kagzi.journal VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', 1795297572811, 1795297572810, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL, '\xf2e060639ed3bbb2d0fdb5be834d1e91d3adfc19b0793d62a2d87700f28fe90c', '\x601da3a0221d70e6efb0869256450448fc22fd3a74a5a8260c54fe770288351f');
INSERT INTO kagzi.limits VALUES ('default', 'gpu', 2, NULL, NULL);
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (4, '0004_chain', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (5, '0005_searching', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (6, '0006_tasks', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (7, '0007_starting', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (8, '0008_entry', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (9, '0009_flow_control', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (10, '0010_schedules', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (11, '0011_task_slots', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.migrations VALUES (12, '0012_task_holds', '2026-11-21 21:46:12.077308+00');
INSERT INTO kagzi.queue VALUES ('01a20012-f5f3-7810-8213-4cba78740e4e', '01a20012-f5f3-7810-8213-4cba78740e4e', NULL, '01a20012-f5e5-7224-9690-199b10fdddbb', '774f9693-a4f7-4032-9ece-8d0a6af603bf', 1, NULL, 1795297572419, 0, 0, 0, -1, false, 'running', 'gpu', 'default', '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f68b-7424-aff7-43b8457bfa05', '01a20012-f68b-7424-aff7-43b8457bfa05', NULL, NULL, NULL, 1, 1795297573570, 1795297572506, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f6b5-7ede-9f44-548d5b530d6c', '01a20012-f6b5-7ede-9f44-548d5b530d6c', NULL, NULL, NULL, 1, NULL, 1795297572545, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f691-7974-b565-2ba3eeb090d3', '01a20012-f691-7974-b565-2ba3eeb090d3', NULL, NULL, NULL, 1, NULL, 1795297572520, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f6c4-74cd-928f-93975b63880a', '01a20012-f6c4-74cd-928f-93975b63880a', NULL, NULL, NULL, 1, NULL, 1795297572561, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f75d-75a0-872f-ba97d969e1c5', '01a20012-f75d-75a0-872f-ba97d969e1c5', NULL, NULL, NULL, 0, 1795297572706, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20012-f77a-701b-a55b-c08ebc66b9b6', '01a20012-f77a-701b-a55b-c08ebc66b9b6', NULL, NULL, NULL, 0, 1795297572731, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', false, false, true, 2, 1, 'one-each', 'third');
INSERT INTO kagzi.queue VALUES ('01a20012-f70b-7056-b56e-d1b4a4d71c4a', '01a20012-f70b-7056-b56e-d1b4a4d71c4a', NULL, NULL, NULL, 1, NULL, 1795297572722, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'one');
INSERT INTO kagzi.queue VALUES ('01a20012-f770-7c7e-a5c3-94a0010cf7af', '01a20012-f770-7c7e-a5c3-94a0010cf7af', NULL, NULL, NULL, 1, NULL, 1795297572740, 0, 0, 0, -1, false, 'waiting', 'default', 'default', '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', true, false, false, 2, 1, 'one-each', 'other');
INSERT INTO kagzi.queue VALUES ('01a20012-f78a-72cd-acb3-5535cbb21001', '01a20012-f78a-72cd-acb3-5535cbb21001', NULL, NULL, NULL, 1, NULL, 1795297572766, 1, 0, 0, -1, false, 'paused', 'default', 'default', '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', '01a20012-f6dd-7556-bf35-d4961e295a5f', NULL, NULL, NULL, 2, NULL, 1795297572598, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', '01a20012-f6fc-7c7b-886d-639438fb8da7', NULL, NULL, NULL, 2, 1795297572856, 1795297572612, 2, 0, 0, 6, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', true, false, false, 0, 0, '', '');
INSERT INTO kagzi.queue VALUES ('01a20012-f7fb-74a0-b1e1-51b24a4fc9fe', '01a20012-f7fb-74a0-b1e1-51b24a4fc9fe', NULL, NULL, NULL, 0, 1795297572859, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', false, false, false, 0, 0, '', '');
INSERT INTO kagzi.runs VALUES ('01a20012-f5f3-7810-8213-4cba78740e4e', '01a20012-f5f3-7810-8213-4cba78740e4e', NULL, 1795297572378, NULL, NULL, 0, 0, NULL, NULL, 'default', 'held', NULL, '9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3', 'gpu', NULL, NULL, NULL, '', '{}', '{"held":"9739231eee83b24c5bdcc4f3279f10aa9cb5366fc26e4f0257e6de48bf6ac9c3"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f68b-7424-aff7-43b8457bfa05', '01a20012-f68b-7424-aff7-43b8457bfa05', NULL, 1795297572491, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f67d-77df-814d-d746fa2a9605', '01a20012-f67d-77df-814d-d746fa2a9605', NULL, 1795297572477, 1795297572490, 1795297572491, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f691-7974-b565-2ba3eeb090d3', '01a20012-f691-7974-b565-2ba3eeb090d3', NULL, 1795297572511, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f6b5-7ede-9f44-548d5b530d6c', '01a20012-f6b5-7ede-9f44-548d5b530d6c', NULL, 1795297572535, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f6c4-74cd-928f-93975b63880a', '01a20012-f6c4-74cd-928f-93975b63880a', NULL, 1795297572553, NULL, NULL, 0, 0, NULL, NULL, 'default', 'film', NULL, '447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f', 'default', NULL, NULL, NULL, '', '{}', '{"film":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f6dd-7556-bf35-d4961e295a5f', '01a20012-f6dd-7556-bf35-d4961e295a5f', NULL, 1795297572586, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', 'the loop', NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', '01a20012-f6fc-7c7b-886d-639438fb8da7', NULL, 1795297572605, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', 'the voyage', NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f70b-7056-b56e-d1b4a4d71c4a', '01a20012-f70b-7056-b56e-d1b4a4d71c4a', NULL, 1795297572681, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20012-f75d-75a0-872f-ba97d969e1c5', '01a20012-f75d-75a0-872f-ba97d969e1c5', NULL, 1795297572706, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"one"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"one","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20012-f770-7c7e-a5c3-94a0010cf7af', '01a20012-f770-7c7e-a5c3-94a0010cf7af', NULL, 1795297572721, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"other"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"other","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20012-f77a-701b-a55b-c08ebc66b9b6', '01a20012-f77a-701b-a55b-c08ebc66b9b6', NULL, 1795297572731, NULL, NULL, 0, 0, NULL, NULL, 'default', 'one-each', NULL, '6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614', 'default', NULL, NULL, NULL, '', '{}', '{"one-each":"6b0e467e04b8c0d0a2b3cf8e86c71b12201b43346b907c341f81354d56fea614"}', '{}', '{"tenant":"third"}', NULL, NULL, NULL, NULL, NULL, '{"limit":2,"key":"third","key_limit":1}');
INSERT INTO kagzi.runs VALUES ('01a20012-f78a-72cd-acb3-5535cbb21001', '01a20012-f78a-72cd-acb3-5535cbb21001', NULL, 1795297572747, NULL, NULL, 0, 0, NULL, NULL, 'default', 'paused', NULL, '66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f', 'default', 'the pause', NULL, NULL, '', '{}', '{"paused":"66991dd553fd66a3b5da0ddb4339821ae23a4b47733a98fadb6f674a8321d42f"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.runs VALUES ('01a20012-f6fc-7547-ad7f-e86afe026043', '01a20012-f6fc-7c7b-886d-639438fb8da7', '01a20012-f6fc-7c7b-886d-639438fb8da7', 1795297572742, 1795297572757, 1795297572758, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a20012-f6fc-7c7b-886d-639438fb8da7/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL, NULL, NULL, NULL, '{"held":["queue default"]}');
INSERT INTO kagzi.runs VALUES ('01a20012-f7fb-74a0-b1e1-51b24a4fc9fe', '01a20012-f7fb-74a0-b1e1-51b24a4fc9fe', NULL, 1795297572859, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO kagzi.schedules VALUES ('default', 'yearly', 1795297572319, 1795297572319, 1795297572319, 1795297572319, 1798761600000, NULL, 0, 1, NULL, 0, 100, false, false, '0 0 1 1 *', NULL, 'allow', '', '{}', '{"namespace":"default","workflow":"ended","version":null,"digest":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21","input":"{}","queue":"default","priority":0,"labels":{},"pins":{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"},"origin":{},"concurrency":"{}"}');
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20012-f6c4-74cd-928f-93975b63880a', '01a20012-f6c4-7fac-8750-10ab5873873a', '01a20012-f6c4-74cd-928f-93975b63880a', NULL, 0, 2, 1795297572579, NULL, 0, 1, 0, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20012-f6c4-74cd-928f-93975b63880a:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a20012f6c474cd928f93975b63880a-2dde631995aad208-01","correlation_id":"01a20012-f6c4-74cd-928f-93975b63880a"}', false, false);
INSERT INTO kagzi.tasks OVERRIDING SYSTEM VALUE VALUES ('01a20012-f6b5-7ede-9f44-548d5b530d6c', '01a20012-f6b5-7298-be9a-fe26a67377c8', '01a20012-f6b5-7ede-9f44-548d5b530d6c', '01a20012-f5e5-7224-9690-199b10fdddbb', 1, 1, 1795297572568, 1795297572584, 0, 1, 1, 'default', 'gpu', 'hold', 'picture', NULL, '{"digest":"447ff61ee6922a68925405087f52fe7340a84d9d70fd5a499ab89b52e1cb4f0f","node":"picture","arguments":{},"scope":null,"idempotency_key":"01a20012-f6b5-7ede-9f44-548d5b530d6c:picture","timeout":null,"heartbeat":null,"first_started_at":null,"traceparent":"00-01a20012f6b57ede9f44548d5b530d6c-f775fea26eb9c8ec-01","correlation_id":"01a20012-f6b5-7ede-9f44-548d5b530d6c"}', false, true);
INSERT INTO kagzi.workers VALUES ('01a20012-f5e5-7224-9690-199b10fdddbb', 1795297572328, 1795297572328, 1795297632328, 60000, 21024, false, 'vm-21024', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795297570.28', '', '{}', 'default', '{gpu}', '{hold,http.request,log,now,uuid}');
INSERT INTO kagzi.workers VALUES ('01a20012-f798-71be-9d25-a8544d6cd742', 1795297572765, 1795297572765, 1795297572773, 30000, 21024, true, 'vm-21024', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795297570.28', '0.1.0', '{}', NULL, '{}', '{}');
INSERT INTO kagzi.workers VALUES ('01a20012-f64c-73e3-af59-dfd24dfb07ea', 1795297572435, 1795297572435, 1795297572852, 60000, 21024, true, 'vm-21024', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795297570.28', '', '{}', 'default', '{default}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a20012-f6fc-7c7b-886d-639438fb8da7', 7);
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
