-- Files that were written out of this ledger and hold what stood in it then: they are nobody's to change from here, so
-- who erases a person is told of them.
CREATE TABLE export_run (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind <> ''),
    file       TEXT    NOT NULL,                -- where it was written to
    written_at INTEGER NOT NULL
) STRICT;
