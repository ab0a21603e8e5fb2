-- Every stay of a person in a group, for who asks at an instant: from `joined_at` on, and no more at `left_at`.
CREATE VIEW dated_membership AS
SELECT p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.left_at
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id;
