CREATE TABLE policy_version (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    value      TEXT    NOT NULL,                -- JSON
    says       TEXT    NOT NULL DEFAULT '',     -- one sentence for a person
    valid_from INTEGER NOT NULL,
    set_by     TEXT    NOT NULL,                -- an operator's ref, or 'preset'
    set_at     INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT;
CREATE INDEX policy_version_in_force ON policy_version (name, valid_from, version);
