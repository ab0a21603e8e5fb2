-- What a void or a block took stays taken when its item grows and is open again: only the invites that came since wait.
-- `after_decision` is the last decision of the item when the invite came to it.
ALTER TABLE review_invite ADD COLUMN after_decision INTEGER NOT NULL DEFAULT 0;

DROP VIEW invite_gate;
CREATE VIEW invite_gate AS
SELECT i.invite_id, v.ref AS review_ref, v.kind,
       CASE WHEN s.id IS NOT NULL THEN 'void'
            WHEN v.state <> 'decided' THEN 'held'
            WHEN d.outcome IN ('void', 'block') THEN 'void'
            WHEN d.outcome IN ('release', 'unfreeze') THEN 'release'
            ELSE 'held' END AS verdict,
       coalesce(s.reason, d.reason) AS reason, coalesce(s.decided_at, d.decided_at) AS decided_at
  FROM review_invite AS i
  JOIN review AS v ON v.id = i.review_id
  LEFT JOIN review_decision AS d ON d.id = v.decision_id
  LEFT JOIN review_decision AS s
    ON v.state <> 'decided' AND v.decision_id <> 0
   AND s.id = (SELECT max(l.id) FROM review_decision_standing AS l
                WHERE l.review_id = v.id AND l.is_proposal = 0
                  AND l.outcome IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'appeal'))
   AND s.outcome IN ('void', 'block') AND i.after_decision < s.id
 WHERE v.state = 'decided' OR v.gone_at IS NULL;

-- What the last sweep had seen, and when it was: where nothing came in since, there is nothing to sweep.
CREATE TABLE sweep_mark (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    facts    TEXT    NOT NULL,
    swept_at INTEGER NOT NULL
) STRICT;
