-- Sessions and transactions. The settings hold for one transaction, so that a pooler may lend the connection to another.

-- name: begin
-- Opens a transaction which the server ends should this process fall silent in it ({idle} ms).
begin; set local idle_in_transaction_session_timeout = {idle};

-- name: begin_bare
-- Opens a transaction in a session that has the settings of begin_pinned from its start.
begin

-- name: begin_pinned
-- The same, for statements that must always reach their rows by index, whatever the statistics say at the moment.
begin; set local idle_in_transaction_session_timeout = {idle}; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off;

-- name: begin_relaxed
-- The same, for claims: a commit that a crash of the server forgets is nobody's loss.
begin; set local idle_in_transaction_session_timeout = {idle}; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; set local synchronous_commit = off;

-- name: begin_planned
-- The same, for a query whose plan hangs on what is asked for.
begin; set local idle_in_transaction_session_timeout = {idle}; set local plan_cache_mode = force_custom_plan;

-- name: silence
-- The limit of `begin` for a transaction that was begun without.
set local idle_in_transaction_session_timeout = {idle};

-- name: pin
-- The settings of begin_pinned for the rest of a transaction that was begun without.
set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off;

-- name: limit
-- Ends a transaction also when this process falls silent in the middle of a statement, which the server takes for work
-- (PostgreSQL 17 and newer).
set local transaction_timeout = {idle};

-- name: limit_all
-- The same for every transaction of the session.
set transaction_timeout = {idle};

-- name: clock
-- The time.
select kagzi.clock();

-- name: transaction_id
-- A lasting name for the transaction, to ask for its fate later.
select pg_current_xact_id()::text;

-- name: transaction_fate
-- What became of a transaction whose answer got lost.
select pg_xact_status($1::text::xid8);

-- name: notify
-- Passes hints on to every process that listens.
select pg_notify('kagzi', hint) from unnest($1::text[]) as hint;
