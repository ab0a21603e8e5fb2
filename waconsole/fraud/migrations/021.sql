-- The same two views without taking out doubles: so a look at one item or one operator uses their indexes.
DROP VIEW deciding_member;
CREATE VIEW deciding_member AS
SELECT o.id AS operator_id, r.root_id
  FROM operator AS o
  JOIN member_root AS r ON r.id = o.member_id
 UNION ALL
SELECT k.operator_id, r.root_id
  FROM operator_link AS k
  JOIN member_root AS r ON r.id = k.member_id;

DROP VIEW review_person;
CREATE VIEW review_person AS
SELECT m.review_id, r.root_id
  FROM review_member AS m
  JOIN member_root AS r ON r.id = m.member_id
 UNION ALL
SELECT i.review_id, e.referrer_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id
 UNION ALL
SELECT i.review_id, e.invitee_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id;
