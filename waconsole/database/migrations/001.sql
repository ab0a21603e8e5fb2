CREATE TABLE ledger_fact (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE migration (
    id   INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (room, name)
) STRICT;

-- Bulk work stands under a run row: its rows are seen by nobody until the run is sealed.
CREATE TABLE import_run (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL CHECK (kind IN ('chat', 'contacts')),
    target      TEXT    NOT NULL,               -- what it writes into: the group's ref, or 'members'
    source      TEXT    NOT NULL,               -- the file's name
    sha256      TEXT    NOT NULL,               -- of the file's text and the options that change its meaning
    state       TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'swept')),
    worker      TEXT    NOT NULL,               -- host, boot and process that write it
    begun_at    INTEGER NOT NULL,
    pulse_at    INTEGER NOT NULL,
    sealed_at   INTEGER,
    summary     TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE UNIQUE INDEX import_run_open ON import_run (target) WHERE state = 'open';

CREATE TABLE reject (
    id            INTEGER PRIMARY KEY,
    import_run_id INTEGER NOT NULL REFERENCES import_run (id),
    line          INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    text          TEXT    NOT NULL
) STRICT;
CREATE INDEX reject_run ON reject (import_run_id, line);

CREATE VIEW open_run AS SELECT id FROM import_run WHERE state = 'open';
