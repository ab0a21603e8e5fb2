-- A code goes to one member, once, and what became of it is never undone but by a step of its own, whatever the pragmas:
-- a guard leans on no CHECK, no foreign key and no delete trigger alone, because REPLACE deletes silently with
-- recursive_triggers off.
CREATE TRIGGER coupon_pool_not_updated BEFORE UPDATE ON coupon_pool
BEGIN SELECT RAISE(ABORT, 'A pool of coupons is never changed: make another.'); END;
CREATE TRIGGER coupon_pool_not_deleted BEFORE DELETE ON coupon_pool
BEGIN SELECT RAISE(ABORT, 'A pool of coupons is never taken out.'); END;
CREATE TRIGGER coupon_pool_next BEFORE INSERT ON coupon_pool
BEGIN
    SELECT RAISE(ABORT, 'A pool of coupons is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon_pool), 0) + 1
        OR EXISTS (SELECT 1 FROM coupon_pool WHERE folded = NEW.folded);
    SELECT RAISE(ABORT, 'A pool of coupons is not whole.')
     WHERE NEW.name = '' OR NEW.folded = '' OR NEW.cost_minor < 0 OR NEW.valid_days <= 0
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
END;

CREATE TRIGGER coupon_not_deleted BEFORE DELETE ON coupon
BEGIN SELECT RAISE(ABORT, 'A coupon is withdrawn, never taken out.'); END;
CREATE TRIGGER coupon_next BEFORE INSERT ON coupon
BEGIN
    SELECT RAISE(ABORT, 'A coupon is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon), 0) + 1
        OR EXISTS (SELECT 1 FROM coupon WHERE code = NEW.code);
    SELECT RAISE(ABORT, 'A new coupon is free, and in a pool.')
     WHERE NEW.code = '' OR NEW.state <> 'free' OR NEW.member_id IS NOT NULL OR NEW.source <> ''
        OR NEW.issued_at IS NOT NULL OR NEW.expires_at IS NOT NULL OR NEW.redeemed_at IS NOT NULL
        OR NEW.order_reference <> '' OR NOT EXISTS (SELECT 1 FROM coupon_pool WHERE id = NEW.pool_id);
END;
CREATE TRIGGER coupon_changes BEFORE UPDATE ON coupon
BEGIN
    SELECT RAISE(ABORT, 'A coupon keeps its code, its pool and whom it was given to.')
     WHERE NEW.id IS NOT OLD.id OR NEW.pool_id IS NOT OLD.pool_id OR NEW.code IS NOT OLD.code
        OR NEW.added_at IS NOT OLD.added_at
        OR (OLD.state <> 'free' AND (NEW.member_id IS NOT OLD.member_id OR NEW.source IS NOT OLD.source
                                     OR NEW.issued_at IS NOT OLD.issued_at));
    SELECT RAISE(ABORT, 'A coupon does not go from this state to that.')
     WHERE NEW.state || ' ' || OLD.state NOT IN (
               'issued free', 'withdrawn free', 'redeemed issued', 'expired issued', 'withdrawn issued',
               'issued expired', 'redeemed expired', 'withdrawn expired');
    SELECT RAISE(ABORT, 'A coupon is given to a member, for a reason, until a time.')
     WHERE NEW.state = 'issued'
       AND (NEW.source = '' OR NEW.issued_at IS NULL OR coalesce(NEW.expires_at, 0) <= NEW.issued_at
            OR NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.member_id)
            OR EXISTS (SELECT 1 FROM coupon WHERE source = NEW.source AND source <> '' AND id <> NEW.id));
    SELECT RAISE(ABORT, 'A coupon is redeemed in an order, before it expires.')
     WHERE NEW.state = 'redeemed'
       AND (NEW.order_reference = '' OR NEW.redeemed_at IS NULL OR NEW.redeemed_at >= OLD.expires_at);
    SELECT RAISE(ABORT, 'A coupon that nobody had names nobody.')
     WHERE NEW.state = 'withdrawn' AND OLD.state = 'free' AND (NEW.member_id IS NOT NULL OR NEW.source <> '');
END;

CREATE TRIGGER coupon_step_not_updated BEFORE UPDATE ON coupon_step
BEGIN SELECT RAISE(ABORT, 'A step of a coupon is never changed.'); END;
CREATE TRIGGER coupon_step_not_deleted BEFORE DELETE ON coupon_step
BEGIN SELECT RAISE(ABORT, 'A step of a coupon is never taken out.'); END;
CREATE TRIGGER coupon_step_next BEFORE INSERT ON coupon_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a coupon is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon_step), 0) + 1
        OR NOT EXISTS (SELECT 1 FROM coupon WHERE id = NEW.coupon_id
                          AND state = CASE NEW.step WHEN 'reinstated' THEN 'issued' ELSE NEW.step END);
END;
