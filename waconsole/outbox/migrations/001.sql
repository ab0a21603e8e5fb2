CREATE TABLE number (
    id       INTEGER PRIMARY KEY,
    ref      TEXT    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    phone    TEXT    UNIQUE,
    driver   TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    added_at INTEGER NOT NULL
) STRICT;

-- The state is our effort; what WhatsApp says of it will stand in a table of its own.
CREATE TABLE outgoing (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    number_id       INTEGER NOT NULL REFERENCES number (id),
    conversation_id INTEGER NOT NULL,
    answers_id      INTEGER,                    -- the message it answers
    driver          TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    kind            TEXT    NOT NULL CHECK (kind IN ('text')),
    text            TEXT    NOT NULL CHECK (text <> ''),
    purpose         TEXT    NOT NULL CHECK (purpose IN ('reply', 'service', 'marketing', 'invitation', 'points', 'transactional')),
    programme       TEXT    NOT NULL DEFAULT '',
    segment         TEXT    NOT NULL DEFAULT '',
    campaign        TEXT    NOT NULL DEFAULT '',
    rule            TEXT    NOT NULL DEFAULT '',
    rule_version    INTEGER NOT NULL DEFAULT 0,
    holdout         INTEGER NOT NULL DEFAULT 0 CHECK (holdout IN (0, 1)),
    price_minor     INTEGER,
    price_currency  TEXT,
    state           TEXT    NOT NULL CHECK (state IN ('draft', 'scheduled', 'queued', 'sending', 'accepted', 'unknown', 'failed',
                                                      'refused', 'cancelled', 'expired', 'held', 'closed')),
    state_reason    TEXT    NOT NULL DEFAULT '',
    operator_id     INTEGER REFERENCES operator (id),
    written_at      INTEGER NOT NULL,
    not_before      INTEGER,
    expires_at      INTEGER,
    origin          TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import'))
) STRICT;
CREATE INDEX outgoing_thread ON outgoing (conversation_id, written_at, id);
CREATE INDEX outgoing_waiting ON outgoing (state, not_before, id) WHERE state IN ('draft', 'scheduled', 'queued', 'sending', 'held', 'unknown');

CREATE TABLE task (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    outgoing_id INTEGER NOT NULL UNIQUE REFERENCES outgoing (id),
    state       TEXT    NOT NULL CHECK (state IN ('offered', 'copied', 'done', 'refused')),
    offered_at  INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    copied_at   INTEGER,
    copied_by   INTEGER REFERENCES operator (id),
    decided_at  INTEGER,
    decided_by  INTEGER REFERENCES operator (id),
    reason      TEXT    NOT NULL DEFAULT '',
    CHECK ((state IN ('done', 'refused')) = (decided_at IS NOT NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) STRICT;
CREATE INDEX task_open ON task (deadline_at, id) WHERE state IN ('offered', 'copied');
