-- Lines with a coupon are kept as a fact of their own: a share of orders with one is asked more often than a line.
CREATE TRIGGER column_coupon_changed AFTER UPDATE OF order_id, coupon, import_run_id ON order_line
WHEN OLD.coupon <> '' OR NEW.coupon <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('coupon', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = OLD.id);
END;

CREATE TRIGGER column_coupon_removed AFTER DELETE ON order_line
WHEN OLD.coupon <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('coupon', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = OLD.id);
END;
