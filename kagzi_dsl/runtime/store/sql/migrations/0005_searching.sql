-- Runs are found by their labels and by when they were started.

-- Beside the labels as JSON, so that an index can hold them; null where there are none, so that those cost nothing.
alter table kagzi.runs add column label_pairs text[];
comment on column kagzi.runs.label_pairs is 'The labels as KEY=VALUE, to search by; null without any.';
update kagzi.runs set label_pairs = array(select key || '=' || value from json_each_text(labels))
where labels::text <> '{}';
create index runs_labels on kagzi.runs using gin (label_pairs) where label_pairs is not null;
create index runs_created on kagzi.runs (created_at);
