-- Bodies of webhooks exactly as they came, kept before they are acknowledged and taken apart later.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    source      TEXT    NOT NULL CHECK (source IN ('webhook')),
    body        BLOB    NOT NULL,
    digest      TEXT    NOT NULL UNIQUE,           -- SHA-256 of the body
    times       INTEGER NOT NULL DEFAULT 1,        -- how often this very body came
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'done')),
    faults      INTEGER NOT NULL DEFAULT 0         -- how many of its items are quarantined
) STRICT;
CREATE INDEX inbound_waiting ON inbound (id) WHERE state = 'waiting';

-- One thing a body says. The key is what it is: the same thing in two bodies is one row.
CREATE TABLE inbound_item (
    id         INTEGER PRIMARY KEY,
    inbound_id INTEGER NOT NULL REFERENCES inbound (id),
    place      INTEGER NOT NULL,                   -- in its body, from 0
    key        TEXT    NOT NULL UNIQUE,
    number     TEXT    NOT NULL DEFAULT '',        -- WhatsApp's id of the number it is for
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('done', 'kept', 'quarantined')), -- kept: not understood, shown
    attempts   INTEGER NOT NULL DEFAULT 1,
    reason     TEXT    NOT NULL DEFAULT '',
    raw        TEXT    NOT NULL DEFAULT '',        -- of what is not done; the rest stands in its body
    handled_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbound_item_left ON inbound_item (state, id) WHERE state <> 'done';
CREATE INDEX inbound_item_body ON inbound_item (inbound_id, place);

-- What was sent to the receiver and not taken, by day and reason: counted, never kept.
CREATE TABLE inbound_refusal (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,                      -- days since 1970-01-01 UTC
    reason  TEXT    NOT NULL,
    times   INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (day, reason)
) STRICT;
