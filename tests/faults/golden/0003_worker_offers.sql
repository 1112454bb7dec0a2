CREATE SCHEMA kagzi;
COMMENT ON SCHEMA kagzi IS 'Runs of kagzi-dsl workflows.';
CREATE FUNCTION kagzi.clock() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select floor(extract(epoch from statement_timestamp()) * 1000)::bigint $$;
COMMENT ON FUNCTION kagzi.clock() IS 'The time in ms at which the current statement began.';
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
    failure json
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');
COMMENT ON TABLE kagzi.journal IS 'What happened in each run, in order. Append-only.';
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
    digest text NOT NULL
)
WITH (fillfactor='60', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='500');
COMMENT ON TABLE kagzi.queue IS 'Runs that are not over: who owns them, or when they are due.';
COMMENT ON COLUMN kagzi.queue.parent_id IS 'The run to tell of the end; null unless the child is attached.';
COMMENT ON COLUMN kagzi.queue.last_key IS 'The operation that wrote last, so that it is not repeated when its answer got lost.';
COMMENT ON COLUMN kagzi.queue.seen_seq IS 'The last entry of the journal at the last claim; null before any.';
COMMENT ON COLUMN kagzi.queue.timed IS 'The run was not due yet when it was put down: it is looked up by time, not by priority.';
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
    failure json
);
COMMENT ON TABLE kagzi.runs IS 'Every run there ever was. Status and result are null until it is over.';
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
    COALESCE(q.messages_sent, (0)::bigint) AS messages_sent
   FROM (kagzi.runs r
     LEFT JOIN kagzi.queue q ON ((q.run_id = r.id)));
