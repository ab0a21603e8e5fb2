-- When a person was erased: the row stays, under its ref, for what is counted and booked.
ALTER TABLE member ADD COLUMN erased_at INTEGER;

-- That somebody of a number or an id was erased, as a keyed hash: the key is not in the ledger. Who is met under it
-- again is somebody new, and a stop they said stands. Which row they were is not said.
CREATE TABLE erased_mark (
    id         INTEGER PRIMARY KEY,
    mark       BLOB    NOT NULL UNIQUE CHECK (length(mark) = 32),
    key_id     TEXT    NOT NULL CHECK (key_id <> ''),
    stopped_at INTEGER,                         -- when they said stop; NULL: they did not
    erased_at  INTEGER NOT NULL
) STRICT;
