-- A person was erased. Everything of it happens in the one transaction in which the row is `open`; then the file is
-- written anew (`erased` until that is done), so that nothing of them is left in free pages and the log.
CREATE TABLE erasure (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER NOT NULL,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    state       TEXT    NOT NULL CHECK (state IN ('open', 'erased', 'done')),
    files       TEXT    NOT NULL DEFAULT '[]',  -- JSON: copies of files to take away, by SHA-256
    erased_at   INTEGER NOT NULL,
    done_at     INTEGER
) STRICT;
CREATE INDEX erasure_undone ON erasure (state) WHERE state <> 'done';
