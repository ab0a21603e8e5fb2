-- Rules kept by name. A version never changes; the latest one counts from when it was saved.
CREATE TABLE segment (
    id       INTEGER PRIMARY KEY,
    ref      TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    name     TEXT    NOT NULL CHECK (name <> ''),
    folded   TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE segment_version (
    id         INTEGER PRIMARY KEY,
    segment_id INTEGER NOT NULL REFERENCES segment (id),
    version    INTEGER NOT NULL CHECK (version > 0),
    rule       TEXT    NOT NULL,                  -- '' for a list
    members    TEXT    NOT NULL DEFAULT '',       -- JSON: refs, for a list that was imported
    owner      TEXT    NOT NULL DEFAULT '',
    purpose    TEXT    NOT NULL DEFAULT '',
    review_on  TEXT    NOT NULL DEFAULT '',       -- YYYY-MM-DD: when somebody looks whether it still holds
    operator_id INTEGER,
    saved_at   INTEGER NOT NULL,
    UNIQUE (segment_id, version)
) STRICT;

-- Sealed columns of facts: a cache over rows, made again at any time.
CREATE TABLE column_segment (
    id        INTEGER PRIMARY KEY,
    fact      TEXT    NOT NULL CHECK (fact <> ''),     -- orders, clicks, …
    part      TEXT    NOT NULL DEFAULT '',             -- a category, or a currency
    chunk     INTEGER NOT NULL,
    first_id  INTEGER NOT NULL,                        -- of the rows it holds
    last_id   INTEGER NOT NULL,
    rows      INTEGER NOT NULL CHECK (rows > 0),
    body      BLOB    NOT NULL,
    UNIQUE (fact, part, chunk)
) STRICT;
