-- What a member wrote to us or in a group elsewhere, as a file told it: that it was said, not what. It is in no
-- conversation, so nothing of it is unread or owed.
CREATE TABLE elsewhere_message (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    said_at       INTEGER NOT NULL,
    group_id      INTEGER REFERENCES "group" (id),  -- NULL: to us directly
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Two identical rows of a file are one fact.
CREATE UNIQUE INDEX elsewhere_message_fact ON elsewhere_message (member_id, said_at, (coalesce(group_id, 0)));

-- That a member wrote, here or elsewhere, to us (`group_id` NULL) or in a group.
CREATE VIEW heard_message AS
SELECT a.member_id, x.sent_at AS said_at, c.group_id
  FROM message AS x
  JOIN alias AS a ON a.id = x.alias_id
  JOIN conversation AS c ON c.id = x.conversation_id
 WHERE x.direction = 'in' AND x.kind <> 'system'
   AND x.import_run_id NOT IN (SELECT id FROM open_run)
UNION ALL
SELECT r.root_id, e.said_at, e.group_id
  FROM elsewhere_message AS e
  JOIN member_root AS r ON r.id = e.member_id
 WHERE e.import_run_id NOT IN (SELECT id FROM open_run);

-- What was sent to a member directly, here or elsewhere, and may have reached them: when, and what for. `is_marketing`
-- is the purpose of a push; `counts` says that the caps count it, `wins` that the gap between two of marketing does.
CREATE VIEW direct_send AS
SELECT r.root_id AS member_id,
       coalesce((SELECT max(t.started_at) FROM attempt AS t WHERE t.outgoing_id = o.id), o.written_at)
           / 1000000 * 1000000 AS sent_at,  -- event times are whole seconds
       o.purpose = 'marketing' AS is_marketing,
       o.template_category <> 'AUTHENTICATION'
           AND (o.kind = 'template' OR o.purpose IN ('marketing', 'invitation', 'points')) AS counts,
       o.purpose IN ('marketing', 'invitation') OR o.template_category = 'MARKETING' AS wins,
       o.id AS outgoing_id
  FROM outgoing AS o
  JOIN conversation AS c ON c.id = o.conversation_id
  JOIN member_root AS r ON r.id = c.member_id
 WHERE o.state IN ('sending', 'accepted', 'unknown', 'closed')
UNION ALL
SELECT r.root_id, e.sent_at, e.purpose = 'marketing', 1, e.purpose = 'marketing', NULL
  FROM elsewhere_push AS e
  JOIN member_root AS r ON r.id = e.member_id
 WHERE e.import_run_id NOT IN (SELECT id FROM open_run);
