-- Files of every kind are imported under a run; which kinds there are is said where they are read. The table is
-- made anew, not renamed: SQLite renames nothing that views of other rooms read while it is away.
CREATE TABLE import_run_kept AS SELECT * FROM import_run;
CREATE TABLE reject_kept AS SELECT * FROM reject;
DROP TABLE reject;
DROP TABLE import_run;

CREATE TABLE import_run (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL CHECK (kind <> ''),
    target      TEXT    NOT NULL,               -- what it writes into: the group's ref, 'members', 'orders', …
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

INSERT INTO import_run (id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at, sealed_at, summary)
SELECT id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at, sealed_at, summary
  FROM import_run_kept ORDER BY id;
INSERT INTO reject (id, import_run_id, line, reason, text)
SELECT id, import_run_id, line, reason, text FROM reject_kept ORDER BY id;
DROP TABLE import_run_kept;
DROP TABLE reject_kept;
