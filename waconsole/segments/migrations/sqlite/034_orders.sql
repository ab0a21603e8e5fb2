-- Lines, coupons and refunds carry whose their order is, when it was and whether it counts: they change with it.
-- A script that rebuilds the table makes this trigger anew.
CREATE TRIGGER column_order_moved AFTER UPDATE OF member_id, ordered_at, currency, import_run_id ON "order"
WHEN OLD.member_id <> NEW.member_id OR OLD.ordered_at <> NEW.ordered_at OR OLD.currency <> NEW.currency
  OR OLD.import_run_id <> NEW.import_run_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1), ('coupon', 1), ('refund', 1)
        ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', l.id FROM order_line AS l
     WHERE l.order_id = NEW.id AND l.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = l.id);
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', l.id FROM order_line AS l
     WHERE l.order_id = NEW.id AND l.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = l.id);
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', f.id FROM refund AS f
     WHERE f.order_id = NEW.id AND f.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = f.id);
END;
