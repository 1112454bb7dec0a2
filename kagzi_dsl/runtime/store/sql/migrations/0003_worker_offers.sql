-- Workers say what they take up.

alter table kagzi.workers
    add column namespace text,
    add column queues text[] not null default '{}',
    add column activities text[] not null default '{}';
comment on column kagzi.workers.queues is 'The queues it takes runs from; empty for a process that works for runs of its own alone.';
