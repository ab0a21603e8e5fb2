-- The threads of a merged pair stay two; both are with the row that stands for the person.
DROP VIEW visible_conversation;
CREATE VIEW visible_conversation AS
SELECT id, ref, number_id, (SELECT r.root_id FROM member_root AS r WHERE r.id = conversation.member_id) AS member_id, group_id,
       last_message_id, last_at, message_count, unread, read_through_at, read_through_id,
       owed, owed_until, lead_item_id, window_until, urgent_at, snoozed_until, muted, assigned_to, draft
  FROM conversation
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

DROP VIEW conversation_name;
CREATE VIEW conversation_name AS
SELECT c.id, c.ref, g.name AS "group", coalesce(g.name, m.name, '') AS name
  FROM conversation AS c
  LEFT JOIN "group" AS g ON g.id = c.group_id
  LEFT JOIN member_root AS r ON r.id = c.member_id
  LEFT JOIN member AS m ON m.id = r.root_id;

-- Answers kept under a name; one name may have a text in each language. A dropped one is kept for undo.
CREATE TABLE saved_reply (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL,               -- the name for comparison: NFKC and case folded
    language    TEXT    NOT NULL DEFAULT '',    -- empty: in any language
    text        TEXT    NOT NULL CHECK (text <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    saved_at    INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX saved_reply_name ON saved_reply (folded, language) WHERE withdrawn = 0;
