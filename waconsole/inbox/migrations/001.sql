-- A conversation is (our number, member or group).
CREATE TABLE conversation (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    number_id       INTEGER NOT NULL REFERENCES number (id),
    member_id       INTEGER REFERENCES member (id),
    group_id        INTEGER REFERENCES "group" (id),
    last_message_id INTEGER,
    last_at         INTEGER NOT NULL DEFAULT 0,
    message_count   INTEGER NOT NULL DEFAULT 0,
    unread          INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0),
    read_through_at INTEGER NOT NULL DEFAULT 0, -- what is later than this mark, or of its instant
    read_through_id INTEGER NOT NULL DEFAULT 0, --   with a higher id, is unread
    owed            INTEGER NOT NULL DEFAULT 0 CHECK (owed >= 0),
    owed_until      INTEGER,                    -- the earliest answer target among its open items
    lead_item_id    INTEGER,                    -- the open item of that target
    window_until    INTEGER,                    -- end of the service window
    urgent_at       INTEGER NOT NULL DEFAULT 9223372036854775807, -- the clock that dies first
    snoozed_until   INTEGER NOT NULL DEFAULT 0,
    muted           INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
    assigned_to     INTEGER REFERENCES operator (id),
    draft           TEXT    NOT NULL DEFAULT '',
    import_run_id   INTEGER NOT NULL DEFAULT 0,
    CHECK ((member_id IS NULL) <> (group_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX conversation_member ON conversation (number_id, member_id) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX conversation_group ON conversation (number_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX conversation_clock ON conversation (urgent_at, last_at DESC, id);

-- OR, not IN: SQLite builds the list of an IN of three anew for every row, which trebled the cost of a row.
CREATE TABLE message (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    alias_id        INTEGER,                    -- who wrote it, by the name they wrote under
    direction       TEXT    NOT NULL CHECK (direction = 'in' OR direction = 'out' OR direction = 'none'),
    kind            TEXT    NOT NULL CHECK (kind = 'text' OR kind = 'media' OR kind = 'deleted' OR kind = 'poll' OR kind = 'system'),
    text            TEXT    NOT NULL,
    edited          INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1)),
    notice          TEXT    NOT NULL DEFAULT '',-- of a system line: its kind
    wamid           TEXT,
    sent_at         INTEGER NOT NULL,
    search_key      INTEGER UNIQUE,
    origin          TEXT    NOT NULL CHECK (origin = 'import' OR origin = 'live' OR origin = 'history'),
    import_run_id   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_thread ON message (conversation_id, sent_at, id);
CREATE UNIQUE INDEX message_wamid ON message (wamid) WHERE wamid IS NOT NULL;

CREATE TABLE media (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL DEFAULT '',     -- as the sender called it: only ever shown
    sha256     TEXT,                            -- of the copy kept beside the ledger, if there is one
    byte_count INTEGER
) STRICT;

CREATE TABLE reaction (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    alias_id   INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    reacted_at INTEGER NOT NULL,
    UNIQUE (message_id, alias_id)
) STRICT;

CREATE TABLE poll_vote (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    choice     TEXT    NOT NULL,
    alias_id   INTEGER,                         -- an export names no voters, only their number
    votes      INTEGER NOT NULL CHECK (votes >= 0),
    UNIQUE (message_id, choice, alias_id)
) STRICT;

CREATE TABLE work_item (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('question', 'complaint', 'price', 'join', 'offer', 'mention', 'spam', 'proof')),
    state           TEXT    NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    rule            TEXT    NOT NULL,           -- 'hand' when an operator made it
    rule_version    INTEGER NOT NULL,
    evidence        TEXT    NOT NULL,
    asked_at        INTEGER NOT NULL,
    owed_until      INTEGER NOT NULL,
    origin          TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    import_run_id   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message_id, kind)
) STRICT;
CREATE INDEX work_item_open ON work_item (conversation_id, owed_until, id) WHERE state = 'open';
CREATE INDEX work_item_due ON work_item (owed_until, id) WHERE state = 'open';
CREATE INDEX work_item_message ON work_item (message_id);

CREATE TABLE note (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER,
    operator_id     INTEGER NOT NULL REFERENCES operator (id),
    text            TEXT    NOT NULL CHECK (text <> ''),
    written_at      INTEGER NOT NULL,
    withdrawn       INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT;
CREATE INDEX note_thread ON note (conversation_id, written_at, id);

CREATE VIEW visible_message AS
SELECT id, conversation_id, alias_id, direction, kind, text, edited, notice, wamid, sent_at, search_key, origin, import_run_id
  FROM message
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_item AS
SELECT id, ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at, owed_until, origin
  FROM work_item
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_conversation AS
SELECT id, ref, number_id, member_id, group_id, last_message_id, last_at, message_count, unread, read_through_at, read_through_id,
       owed, owed_until, lead_item_id, window_until, urgent_at, snoozed_until, muted, assigned_to, draft
  FROM conversation
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

-- What a conversation is called, for rooms below that only know its id.
CREATE VIEW conversation_name AS
SELECT c.id, c.ref, g.name AS "group", coalesce(g.name, m.name, '') AS name
  FROM conversation AS c
  LEFT JOIN "group" AS g ON g.id = c.group_id
  LEFT JOIN member AS m ON m.id = c.member_id;
