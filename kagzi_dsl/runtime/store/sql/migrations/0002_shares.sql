-- Workers take up runs by namespace, queue and definition.

drop index kagzi.queue_ready;
create index queue_ready on kagzi.queue (namespace, queue, priority desc, available_at, run_id)
    where owner is null and not timed and available_at is not null;
create index queue_definitions on kagzi.queue (namespace, queue, digest);
