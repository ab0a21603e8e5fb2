-- A tag that was put on by hand may end by itself; one of a rule says which version of it put it on (0: none).
ALTER TABLE own_tag ADD COLUMN expires_at INTEGER;
ALTER TABLE own_tag ADD COLUMN rule_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX own_tag_expiring ON own_tag (expires_at, id) WHERE expires_at IS NOT NULL;
CREATE INDEX own_tag_by_rule ON own_tag (name, member_id) WHERE by_hand = 0;

-- Tags that members had: who, from when to when, by which version of a rule, and what ended it. What they bear now
-- stands in `own_tag`, so that putting one on costs one row.
CREATE TABLE tag_change (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    name         TEXT    NOT NULL CHECK (name <> ''),
    by_hand      INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
    rule_version INTEGER NOT NULL DEFAULT 0,
    tagged_at    INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    ended_by     TEXT    NOT NULL CHECK (ended_by IN ('hand', 'rule', 'time'))
) STRICT;
CREATE INDEX tag_change_member ON tag_change (member_id, id);
CREATE INDEX tag_change_name ON tag_change (name, id);

DROP VIEW tag;
CREATE VIEW tag AS
SELECT t.id, r.root_id AS member_id, t.name, t.by_hand, t.tagged_at, t.expires_at, t.rule_version
  FROM own_tag AS t
  JOIN member_root AS r ON r.id = t.member_id
 WHERE (r.root_id = r.id AND r.one_since = 0)  -- nobody was merged: nothing to look for
    OR NOT EXISTS (SELECT 1
                     FROM member_root AS o
                    CROSS JOIN own_tag AS d
                    WHERE o.root_id = r.root_id AND o.id <> r.id AND d.member_id = o.id AND d.name = t.name
                      AND (d.tagged_at < t.tagged_at OR (d.tagged_at = t.tagged_at AND d.id < t.id)));
