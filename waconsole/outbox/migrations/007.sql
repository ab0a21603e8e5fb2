-- Whom WhatsApp will not take a message for, or not yet: a member, or everybody of a region. `number_id` NULL means
-- every number of ours, `until` NULL that it does not end by itself. What was lifted stays as it was.
CREATE TABLE suppression (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER REFERENCES member (id),
    region      TEXT    NOT NULL DEFAULT '',        -- two letters; everybody whose number is of it
    number_id   INTEGER REFERENCES number (id),
    scope       TEXT    NOT NULL CHECK (scope IN ('marketing', 'all')),
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    code        INTEGER,                            -- WhatsApp's, where it said so by one
    outgoing_id INTEGER REFERENCES outgoing (id),   -- the message it was said of
    since       INTEGER NOT NULL,
    until       INTEGER,
    lifted_at   INTEGER,
    CHECK ((member_id IS NULL) = (region <> '')),
    CHECK (until IS NULL OR until > since)
) STRICT;
CREATE INDEX suppression_member ON suppression (member_id) WHERE lifted_at IS NULL AND member_id IS NOT NULL;
CREATE INDEX suppression_region ON suppression (region) WHERE lifted_at IS NULL AND member_id IS NULL;

-- Many messages written in chunks, and visible together: until `opened_at` is set nobody sees or sends its rows. They wait
-- as `scheduled` without an hour, and a part of them at a time is queued as their turn comes. `through_id` is the last
-- member that was written, so that whoever died is gone on with; `waiting` says whether any of them may still wait.
CREATE TABLE outgoing_batch (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,             -- the key it was asked for with: the same again adds nothing
    number_id  INTEGER NOT NULL REFERENCES number (id),
    purpose    TEXT    NOT NULL,
    campaign   TEXT    NOT NULL DEFAULT '',
    content    TEXT    NOT NULL,                    -- a digest of what it says: the same key with another content is an error
    begun_at   INTEGER NOT NULL,
    through_id INTEGER NOT NULL DEFAULT 0,
    row_count  INTEGER NOT NULL DEFAULT 0,
    opened_at  INTEGER,
    waiting    INTEGER NOT NULL DEFAULT 1 CHECK (waiting IN (0, 1))
) STRICT;
CREATE INDEX outgoing_batch_unopened ON outgoing_batch (id) WHERE opened_at IS NULL;
CREATE INDEX outgoing_batch_waiting ON outgoing_batch (number_id, id) WHERE waiting = 1;

ALTER TABLE outgoing ADD COLUMN batch_id INTEGER NOT NULL DEFAULT 0;    -- 0: written by itself
ALTER TABLE outgoing ADD COLUMN replaces_id INTEGER REFERENCES outgoing (id); -- the message it was written in the place of
CREATE INDEX outgoing_replaces ON outgoing (replaces_id) WHERE replaces_id IS NOT NULL;

CREATE VIEW unopened_batch AS SELECT id FROM outgoing_batch WHERE opened_at IS NULL;
CREATE VIEW visible_outgoing AS SELECT * FROM outgoing WHERE batch_id NOT IN (SELECT id FROM unopened_batch);

-- What waits for an hour of the day, and what waits for its part of a batch.
CREATE INDEX outgoing_scheduled ON outgoing (number_id, not_before, id) WHERE state = 'scheduled' AND batch_id = 0;
CREATE INDEX outgoing_batched ON outgoing (batch_id, state, not_before, id) WHERE batch_id <> 0;

DROP VIEW outgoing_state;
CREATE VIEW outgoing_state AS
SELECT o.id, o.ref, o.conversation_id, o.message_id, o.state, o.state_reason,
       coalesce((SELECT d.status FROM delivery AS d WHERE d.wamid = o.wamid ORDER BY d.rank DESC LIMIT 1), '') AS delivery,
       coalesce((SELECT d.error_code FROM delivery AS d
                  WHERE d.wamid = o.wamid AND d.failed_at IS NOT NULL ORDER BY d.failed_at DESC, d.id DESC LIMIT 1),
                CASE WHEN o.state = 'failed'
                     THEN (SELECT a.code FROM attempt AS a WHERE a.outgoing_id = o.id ORDER BY a.n DESC LIMIT 1) END) AS delivery_error,
       (SELECT count(*) FROM attempt AS a WHERE a.outgoing_id = o.id) AS attempts,
       o.wamid, o.written_at AS created_at
  FROM outgoing AS o
 WHERE o.batch_id NOT IN (SELECT id FROM unopened_batch);
