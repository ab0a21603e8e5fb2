-- Each chunk tells the lowest and the highest of its numbers: what a window does not reach is not read. Sealed columns
-- are a cache, so that all of them are made again.
DROP TABLE column_segment;
DELETE FROM column_run;
DELETE FROM column_touched;
UPDATE column_mark SET through_id = 0, changes = changes + 1;

-- One column of some rows of one part (a category, a currency), as little-endian numbers.
CREATE TABLE column_segment (
    id      INTEGER PRIMARY KEY,
    run_id  INTEGER NOT NULL REFERENCES column_run (id),
    part    INTEGER NOT NULL,                         -- the word's id; 0: none
    column  TEXT    NOT NULL CHECK (column <> ''),
    chunk   INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('i1', 'i2', 'i4', 'i8')),
    rows    INTEGER NOT NULL CHECK (rows > 0),
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL CHECK (high >= low),
    body    BLOB    NOT NULL,
    UNIQUE (run_id, part, column, chunk)
) STRICT;

-- What there is of each column is found without turning over what it holds.
CREATE INDEX column_segment_catalogue ON column_segment (run_id, column, part, chunk, rows, low, high);
