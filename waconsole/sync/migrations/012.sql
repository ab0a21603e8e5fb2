-- What fails for a reason nobody foresaw is tried again by itself: it waits as `trying` until `again_at`. After five
-- failures it is quarantined.
CREATE TABLE inbound_item_new (
    id         INTEGER PRIMARY KEY,
    inbound_id INTEGER NOT NULL REFERENCES inbound (id),
    place      INTEGER NOT NULL,                   -- in its body, from 0
    key        TEXT    NOT NULL UNIQUE,
    number     TEXT    NOT NULL DEFAULT '',        -- WhatsApp's id of the number it is for
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('done', 'kept', 'trying', 'quarantined')), -- kept: not understood, shown
    attempts   INTEGER NOT NULL DEFAULT 1,         -- since an operator had it tried again, if one did
    reason     TEXT    NOT NULL DEFAULT '',
    raw        TEXT    NOT NULL DEFAULT '',        -- of what is not done; the rest stands in its body
    handled_at INTEGER NOT NULL,
    again_at   INTEGER,                            -- when it is tried again
    CHECK ((state = 'trying') = (again_at IS NOT NULL))
) STRICT;
INSERT INTO inbound_item_new (id, inbound_id, place, key, number, kind, state, attempts, reason, raw, handled_at)
SELECT id, inbound_id, place, key, number, kind, state, attempts, reason, raw, handled_at FROM inbound_item;
DROP TABLE inbound_item;
ALTER TABLE inbound_item_new RENAME TO inbound_item;
CREATE INDEX inbound_item_left ON inbound_item (state, id) WHERE state <> 'done';
CREATE INDEX inbound_item_body ON inbound_item (inbound_id, place);
CREATE INDEX inbound_item_again ON inbound_item (again_at) WHERE again_at IS NOT NULL;
