-- How every invite stands: as it was decided last, else by whether somebody came.
CREATE VIEW invite_standing AS
SELECT i.id, i.programme_id, coalesce(s.state, CASE WHEN i.arrived_at IS NULL THEN 'open' ELSE 'joined' END) AS state,
       coalesce(s.reason, '') AS reason, s.order_id, s.qualified_at, s.due_at, coalesce(s.rule_version, 0) AS rule_version
  FROM invite AS i
  LEFT JOIN invite_state AS s ON s.id = i.id
 WHERE i.import_run_id NOT IN (SELECT id FROM open_run);

CREATE INDEX reward_coupon ON reward (coupon_id) WHERE coupon_id IS NOT NULL;
CREATE INDEX reward_programme ON reward (programme_id, id);
