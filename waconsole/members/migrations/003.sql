-- `one_since` of a merged row: since when it is one with the row that stands for it. What that row says later is
-- said for the merged one as well; what was said before is not.
DROP VIEW consent_in_force;
DROP VIEW consent_word;

-- Every word of a person, with whether it is a stop that stands, and whether something later was said in its place.
CREATE VIEW consent_word AS
SELECT c.id, r.root_id AS member_id, c.member_id AS said_by, c.purpose, c.state, c.source, c.text_version,
       c.decided_at, c.origin,
       c.state = 'stop' AND NOT EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.state = 'resume'
              AND l.decided_at > c.decided_at)
       AND (r.root_id = r.id OR NOT EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = r.root_id AND l.purpose = c.purpose AND l.state = 'resume'
              AND l.decided_at > c.decided_at AND l.decided_at >= r.one_since)) AS stands,
       EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.state <> 'stop'
              AND (l.decided_at > c.decided_at OR (l.decided_at = c.decided_at AND l.id > c.id)))
       OR (r.root_id <> r.id AND EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = r.root_id AND l.purpose = c.purpose AND l.state <> 'stop'
              AND l.decided_at > c.decided_at AND l.decided_at >= r.one_since)) AS outdated
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id;

-- One consent in force per person and purpose: a stop that stands outranks everything; then, of the last word of
-- each row, the stricter.
CREATE VIEW consent_in_force AS
SELECT r.root_id AS member_id, c.purpose, CASE c.state WHEN 'resume' THEN 'yes' ELSE c.state END AS state,
       c.state AS word, c.source, c.decided_at
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.id = (SELECT w.id
                 FROM consent_word AS w
                WHERE w.member_id = r.root_id AND w.purpose = c.purpose
                ORDER BY w.stands DESC, w.state = 'stop', w.outdated, w.state = 'no' DESC, w.decided_at DESC, w.id DESC
                LIMIT 1);

DROP VIEW tag;
CREATE VIEW tag AS
SELECT t.id, r.root_id AS member_id, t.name, t.by_hand, t.tagged_at
  FROM own_tag AS t
  JOIN member_root AS r ON r.id = t.member_id
 WHERE (r.root_id = r.id AND r.one_since = 0)  -- nobody was merged: nothing to look for
    OR NOT EXISTS (SELECT 1
                     FROM member_root AS o
                    CROSS JOIN own_tag AS d
                    WHERE o.root_id = r.root_id AND o.id <> r.id AND d.member_id = o.id AND d.name = t.name
                      AND (d.tagged_at < t.tagged_at OR (d.tagged_at = t.tagged_at AND d.id < t.id)));

-- What two members may share: who looks for one person in two rows reads these.
CREATE INDEX member_device ON member (device) WHERE device <> '';
CREATE INDEX member_payment ON member (payment) WHERE payment <> '';
CREATE INDEX member_address ON member (address) WHERE address <> '';
