-- What somebody earned and keeps, for who asks about members: a line that was not rejected, and what each refund took
-- back of it, at its own time.
CREATE VIEW earned_cashback AS
SELECT r.root_id AS member_id, l.id AS line_id, l.ordered_at, l.currency, l.amount_minor AS minor, l.ordered_at AS happened_at
  FROM cashback_line AS l
  JOIN member_root AS r ON r.id = l.payee_id
  JOIN line_state AS s ON s.id = l.id
 WHERE s.state <> 'rejected'
UNION ALL
SELECT r.root_id, l.id, l.ordered_at, l.currency, -v.amount_minor, v.refunded_at
  FROM line_reversal AS v
  JOIN cashback_line AS l ON l.id = v.line_id
  JOIN member_root AS r ON r.id = l.payee_id
  JOIN line_state AS s ON s.id = l.id
 WHERE s.state <> 'rejected';
