-- The blue tick: WhatsApp shows a member that their message, and all before it, was read. One row for each message
-- it was asked for. What an operator has read here is another thing.
CREATE TABLE blue_tick (
    id              INTEGER PRIMARY KEY,
    wamid           TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    outgoing_id     INTEGER REFERENCES outgoing (id), -- the reply it was last asked for with; NULL: by hand
    operator_id     INTEGER REFERENCES operator (id), -- who asked for it by hand
    typing          INTEGER NOT NULL DEFAULT 0 CHECK (typing IN (0, 1)),
    times           INTEGER NOT NULL DEFAULT 1,
    asked_at        INTEGER NOT NULL,
    ended_at        INTEGER,
    outcome         TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')),
    code            INTEGER,
    detail          TEXT    NOT NULL DEFAULT '',
    given_at        INTEGER,                          -- when WhatsApp first said yes
    CHECK ((outcome = '') = (ended_at IS NULL))
) STRICT;
CREATE INDEX blue_tick_outgoing ON blue_tick (outgoing_id) WHERE outgoing_id IS NOT NULL;
CREATE INDEX blue_tick_thread ON blue_tick (conversation_id);
