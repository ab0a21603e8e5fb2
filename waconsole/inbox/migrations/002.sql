-- What a message has when it comes over the wire. `type` is Meta's word for it; `reply_to` the wamid it quotes, as
-- received, and `reply_to_id` that message, once it is here.
ALTER TABLE message ADD COLUMN type TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN reply_to TEXT;
ALTER TABLE message ADD COLUMN reply_to_id INTEGER;

-- `sha256` and `byte_count` stay those of the copy kept beside the ledger; these are what WhatsApp said of the file.
ALTER TABLE media ADD COLUMN media_id TEXT;
ALTER TABLE media ADD COLUMN mime TEXT NOT NULL DEFAULT '';
ALTER TABLE media ADD COLUMN declared_sha256 TEXT;

-- Edits, revokes and reactions as they came; the message follows from them by event time, whichever came first.
CREATE TABLE message_change (
    id         INTEGER PRIMARY KEY,
    wamid      TEXT    NOT NULL UNIQUE,         -- of the change itself
    target     TEXT    NOT NULL,                -- the wamid of the message it changes
    kind       TEXT    NOT NULL CHECK (kind IN ('edit', 'revoke', 'reaction')),
    alias_id   INTEGER NOT NULL,
    text       TEXT    NOT NULL,                -- the new text, or the emoji (empty: taken away)
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_change_target ON message_change (target, changed_at);

-- A member's words may also ask to be left alone: work items know the kind `opt_out`.
DROP VIEW visible_item;
ALTER TABLE work_item RENAME TO work_item_before;
CREATE TABLE work_item (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('question', 'complaint', 'price', 'join', 'offer', 'mention', 'spam', 'proof',
                                                     'opt_out')),
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
INSERT INTO work_item
SELECT id, ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at, owed_until, origin, import_run_id
  FROM work_item_before;
DROP TABLE work_item_before;
CREATE INDEX work_item_open ON work_item (conversation_id, owed_until, id) WHERE state = 'open';
CREATE INDEX work_item_due ON work_item (owed_until, id) WHERE state = 'open';
CREATE INDEX work_item_message ON work_item (message_id);

CREATE VIEW visible_item AS
SELECT id, ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at, owed_until, origin
  FROM work_item
 WHERE import_run_id NOT IN (SELECT id FROM open_run);
