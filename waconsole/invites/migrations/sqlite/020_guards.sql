-- Who invited whom is a fact, and steps only grow, whatever the pragmas: a guard leans on no CHECK, no foreign key and
-- no delete trigger alone, because REPLACE deletes silently with recursive_triggers off.
CREATE TRIGGER invite_not_changed BEFORE UPDATE ON invite
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.programme_id IS NOT OLD.programme_id
  OR NEW.referrer_id IS NOT OLD.referrer_id OR NEW.invitee_id IS NOT OLD.invitee_id
  OR NEW.invited_at IS NOT OLD.invited_at OR NEW.origin IS NOT OLD.origin OR NEW.recorded_at IS NOT OLD.recorded_at
  OR (NEW.arrived_at IS NOT OLD.arrived_at AND OLD.arrived_at IS NOT NULL)
  OR NEW.address NOT IN (OLD.address, '') OR NEW.payment NOT IN (OLD.payment, '')
  OR NEW.device NOT IN (OLD.device, '') OR NEW.proof NOT IN (OLD.proof, '')
  OR NEW.import_run_id NOT IN (OLD.import_run_id, 0)
BEGIN SELECT RAISE(ABORT, 'Who invited whom is never changed: an operator corrects it with a word of their own.'); END;
CREATE TRIGGER invite_not_deleted BEFORE DELETE ON invite
WHEN OLD.import_run_id NOT IN (SELECT id FROM open_run)
BEGIN SELECT RAISE(ABORT, 'An invite is never taken out: it is refused, with a reason.'); END;
CREATE TRIGGER invite_not_replaced BEFORE INSERT ON invite
WHEN NEW.id IS NOT NULL AND EXISTS (SELECT 1 FROM invite WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'An invite is there already.'); END;

CREATE TRIGGER invite_step_not_updated BEFORE UPDATE ON invite_step
BEGIN SELECT RAISE(ABORT, 'A step of an invite is never changed.'); END;
CREATE TRIGGER invite_step_not_deleted BEFORE DELETE ON invite_step
BEGIN SELECT RAISE(ABORT, 'A step of an invite is never taken out.'); END;
CREATE TRIGGER invite_step_next BEFORE INSERT ON invite_step
BEGIN
    SELECT RAISE(ABORT, 'A step of an invite is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM invite_step);
    SELECT RAISE(ABORT, 'A step of an invite goes on from where the one before it led.')
     WHERE EXISTS (SELECT 1 FROM invite_step AS b
                    WHERE b.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.invite_id)
                      AND b.after IS NOT NEW.before);
END;

CREATE TRIGGER invite_state_not_deleted BEFORE DELETE ON invite_state
BEGIN SELECT RAISE(ABORT, 'How an invite stands is never taken out.'); END;
CREATE TRIGGER invite_state_begins BEFORE INSERT ON invite_state
WHEN NOT EXISTS (SELECT 1 FROM invite_step AS s
                  WHERE s.id = NEW.step_id AND s.invite_id = NEW.id AND s.after = NEW.state
                    AND s.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.id))
BEGIN SELECT RAISE(ABORT, 'How an invite stands follows from its last step alone.'); END;
CREATE TRIGGER invite_state_follows BEFORE UPDATE ON invite_state
WHEN NEW.id IS NOT OLD.id
  OR NOT EXISTS (SELECT 1 FROM invite_step AS s
                  WHERE s.id = NEW.step_id AND s.invite_id = NEW.id AND s.after = NEW.state
                    AND s.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.id))
BEGIN SELECT RAISE(ABORT, 'How an invite stands follows from its last step alone.'); END;

CREATE TRIGGER reward_not_deleted BEFORE DELETE ON reward
BEGIN SELECT RAISE(ABORT, 'A reward is never taken out: it is voided, or reversed.'); END;
CREATE TRIGGER reward_begins BEFORE INSERT ON reward
BEGIN
    SELECT RAISE(ABORT, 'A reward is there already.')
     WHERE EXISTS (SELECT 1 FROM reward WHERE ref = NEW.ref)
        OR (NEW.id IS NOT NULL AND EXISTS (SELECT 1 FROM reward WHERE id = NEW.id));
    SELECT RAISE(ABORT, 'A reward begins held, for an invite there is, under terms that are policy.')
     WHERE NEW.state IS NOT 'pending' OR NEW.coupon_id IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM invite WHERE id = NEW.invite_id AND programme_id = NEW.programme_id
                          AND NEW.member_id IN (referrer_id, invitee_id))
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.rule AND version = NEW.rule_version);
END;
CREATE TRIGGER reward_follows BEFORE UPDATE ON reward
BEGIN
    SELECT RAISE(ABORT, 'What a reward is worth is never changed.')
     WHERE NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.programme_id IS NOT OLD.programme_id
        OR NEW.invite_id IS NOT OLD.invite_id OR NEW.member_id IS NOT OLD.member_id OR NEW.side IS NOT OLD.side
        OR NEW.slot IS NOT OLD.slot OR NEW.kind IS NOT OLD.kind OR NEW.amount_minor IS NOT OLD.amount_minor
        OR NEW.currency IS NOT OLD.currency OR NEW.cost_minor IS NOT OLD.cost_minor
        OR NEW.cost_currency IS NOT OLD.cost_currency OR NEW.rule IS NOT OLD.rule
        OR NEW.rule_version IS NOT OLD.rule_version OR NEW.round IS NOT OLD.round
        OR NEW.effective_at IS NOT OLD.effective_at OR NEW.recorded_at IS NOT OLD.recorded_at
        OR (NEW.coupon_id IS NOT OLD.coupon_id AND OLD.coupon_id IS NOT NULL);
    SELECT RAISE(ABORT, 'How a reward stands follows from its last step alone.')
     WHERE NEW.state IS NOT (SELECT CASE s.step WHEN 'pended' THEN 'pending' WHEN 'reinstated' THEN 'issued' ELSE s.step END
                               FROM reward_step AS s
                              WHERE s.reward_id = OLD.id AND s.step <> 'told' ORDER BY s.id DESC LIMIT 1);
END;

CREATE TRIGGER reward_step_not_updated BEFORE UPDATE ON reward_step
BEGIN SELECT RAISE(ABORT, 'A step of a reward is never changed.'); END;
CREATE TRIGGER reward_step_not_deleted BEFORE DELETE ON reward_step
BEGIN SELECT RAISE(ABORT, 'A step of a reward is never taken out.'); END;
CREATE TRIGGER reward_step_next BEFORE INSERT ON reward_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a reward is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM reward_step);
    SELECT RAISE(ABORT, 'A step of a reward moves what the books moved.')
     WHERE NEW.transfer_ref <> '' AND NOT EXISTS (SELECT 1 FROM transfer WHERE ref = NEW.transfer_ref);
END;
