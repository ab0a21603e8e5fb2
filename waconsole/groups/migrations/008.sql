-- Every stay of a person in a group, ended ones too, for rooms that ask who came and who left.
CREATE VIEW known_stay AS
SELECT p.id, p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.left_at, p.entry_channel, p.origin
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id;

-- Who was taken out of a group and may not come back by its link, while that stands.
CREATE VIEW known_removal AS
SELECT s.id, s.group_id, r.root_id AS member_id, s.reason, s.taken_at
  FROM moderation_step AS s
  JOIN member_root AS r ON r.id = s.member_id
 WHERE s.step = 'remove' AND s.state = 'stands';
