-- Facts come as new rows, and those cost nothing here: they are read above what is sealed. What is changed or taken out
-- afterwards is told by these. A script that rebuilds one of the tables makes its triggers anew.

CREATE TRIGGER column_order_changed AFTER UPDATE OF member_id, ordered_at, currency, total_minor, import_run_id ON "order"
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('order', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'order', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'order')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'order' AND row_id = OLD.id);
END;

CREATE TRIGGER column_order_removed AFTER DELETE ON "order"
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('order', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'order', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'order')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'order' AND row_id = OLD.id);
END;

CREATE TRIGGER column_line_changed AFTER UPDATE OF order_id, category, product, coupon, quantity, unit_price_minor, import_run_id ON order_line
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = OLD.id);
END;

CREATE TRIGGER column_line_removed AFTER DELETE ON order_line
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = OLD.id);
END;

CREATE TRIGGER column_refund_changed AFTER UPDATE OF refunded_at, amount_minor, order_id, refusal, import_run_id ON refund
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('refund', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = OLD.id);
END;

CREATE TRIGGER column_refund_removed AFTER DELETE ON refund
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('refund', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = OLD.id);
END;

CREATE TRIGGER column_click_changed AFTER UPDATE OF member_id, clicked_at, category, product, import_run_id ON click
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('click', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'click', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'click')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'click' AND row_id = OLD.id);
END;

CREATE TRIGGER column_click_removed AFTER DELETE ON click
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('click', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'click', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'click')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'click' AND row_id = OLD.id);
END;

CREATE TRIGGER column_cart_changed AFTER UPDATE OF member_id, changed_at, state, import_run_id ON cart
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('cart', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'cart', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'cart')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'cart' AND row_id = OLD.id);
END;

CREATE TRIGGER column_cart_removed AFTER DELETE ON cart
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('cart', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'cart', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'cart')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'cart' AND row_id = OLD.id);
END;

CREATE TRIGGER column_invite_changed AFTER UPDATE OF referrer_id, invitee_id, invited_at, import_run_id ON invite
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('invite', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'invite', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'invite')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'invite' AND row_id = OLD.id);
END;

CREATE TRIGGER column_invite_removed AFTER DELETE ON invite
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('invite', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'invite', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'invite')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'invite' AND row_id = OLD.id);
END;

CREATE TRIGGER column_member_changed AFTER UPDATE OF language, timezone, import_run_id ON member
WHEN OLD.language <> NEW.language OR OLD.timezone <> NEW.timezone OR OLD.import_run_id <> NEW.import_run_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('member', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'member', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'member')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'member' AND row_id = OLD.id);
END;

CREATE TRIGGER column_member_removed AFTER DELETE ON member
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('member', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'member', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'member')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'member' AND row_id = OLD.id);
END;

CREATE TRIGGER column_member_merged AFTER UPDATE OF merged_into ON member
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('merge', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

-- What a person spoke and where they live is nobody's to keep once they are erased.
CREATE TRIGGER column_member_erased AFTER UPDATE OF erased_at ON member
WHEN NEW.erased_at IS NOT NULL
BEGIN
    DELETE FROM column_segment WHERE run_id IN (SELECT id FROM column_run WHERE fact = 'member');
    UPDATE column_run SET state = 'gone' WHERE fact = 'member';
    UPDATE column_mark SET through_id = 0, changes = changes + 1 WHERE fact = 'member';
    DELETE FROM column_touched WHERE fact = 'member';
END;

-- A line without a category has its product's.
CREATE TRIGGER column_product_added AFTER INSERT ON product
WHEN NEW.category <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_product_changed AFTER UPDATE OF category, import_run_id ON product
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_product_removed AFTER DELETE ON product
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;
