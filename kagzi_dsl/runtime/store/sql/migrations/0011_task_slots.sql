-- Attempts that hold slots of their queue.

alter table kagzi.tasks
    add column sheltered boolean not null default false,
    add column holds boolean not null default false;
comment on column kagzi.tasks.sheltered is 'Its run, or who waits for that, holds a slot of this queue already, so it needs none.';
comment on column kagzi.tasks.holds is 'It was taken up, and holds a slot of its queue.';
create index tasks_holding on kagzi.tasks (namespace, queue) where holds;
