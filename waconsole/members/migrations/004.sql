-- The number a person is reached under: one of the row that stands for them before one of a merged row, the newer
-- before the older; none that has ended.
CREATE VIEW member_phone AS
SELECT a.member_id, a.value AS phone
  FROM alias AS a
 WHERE a.id = (SELECT o.id
                 FROM alias AS o
                WHERE o.member_id = a.member_id AND o.kind = 'phone' AND o.group_id = 0 AND o.seen_until IS NULL
                ORDER BY o.moved_from IS NOT NULL, o.id DESC
                LIMIT 1);
