-- What a sweep wrote of an item, in short, so that nothing is written twice; and since when sweeps no longer find it:
-- later facts spoke against it before anybody decided. Nothing hangs on such an item; found again, it stands again.
ALTER TABLE review ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE review ADD COLUMN gone_at INTEGER;

DROP VIEW invite_gate;
CREATE VIEW invite_gate AS
SELECT i.invite_id, v.ref AS review_ref, v.kind,
       CASE WHEN v.state <> 'decided' THEN 'held'
            WHEN d.outcome IN ('void', 'block') THEN 'void'
            WHEN d.outcome IN ('release', 'unfreeze') THEN 'release'
            ELSE 'held' END AS verdict,
       d.reason, d.decided_at
  FROM review_invite AS i
  JOIN review AS v ON v.id = i.review_id
  LEFT JOIN review_decision AS d ON d.id = v.decision_id
 WHERE v.state = 'decided' OR v.gone_at IS NULL;

DROP VIEW open_review_member;
CREATE VIEW open_review_member AS
SELECT r.root_id AS member_id, v.id AS review_id, v.ref AS review_ref, v.kind, v.found_at
  FROM review_member AS m
  JOIN review AS v ON v.id = m.review_id
  JOIN member_root AS r ON r.id = m.member_id
 WHERE v.state <> 'decided' AND v.gone_at IS NULL;
