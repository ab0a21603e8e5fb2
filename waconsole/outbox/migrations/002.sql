-- A number of the Cloud API. It stands still while `stopped_reason` says why.
ALTER TABLE number ADD COLUMN phone_number_id TEXT;
ALTER TABLE number ADD COLUMN waba_id TEXT NOT NULL DEFAULT '';
ALTER TABLE number ADD COLUMN stopped_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE number ADD COLUMN stopped_at INTEGER;
CREATE UNIQUE INDEX number_phone_number_id ON number (phone_number_id) WHERE phone_number_id IS NOT NULL;

-- WhatsApp's id of the message, once it was accepted; the row of the thread that shows it, where there is one.
ALTER TABLE outgoing ADD COLUMN wamid TEXT;
ALTER TABLE outgoing ADD COLUMN message_id INTEGER;
CREATE UNIQUE INDEX outgoing_wamid ON outgoing (wamid) WHERE wamid IS NOT NULL;
CREATE UNIQUE INDEX outgoing_message ON outgoing (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outgoing_queued ON outgoing (number_id, not_before, id) WHERE state = 'queued';
CREATE INDEX outgoing_moving ON outgoing (conversation_id, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outgoing_newest ON outgoing (written_at, id);

-- Written before the wire: whoever dies after it leaves a question, never a second message.
CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    outgoing_id INTEGER NOT NULL REFERENCES outgoing (id),
    n           INTEGER NOT NULL CHECK (n > 0),
    opaque      TEXT    NOT NULL UNIQUE,        -- goes with the message and comes back in every status of it
    owner       TEXT    NOT NULL,               -- the process that sends: host and process id
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    outcome     TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')),
    code        INTEGER,
    detail      TEXT    NOT NULL DEFAULT '',
    trace       TEXT    NOT NULL DEFAULT '',
    wamid       TEXT,
    UNIQUE (outgoing_id, n),
    CHECK ((outcome = '') = (ended_at IS NULL)),
    CHECK (outcome <> 'accepted' OR wamid IS NOT NULL)
) STRICT;
CREATE INDEX attempt_open ON attempt (outgoing_id) WHERE outcome = '';

-- WhatsApp's word, by its own id: a status may come before the answer of the send. One row more for each reader of a group.
CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    wamid        TEXT    NOT NULL,
    participant  TEXT    NOT NULL DEFAULT '',
    status       TEXT    NOT NULL DEFAULT '' CHECK (status IN ('', 'sent', 'delivered', 'read', 'played')),
    rank         INTEGER NOT NULL DEFAULT 0,
    sent_at      INTEGER,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    failed_at    INTEGER,
    error_code   INTEGER,
    error_detail TEXT    NOT NULL DEFAULT '',
    pricing      TEXT,                          -- JSON, as received
    UNIQUE (wamid, participant),
    CHECK (rank = CASE status WHEN 'sent' THEN 1 WHEN 'delivered' THEN 2 WHEN 'read' THEN 3 WHEN 'played' THEN 4 ELSE 0 END),
    CHECK ((failed_at IS NULL) = (error_code IS NULL))
) STRICT;

-- An outgoing as a reader wants it: our effort in `state`, WhatsApp's word in `delivery`.
CREATE VIEW outgoing_state AS
SELECT o.id, o.ref, o.conversation_id, o.message_id, o.state, o.state_reason,
       coalesce((SELECT d.status FROM delivery AS d WHERE d.wamid = o.wamid ORDER BY d.rank DESC LIMIT 1), '') AS delivery,
       coalesce((SELECT d.error_code FROM delivery AS d
                  WHERE d.wamid = o.wamid AND d.failed_at IS NOT NULL ORDER BY d.failed_at DESC, d.id DESC LIMIT 1),
                CASE WHEN o.state = 'failed'
                     THEN (SELECT a.code FROM attempt AS a WHERE a.outgoing_id = o.id ORDER BY a.n DESC LIMIT 1) END) AS delivery_error,
       (SELECT count(*) FROM attempt AS a WHERE a.outgoing_id = o.id) AS attempts,
       o.wamid, o.written_at AS created_at
  FROM outgoing AS o;