COMMENT ON VIEW kagzi.overview IS 'Every run with its state: what is known of its start, where it stands, how it ended.';
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
INSERT INTO kagzi.definitions VALUES ('c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'ended', NULL, '{"activity":"note","id":"note","with":{"what":"done"},"workflow":"ended"}', 1, 1795279102381);
INSERT INTO kagzi.definitions VALUES ('7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'backing-off', NULL, '{"activity":"flaky","id":"flaky","retry":{"initial_interval":"1000ms","max_attempts":5},"workflow":"backing-off"}', 2, 1795279102413);
INSERT INTO kagzi.definitions VALUES ('0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'looping', NULL, '{"id":"seq","seq":[{"do":{"id":"seq_2","seq":[{"activity":"note","id":"note","with":{"what":"${ to_string(item) }"}},{"id":"wait_for","wait_for":"next"}]},"foreach":[1,2,3],"id":"foreach","limit":1}],"workflow":"looping"}', 4, 1795279102459);
INSERT INTO kagzi.definitions VALUES ('cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'child', NULL, '{"id":"seq","seq":[{"activity":"note","id":"note","retry":{"max_attempts":9},"with":{"what":"child"}}],"workflow":"child"}', 5, 1795279102476);
INSERT INTO kagzi.definitions VALUES ('4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'voyage', NULL, '{"defaults":{"retry":{"initial_interval":"10ms","max_attempts":9}},"id":"seq","output":{"child":"${ steps.child }","go":"${ steps.wait_for }","heard":"${ steps.heard }","paid":"${ steps.paid }"},"seq":[{"activity":"note","id":"first","with":{"what":"first"}},{"activity":"pay","id":"paid","timeout":"3000ms","with":{"amount":"${ input.amount }"}},{"id":"parallel","parallel":{"left":{"activity":"note","id":"left","with":{"what":"left"}},"right":{"id":"right","sleep":"20ms"}}},{"call":"child","id":"child"},{"id":"wait_for","wait_for":"go"},{"id":"told","signal":"twice","to":"${ run.id }","with":2},{"id":"heard","wait_for":"twice"}],"workflow":"voyage"}', 6, 1795279102489);
INSERT INTO kagzi.definitions VALUES ('eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'undoing', NULL, '{"id":"saga","saga":[{"activity":"note","compensate":{"activity":"note","id":"note","with":{"what":"undo one"}},"id":"one","with":{"what":"one"}},{"activity":"note","compensate":{"activity":"note","id":"note_2","with":{"what":"undo two"}},"id":"two","with":{"what":"two"}},{"id":"wait_for","wait_for":"stop"},{"fail":{"code":"Conflict","message":"told to"},"id":"fail"}],"workflow":"undoing"}', 7, 1795279102786);
INSERT INTO kagzi.inbox OVERRIDING SYSTEM VALUE VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 3, 1795279102782, 'signal', 'go', '1');
INSERT INTO kagzi.journal VALUES ('01a1fef9-21be-746a-aa3a-88220c870e57', 1795279102501, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21d8-7bf6-964b-34ca93e05b83', 1795279102502, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', 1795279102505, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21be-746a-aa3a-88220c870e57', 1795279102544, 1795279102544, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"done"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21be-746a-aa3a-88220c870e57', 1795279102544, 1795279102501, NULL, 3, 0, 'run_ended', '', '', 'completed', '', '"done"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21d8-7bf6-964b-34ca93e05b83', 1795279102554, 1795279102553, 1795279103587, 2, 1, 'attempt_failed', 'flaky', 'activity', '', '', NULL, '{"code":"Unavailable","type":"Unavailable","message":"not now","retryable":true,"details":null,"path":"flaky","outcome":"unknown","traceback":"Traceback (most recent call last):\n  File \"/srv/kagzi-dsl/tests/faults/golden.py\", line 53, in flaky\n    raise ActivityError(\"not now\", code=\"Unavailable\")\nkagzi_dsl.errors.ActivityError: not now"}');
INSERT INTO kagzi.journal VALUES ('01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', 1795279102554, 1795279102553, NULL, 2, 1, 'node_completed', 'one', 'activity', 'completed', '', '"one"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102555, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102561, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', 1795279102582, 1795279102582, NULL, 3, 1, 'node_completed', 'two', 'activity', 'completed', '', '"two"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102582, 1795279102582, NULL, 2, 1, 'node_completed', 'foreach[0].note', 'activity', 'completed', '', '"1"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102582, 1795279102582, NULL, 2, 1, 'node_completed', 'first', 'activity', 'completed', '', '"first"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102593, 1795279102590, NULL, 3, 1, 'node_completed', 'paid', 'activity', 'completed', '', '7', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102610, 1795279102610, NULL, 4, 1, 'node_completed', 'left', 'activity', 'completed', '', '"left"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102616, NULL, NULL, 5, 0, 'timer_fired', 'right', 'sleep', 'completed', 'sleep', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102616, 1795279102593, NULL, 6, 0, 'node_closed', 'parallel', 'parallel', 'completed', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102641, 1795279102555, NULL, 5, 0, 'node_closed', 'foreach[0].seq_2', 'seq', 'completed', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102641, 1795279102582, NULL, 4, 0, 'node_closed', 'foreach[0].wait_for', 'wait_for', 'completed', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102641, NULL, NULL, 3, 0, 'signal_arrived', 'next', '', '', '', '1', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', 1795279102653, 1795279102653, NULL, 6, 1, 'node_completed', 'foreach[1].note', 'activity', 'completed', '', '"2"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7762-a7de-f169a0ecb0a0', 1795279102663, NULL, NULL, 1, 0, 'run_started', '', '', '', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7762-a7de-f169a0ecb0a0', 1795279102680, 1795279102680, NULL, 2, 1, 'node_completed', 'note', 'activity', 'completed', '', '"child"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7762-a7de-f169a0ecb0a0', 1795279102680, 1795279102663, NULL, 3, 0, 'node_closed', 'seq', 'seq', 'completed', '', NULL, NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7762-a7de-f169a0ecb0a0', 1795279102680, 1795279102663, NULL, 4, 0, 'run_ended', '', '', 'completed', '', '"child"', NULL);
INSERT INTO kagzi.journal VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102696, 1795279102696, NULL, 7, 1, 'node_completed', 'child', 'call', 'completed', '', '"child"', NULL);
INSERT INTO kagzi.migrations VALUES (1, '0001_initial', '2026-11-21 16:38:22.205263+00');
INSERT INTO kagzi.migrations VALUES (2, '0002_shares', '2026-11-21 16:38:22.205263+00');
INSERT INTO kagzi.migrations VALUES (3, '0003_worker_offers', '2026-11-21 16:38:22.205263+00');
INSERT INTO kagzi.queue VALUES ('01a1fef9-21d8-7bf6-964b-34ca93e05b83', '01a1fef9-21d8-7bf6-964b-34ca93e05b83', NULL, NULL, NULL, 1, 1795279103587, 1795279102477, 0, 0, 0, -1, true, 'sleeping', 'default', 'default', '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c');
INSERT INTO kagzi.queue VALUES ('01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', '01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', NULL, NULL, NULL, 1, NULL, 1795279102477, 0, 0, 0, -1, false, 'waiting', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d');
INSERT INTO kagzi.queue VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', '01a1fef9-2205-7735-b5bf-796f69e5701f', NULL, NULL, NULL, 2, NULL, 1795279102521, 1, 0, 0, 2, false, 'waiting', 'default', 'default', '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff');
INSERT INTO kagzi.queue VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', '01a1fef9-221e-7746-a35d-59934057a6cd', NULL, NULL, NULL, 2, 1795279102782, 1795279102521, 2, 0, 0, 6, false, 'waiting', 'default', 'default', '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3');
INSERT INTO kagzi.queue VALUES ('01a1fef9-2344-72c1-8863-148f5e6d745d', '01a1fef9-2344-72c1-8863-148f5e6d745d', NULL, NULL, NULL, 0, 1795279102788, NULL, 0, 0, 0, NULL, false, 'pending', 'default', 'default', 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d');
INSERT INTO kagzi.runs VALUES ('01a1fef9-21d8-7bf6-964b-34ca93e05b83', '01a1fef9-21d8-7bf6-964b-34ca93e05b83', NULL, 1795279102425, NULL, NULL, 0, 0, NULL, NULL, 'default', 'backing-off', NULL, '7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c', 'default', NULL, NULL, NULL, '', '{}', '{"backing-off":"7a8bc980ef192a081c6cb02fc6ab4fea402f6291c7fb673033c3ec27b1893f4c"}', '{}', 'null', NULL, NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', '01a1fef9-21ed-787b-a84b-9edc7ec7a7e1', NULL, 1795279102446, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-2205-7735-b5bf-796f69e5701f', '01a1fef9-2205-7735-b5bf-796f69e5701f', NULL, 1795279102470, NULL, NULL, 0, 0, NULL, NULL, 'default', 'looping', NULL, '0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff', 'default', NULL, NULL, NULL, '', '{}', '{"looping":"0acde7ff293b24d8a4524386f5ac78a4b5f479802cb1947b138e2c072dce38ff"}', '{}', 'null', NULL, NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', '01a1fef9-221e-7746-a35d-59934057a6cd', NULL, 1795279102495, NULL, NULL, 0, 0, NULL, NULL, 'default', 'voyage', NULL, '4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3', 'default', NULL, NULL, NULL, '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{}', '{"amount":7}', NULL, NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-21be-746a-aa3a-88220c870e57', '01a1fef9-21be-746a-aa3a-88220c870e57', NULL, 1795279102409, 1795279102477, 1795279102544, 1, 0, NULL, NULL, 'default', 'ended', NULL, 'c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21', 'default', NULL, NULL, 'completed', '', '{}', '{"ended":"c1b0b4d810609a0ae19572aa75de33740c107397f064888af5141c1ac1a95b21"}', '{}', 'null', '"done"', NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-221e-7762-a7de-f169a0ecb0a0', '01a1fef9-221e-7746-a35d-59934057a6cd', '01a1fef9-221e-7746-a35d-59934057a6cd', 1795279102641, 1795279102652, 1795279102680, 1, 0, 1, true, 'default', 'child', NULL, 'cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a', 'default', '01a1fef9-221e-7746-a35d-59934057a6cd/child', 'child', 'completed', '', '{}', '{"child":"cb650959db7a23994997e09e70420471a46f65159318add7db2b3d6b5ecf3e8a","voyage":"4f2503b6868bbcfebae8f7efa4b400093887fbbbf60a35c8945af554c0f8ada3"}', '{"depth":1}', '{}', '"child"', NULL);
INSERT INTO kagzi.runs VALUES ('01a1fef9-2344-72c1-8863-148f5e6d745d', '01a1fef9-2344-72c1-8863-148f5e6d745d', NULL, 1795279102788, NULL, NULL, 0, 0, NULL, NULL, 'default', 'undoing', NULL, 'eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d', 'default', NULL, NULL, NULL, '', '{}', '{"undoing":"eac2d1ecd4f278876cada17f0228676877f3a539f518dc2e23cc4884e16b1c0d"}', '{}', 'null', NULL, NULL);
INSERT INTO kagzi.workers VALUES ('01a1fef9-216e-784e-9962-261536984859', 1795279102333, 1795279102333, 1795279102770, 60000, 19186, true, 'vm-19186', 'vm', 'ee10250c-a084-41f2-afaf-021aa051a42fpid:[4026531836]', '1795279096.06', '', '{}', NULL, '{}', '{flaky,http.request,log,note,now,pay,uuid}');
INSERT INTO public.paid VALUES ('01a1fef9-221e-7746-a35d-59934057a6cd', 7);
SELECT pg_catalog.setval('kagzi.definition_saves', 7, true);
SELECT pg_catalog.setval('kagzi.inbox_id_seq', 3, true);
ALTER TABLE ONLY kagzi.definitions
    ADD CONSTRAINT definitions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY kagzi.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (run_id, id);
ALTER TABLE ONLY kagzi.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (run_id, seq);
ALTER TABLE ONLY kagzi.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (number);
ALTER TABLE ONLY kagzi.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY kagzi.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY kagzi.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
CREATE INDEX definitions_latest ON kagzi.definitions USING btree (workflow, save_number DESC);
CREATE INDEX queue_definitions ON kagzi.queue USING btree (namespace, queue, digest);
CREATE INDEX queue_idle ON kagzi.queue USING btree (root_id) WHERE (owner IS NULL);
CREATE INDEX queue_owned ON kagzi.queue USING btree (owner) WHERE (owner IS NOT NULL);
CREATE INDEX queue_ready ON kagzi.queue USING btree (namespace, queue, priority DESC, available_at, run_id) WHERE ((owner IS NULL) AND (NOT timed) AND (available_at IS NOT NULL));
CREATE INDEX queue_timed ON kagzi.queue USING btree (available_at, run_id) WHERE ((owner IS NULL) AND timed);
CREATE UNIQUE INDEX runs_external ON kagzi.runs USING btree (external_id, namespace, workflow) WHERE (external_id IS NOT NULL);
CREATE INDEX runs_family ON kagzi.runs USING btree (root_id, id);
CREATE INDEX runs_unsuccessful ON kagzi.runs USING btree (id) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
CREATE INDEX runs_workflow ON kagzi.runs USING btree (workflow, id);
