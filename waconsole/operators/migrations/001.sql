CREATE TABLE operator (
    id        INTEGER PRIMARY KEY,
    ref       TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    role      TEXT    NOT NULL CHECK (role IN ('owner', 'moderator', 'ambassador')),
    member_id INTEGER,
    added_at  INTEGER NOT NULL
) STRICT;

-- What was done, by whom, to what, and how it stood before: the audit log is the undo log.
CREATE TABLE act (
    id           INTEGER PRIMARY KEY,
    stroke       TEXT    NOT NULL,              -- acts of one key press are undone together
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    verb         TEXT    NOT NULL,
    object_kind  TEXT    NOT NULL,
    object_id    INTEGER NOT NULL,
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    undoes       TEXT,                          -- the stroke this act takes back
    decided_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX act_stroke ON act (stroke);
CREATE INDEX act_operator ON act (operator_id, id);
CREATE INDEX act_undoes ON act (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE lease (
    id          INTEGER PRIMARY KEY,
    object_kind TEXT    NOT NULL,
    object_id   INTEGER NOT NULL,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    taken_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL CHECK (expires_at > taken_at),
    UNIQUE (object_kind, object_id)
) STRICT;
