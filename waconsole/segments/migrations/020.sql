-- Sealed columns are a cache over rows that others own: they can be made again at any time, so they may go.
DROP TABLE column_segment;

-- One sealing of one fact: it holds the rows from `first_id` to `last_id` that counted then, sorted by part and time.
-- It counts once it is sealed; what a dead process left open is taken out by the next sealing.
CREATE TABLE column_run (
    id       INTEGER PRIMARY KEY,
    fact     TEXT    NOT NULL CHECK (fact <> ''),     -- order, line, click, …
    state    TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'gone')),
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL CHECK (last_id >= first_id),
    rows     INTEGER NOT NULL CHECK (rows >= 0),
    made_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX column_run_fact ON column_run (fact, state, id);

-- One column of some rows of one part (a category, a currency), as little-endian numbers.
CREATE TABLE column_segment (
    id      INTEGER PRIMARY KEY,
    run_id  INTEGER NOT NULL REFERENCES column_run (id),
    part    INTEGER NOT NULL,                         -- the word's id; 0: none
    column  TEXT    NOT NULL CHECK (column <> ''),
    chunk   INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('i1', 'i2', 'i4', 'i8')),
    rows    INTEGER NOT NULL CHECK (rows > 0),
    body    BLOB    NOT NULL,
    UNIQUE (run_id, part, column, chunk)
) STRICT;

-- Categories, products, currencies, languages and zones as numbers.
CREATE TABLE column_word (
    id   INTEGER PRIMARY KEY,
    kind TEXT    NOT NULL CHECK (kind <> ''),
    word TEXT    NOT NULL,
    UNIQUE (kind, word)
) STRICT;

-- How far the rows of a fact are sealed, and how often rows that were there before were changed or taken out.
CREATE TABLE column_mark (
    id         INTEGER PRIMARY KEY,
    fact       TEXT    NOT NULL UNIQUE CHECK (fact <> ''),
    through_id INTEGER NOT NULL DEFAULT 0,
    changes    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Sealed rows that were changed or taken out since: they are read from the rows.
CREATE TABLE column_touched (
    id     INTEGER PRIMARY KEY,
    fact   TEXT    NOT NULL CHECK (fact <> ''),
    row_id INTEGER NOT NULL,
    UNIQUE (fact, row_id)
) STRICT;
