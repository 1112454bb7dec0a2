-- Each entry of a journal carries the digest of the one before it, and its own.

alter table kagzi.journal add column previous bytea, add column digest bytea;
comment on column kagzi.journal.previous is
    'The digest of the entry before; of the first one, the SHA-256 of the run''s id. Null in entries of versions without a chain.';
comment on column kagzi.journal.digest is 'The SHA-256 of `previous` and the entry as a JSON array.';
