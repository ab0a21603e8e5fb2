-- What was earned only grows, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete trigger
-- alone, because REPLACE deletes silently with recursive_triggers off.

CREATE TRIGGER scheme_not_updated BEFORE UPDATE ON scheme
BEGIN SELECT RAISE(ABORT, 'A scheme is never changed: its terms are policy.'); END;
CREATE TRIGGER scheme_not_deleted BEFORE DELETE ON scheme
BEGIN SELECT RAISE(ABORT, 'A scheme is never taken out: let it end.'); END;
CREATE TRIGGER scheme_next BEFORE INSERT ON scheme
BEGIN
    SELECT RAISE(ABORT, 'A scheme is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM scheme), 0) + 1
        OR EXISTS (SELECT 1 FROM scheme WHERE name = NEW.name OR policy = NEW.policy);
    SELECT RAISE(ABORT, 'A scheme needs a name, and terms that are policy.')
     WHERE NEW.name = '' OR NEW.policy = ''
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.policy);
    SELECT RAISE(ABORT, 'A scheme was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'scheme' AND row_id = NEW.id);
END;

CREATE TRIGGER ambassador_not_updated BEFORE UPDATE ON ambassador
BEGIN SELECT RAISE(ABORT, 'An ambassador is never changed: end them, and add them again.'); END;
CREATE TRIGGER ambassador_not_deleted BEFORE DELETE ON ambassador
BEGIN SELECT RAISE(ABORT, 'An ambassador is ended, never taken out.'); END;
CREATE TRIGGER ambassador_next BEFORE INSERT ON ambassador
BEGIN
    SELECT RAISE(ABORT, 'An ambassador is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM ambassador), 0) + 1
        OR EXISTS (SELECT 1 FROM ambassador WHERE member_id = NEW.member_id AND scheme_id = NEW.scheme_id
                      AND coalesce(group_id, 0) = coalesce(NEW.group_id, 0) AND valid_from = NEW.valid_from);
    SELECT RAISE(ABORT, 'An ambassador is a member, of a scheme, added by an operator.')
     WHERE NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.member_id)
        OR NOT EXISTS (SELECT 1 FROM scheme WHERE id = NEW.scheme_id)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR (NEW.group_id IS NULL) <> (NEW.group_ref = '');
    SELECT RAISE(ABORT, 'An ambassador was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'ambassador' AND row_id = NEW.id);
END;

CREATE TRIGGER ambassador_ending_not_updated BEFORE UPDATE ON ambassador_ending
BEGIN SELECT RAISE(ABORT, 'The end of an ambassador is never changed: add them again.'); END;
CREATE TRIGGER ambassador_ending_not_deleted BEFORE DELETE ON ambassador_ending
BEGIN SELECT RAISE(ABORT, 'The end of an ambassador is never taken out: add them again.'); END;
CREATE TRIGGER ambassador_ending_next BEFORE INSERT ON ambassador_ending
BEGIN
    SELECT RAISE(ABORT, 'This end of an ambassador is not the next one, or there is one already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM ambassador_ending), 0) + 1
        OR EXISTS (SELECT 1 FROM ambassador_ending WHERE ambassador_id = NEW.ambassador_id);
    SELECT RAISE(ABORT, 'An ambassador ends after they began, by an operator.')
     WHERE NOT EXISTS (SELECT 1 FROM ambassador WHERE id = NEW.ambassador_id AND valid_from < NEW.ended_at)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'The end of an ambassador was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'ambassador_ending' AND row_id = NEW.id);
END;

CREATE TRIGGER attribution_not_updated BEFORE UPDATE ON attribution
BEGIN SELECT RAISE(ABORT, 'An attribution is never changed: write another.'); END;
CREATE TRIGGER attribution_not_deleted BEFORE DELETE ON attribution
BEGIN SELECT RAISE(ABORT, 'An attribution is never taken out: write another.'); END;
CREATE TRIGGER attribution_next BEFORE INSERT ON attribution
BEGIN
    SELECT RAISE(ABORT, 'An attribution is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM attribution), 0) + 1;
    SELECT RAISE(ABORT, 'An attribution is between two members, with a reason.')
     WHERE NEW.referrer_id = NEW.buyer_id OR NEW.origin = '' OR NEW.reason = ''
        OR NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.buyer_id)
        OR (NEW.referrer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.referrer_id))
        OR (NEW.origin = 'operator') <> (NEW.operator_id IS NOT NULL);
    SELECT RAISE(ABORT, 'An attribution was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'attribution' AND row_id = NEW.id);
END;

CREATE TRIGGER cashback_line_not_updated BEFORE UPDATE ON cashback_line
BEGIN SELECT RAISE(ABORT, 'What was earned is never changed: it is decided on, or reversed.'); END;
CREATE TRIGGER cashback_line_not_deleted BEFORE DELETE ON cashback_line
BEGIN SELECT RAISE(ABORT, 'What was earned is never taken out: it is rejected, or reversed.'); END;
CREATE TRIGGER cashback_line_next BEFORE INSERT ON cashback_line
BEGIN
    SELECT RAISE(ABORT, 'A line is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM cashback_line), 0) + 1;
    SELECT RAISE(ABORT, 'An order, or a month, earns once under a scheme.')
     WHERE EXISTS (SELECT 1 FROM cashback_line WHERE ref = NEW.ref)
        OR (NEW.order_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM cashback_line WHERE order_id = NEW.order_id AND scheme_id = NEW.scheme_id))
        OR (NEW.order_id IS NULL
            AND EXISTS (SELECT 1 FROM cashback_line WHERE scheme_id = NEW.scheme_id AND payee_id = NEW.payee_id
                           AND period = NEW.period AND order_id IS NULL));
    SELECT RAISE(ABORT, 'A line is not whole.')
     WHERE NEW.ref = '' OR NEW.currency = '' OR NEW.basis_minor < 0 OR NEW.full_minor < 0
        OR NEW.amount_minor NOT BETWEEN 0 AND NEW.full_minor OR NEW.inputs = ''
        OR NEW.matures_at < NEW.ordered_at OR NEW.accrued_at < NEW.ordered_at;
    SELECT RAISE(ABORT, 'A line is what an ambassador earned, while they were one, under the terms of their scheme.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM ambassador AS a
             JOIN scheme AS s ON s.id = a.scheme_id
             JOIN policy_version AS v ON v.name = s.policy AND v.version = NEW.rule_version
            WHERE a.id = NEW.ambassador_id AND a.member_id = NEW.payee_id AND a.scheme_id = NEW.scheme_id
              AND NEW.rule = s.policy AND v.valid_from <= NEW.ordered_at);
    SELECT RAISE(ABORT, 'A line says another amount than its order.')
     WHERE NEW.order_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM "order" AS o
            WHERE o.id = NEW.order_id AND o.currency = NEW.currency AND o.total_minor = NEW.basis_minor
              AND o.ordered_at = NEW.ordered_at);
    SELECT RAISE(ABORT, 'A line was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'line' AND row_id = NEW.id);
END;

CREATE TRIGGER line_reversal_not_updated BEFORE UPDATE ON line_reversal
BEGIN SELECT RAISE(ABORT, 'A reversal is never changed.'); END;
CREATE TRIGGER line_reversal_not_deleted BEFORE DELETE ON line_reversal
BEGIN SELECT RAISE(ABORT, 'A reversal is never taken out.'); END;
CREATE TRIGGER line_reversal_next BEFORE INSERT ON line_reversal
BEGIN
    SELECT RAISE(ABORT, 'A reversal is not the next one, or this refund was reversed already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM line_reversal), 0) + 1
        OR EXISTS (SELECT 1 FROM line_reversal WHERE line_id = NEW.line_id AND refund_id = NEW.refund_id);
    SELECT RAISE(ABORT, 'A reversal goes on from the one before, and takes back at most what was earned.')
     WHERE NEW.amount_minor < 0
        OR NEW.total_minor <> NEW.amount_minor
               + coalesce((SELECT max(total_minor) FROM line_reversal WHERE line_id = NEW.line_id), 0)
        OR NOT EXISTS (
           SELECT 1
             FROM cashback_line AS l
             JOIN refund AS f ON f.order_id = l.order_id
            WHERE l.id = NEW.line_id AND f.id = NEW.refund_id AND f.refusal = '' AND NEW.refunded_at = f.refunded_at
              AND NEW.total_minor <= l.amount_minor
              AND NEW.refunded_minor = f.amount_minor
                  + coalesce((SELECT max(refunded_minor) FROM line_reversal WHERE line_id = NEW.line_id), 0));
    SELECT RAISE(ABORT, 'A reversal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'reversal' AND row_id = NEW.id);
END;

CREATE TRIGGER dispute_not_updated BEFORE UPDATE ON dispute
BEGIN SELECT RAISE(ABORT, 'A dispute is never changed.'); END;
CREATE TRIGGER dispute_not_deleted BEFORE DELETE ON dispute
BEGIN SELECT RAISE(ABORT, 'A dispute is never taken out: it is decided.'); END;
CREATE TRIGGER dispute_next BEFORE INSERT ON dispute
BEGIN
    SELECT RAISE(ABORT, 'A dispute is not the next one, or not whole.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM dispute), 0) + 1 OR NEW.reason = ''
        OR NOT EXISTS (SELECT 1 FROM cashback_line WHERE id = NEW.line_id)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A dispute was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'dispute' AND row_id = NEW.id);
END;
