-- A vote in a poll is a change like the others: `text` is then the options chosen, as a JSON array (empty: taken back).
-- `alias_id` is 0 for what was done on our own phone.
ALTER TABLE message_change RENAME TO message_change_before;
CREATE TABLE message_change (
    id         INTEGER PRIMARY KEY,
    wamid      TEXT    NOT NULL UNIQUE,         -- of the change itself
    target     TEXT    NOT NULL,                -- the wamid of the message it changes
    kind       TEXT    NOT NULL CHECK (kind IN ('edit', 'revoke', 'reaction', 'vote')),
    alias_id   INTEGER NOT NULL,
    text       TEXT    NOT NULL,                -- the new text, the emoji (empty: taken away), or the options
    changed_at INTEGER NOT NULL
) STRICT;
INSERT INTO message_change (id, wamid, target, kind, alias_id, text, changed_at)
SELECT id, wamid, target, kind, alias_id, text, changed_at FROM message_change_before;
DROP TABLE message_change_before;
CREATE INDEX message_change_target ON message_change (target, changed_at);
CREATE INDEX poll_vote_message ON poll_vote (message_id);

-- What we put under a message on the linked phone itself has no outgoing row; the latest one by its time counts.
DROP VIEW shown_own_reaction;
ALTER TABLE own_reaction RENAME TO own_reaction_before;
CREATE TABLE own_reaction (
    id          INTEGER PRIMARY KEY,
    outgoing_id INTEGER UNIQUE,
    message_id  INTEGER NOT NULL,
    emoji       TEXT    NOT NULL,
    reacted_at  INTEGER NOT NULL
) STRICT;
INSERT INTO own_reaction (id, outgoing_id, message_id, emoji, reacted_at)
SELECT id, outgoing_id, message_id, emoji, reacted_at FROM own_reaction_before;
DROP TABLE own_reaction_before;
CREATE INDEX own_reaction_message ON own_reaction (message_id, id);
CREATE UNIQUE INDEX own_reaction_of_phone ON own_reaction (message_id) WHERE outgoing_id IS NULL;

CREATE VIEW shown_own_reaction AS
SELECT r.message_id, r.outgoing_id, r.emoji, r.reacted_at
  FROM own_reaction AS r
 WHERE r.id = (SELECT l.id
                 FROM own_reaction AS l
                 LEFT JOIN outgoing AS o ON o.id = l.outgoing_id
                WHERE l.message_id = r.message_id
                  AND (l.outgoing_id IS NULL OR o.state NOT IN ('cancelled', 'refused', 'failed', 'expired'))
                ORDER BY l.reacted_at DESC, l.id DESC
                LIMIT 1)
   AND r.emoji <> '';
