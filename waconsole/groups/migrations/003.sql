-- Who belongs to a group, each person once: a merged member's stay is read as that of the row that stands for
-- them, and of two stays at once the admin's, then the earlier, is the one.
DROP VIEW present_membership;
CREATE VIEW present_membership AS
SELECT p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.entry_channel
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id
 WHERE p.left_at IS NULL
   AND ((r.root_id = r.id AND r.one_since = 0)  -- nobody was merged: nothing to look for
        OR NOT EXISTS (SELECT 1
                         FROM member_root AS o
                        CROSS JOIN membership AS q
                        WHERE o.root_id = r.root_id AND o.id <> r.id AND q.member_id = o.id
                          AND q.group_id = p.group_id AND q.left_at IS NULL
                          AND (q.role < p.role
                               OR (q.role = p.role
                                   AND (q.joined_at < p.joined_at OR (q.joined_at = p.joined_at AND q.id < p.id))))));
