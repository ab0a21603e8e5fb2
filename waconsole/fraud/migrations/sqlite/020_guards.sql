-- Decisions of the desk only grow, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete trigger
-- alone, because REPLACE deletes silently with recursive_triggers off, and an INSERT OR IGNORE hands its leniency on to
-- what a trigger writes: so all is asked before the row, by RAISE.

CREATE TRIGGER review_not_deleted BEFORE DELETE ON review
BEGIN SELECT RAISE(ABORT, 'An item is never taken out: it is decided on.'); END;
CREATE TRIGGER review_begins BEFORE INSERT ON review
WHEN NEW.state IS NOT 'open' OR NEW.decision_id IS NOT 0 OR NEW.snoozed_until IS NOT NULL
  OR EXISTS (SELECT 1 FROM review_decision WHERE review_id = NEW.id)
  OR EXISTS (SELECT 1 FROM review AS v JOIN review_decision AS d ON d.review_id = v.id WHERE v.ref = NEW.ref)
BEGIN SELECT RAISE(ABORT, 'An item begins open, and once.'); END;
CREATE TRIGGER review_stays BEFORE UPDATE ON review
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.found_at IS NOT OLD.found_at OR NEW.kind IS NOT OLD.kind
BEGIN SELECT RAISE(ABORT, 'An item stays what it is: only its evidence grows.'); END;
-- Its state follows from its decisions. Evidence that grew may open a decided item again, and nothing else changes it.
CREATE TRIGGER review_follows BEFORE UPDATE ON review
WHEN (NEW.state IS NOT OLD.state OR NEW.decision_id IS NOT OLD.decision_id OR NEW.snoozed_until IS NOT OLD.snoozed_until)
 AND NOT EXISTS (SELECT 1 FROM review_derived AS n
                  WHERE n.id = OLD.id AND n.state IS NEW.state AND n.decision_id IS NEW.decision_id
                    AND n.snoozed_until IS NEW.snoozed_until)
 AND NOT (NEW.stamp IS NOT OLD.stamp AND OLD.state = 'decided' AND NEW.state = 'open'
          AND NEW.decision_id IS OLD.decision_id AND NEW.snoozed_until IS OLD.snoozed_until)
BEGIN SELECT RAISE(ABORT, 'How an item stands follows from its decisions alone.'); END;
CREATE TRIGGER review_member_not_deleted BEFORE DELETE ON review_member
WHEN EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.review_id)
BEGIN SELECT RAISE(ABORT, 'Whom a decided item is about stays with it.'); END;
CREATE TRIGGER review_member_stays BEFORE UPDATE ON review_member
WHEN NEW.id IS NOT OLD.id OR NEW.review_id IS NOT OLD.review_id OR NEW.member_id IS NOT OLD.member_id
BEGIN SELECT RAISE(ABORT, 'Whom an item is about stays with it.'); END;
CREATE TRIGGER review_invite_not_deleted BEFORE DELETE ON review_invite
WHEN EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.review_id)
BEGIN SELECT RAISE(ABORT, 'The invites of a decided item stay with it.'); END;
CREATE TRIGGER review_invite_stays BEFORE UPDATE ON review_invite
BEGIN SELECT RAISE(ABORT, 'The invites of an item stay with it.'); END;
CREATE TRIGGER signal_not_deleted BEFORE DELETE ON signal
WHEN (SELECT state FROM review WHERE id = OLD.review_id) IS 'decided'
BEGIN SELECT RAISE(ABORT, 'What a decision was taken on stays with it.'); END;
CREATE TRIGGER signal_stays BEFORE UPDATE ON signal
WHEN NEW.id IS NOT OLD.id OR NEW.review_id IS NOT OLD.review_id OR NEW.rule IS NOT OLD.rule
  OR ((SELECT v.state FROM review AS v WHERE v.id = OLD.review_id) IS 'decided'
      AND (NEW.rule_version IS NOT OLD.rule_version OR NEW.weight IS NOT OLD.weight))
BEGIN SELECT RAISE(ABORT, 'What a decision was taken on stays as it was.'); END;

CREATE TRIGGER review_decision_not_updated BEFORE UPDATE ON review_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never changed: it is undone by another.'); END;
CREATE TRIGGER review_decision_not_deleted BEFORE DELETE ON review_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never taken out: it is undone by another.'); END;
CREATE TRIGGER review_words_not_updated BEFORE UPDATE ON review_words
BEGIN SELECT RAISE(ABORT, 'Words of a decision are never changed.'); END;
CREATE TRIGGER review_words_belong BEFORE INSERT ON review_words
WHEN EXISTS (SELECT 1 FROM review_words WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM review_decision WHERE id = NEW.id AND words_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are of one decision.'); END;

CREATE TRIGGER review_decision_next BEFORE INSERT ON review_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM review_decision), 0) + 1
        OR EXISTS (SELECT 1 FROM review_decision WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'A decision is not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link
                        WHERE seq = NEW.chain_seq AND room = 'fraud' AND row_kind = 'decision' AND row_id = NEW.id);
    SELECT RAISE(ABORT, 'A decision is not whole.')
     WHERE NEW.outcome IS NULL
        OR NEW.outcome NOT IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'ask', 'escalate', 'snooze', 'appeal', 'undo')
        OR NEW.reason IS NULL OR NEW.reason = '' OR NEW.ref IS NULL OR NEW.ref = '' OR NEW.note IS NOT ''
        OR NEW.is_proposal IS NULL OR NEW.is_proposal NOT IN (0, 1) OR typeof(NEW.decided_at) <> 'integer'
        OR typeof(NEW.recorded_at) <> 'integer'
        OR NEW.held_minor NOT LIKE '{%}' OR NEW.inputs NOT LIKE '[%]'
        OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR (NEW.outcome = 'snooze') <> (NEW.until_at IS NOT NULL)
        OR (NEW.outcome = 'snooze' AND NEW.until_at <= NEW.decided_at)
        OR (NEW.outcome = 'undo') <> (NEW.undoes_id IS NOT NULL)
        OR (NEW.is_proposal = 1 AND (NEW.proposed_by IS NOT NULL
                                     OR NEW.outcome NOT IN ('release', 'unfreeze', 'void', 'block')))
        OR (NEW.operator_id IS NULL AND NEW.rule = '');
    SELECT RAISE(ABORT, 'Who decides has a passphrase, is not retired, and has a role that may.')
     WHERE NEW.operator_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'Silence never pays: what nobody decided is held, goes to the owners, or is void.')
     WHERE NEW.operator_id IS NULL
       AND (NEW.rule <> 'fraud.timeout' OR NEW.outcome NOT IN ('void', 'escalate') OR NEW.proposed_by IS NOT NULL
            OR NEW.is_proposal <> 0
            OR NOT EXISTS (SELECT 1 FROM policy_in_force_row
                            WHERE name = 'fraud.timeout' AND version = NEW.rule_version
                              AND instr(value, '"value": "' || NEW.outcome || '"') > 0));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is released here until an owner adopts it.')
     WHERE NEW.outcome IN ('release', 'unfreeze')
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'An item does not go that way.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM review AS v
             LEFT JOIN review_decision AS d ON d.id = v.decision_id
            WHERE v.id = NEW.review_id AND v.state = NEW.state_before AND v.stamp = NEW.stamp
              AND NEW.decided_at >= coalesce((SELECT max(decided_at) FROM review_decision WHERE review_id = v.id), 0)
              AND CASE
                  WHEN NEW.outcome = 'undo' THEN EXISTS (
                      SELECT 1 FROM review_decision AS u
                       WHERE u.id = NEW.undoes_id AND u.review_id = v.id AND u.operator_id = NEW.operator_id
                         AND u.id = (SELECT max(s.id) FROM review_decision_standing AS s WHERE s.review_id = v.id))
                  WHEN NEW.outcome = 'appeal' THEN v.state = 'decided'
                  WHEN v.state = 'decided' THEN d.outcome = 'freeze' AND NEW.outcome NOT IN ('freeze', 'snooze')
                  WHEN NEW.outcome = 'escalate' THEN v.state <> 'escalated'
                  ELSE 1 END);
    SELECT RAISE(ABORT, 'An escalated item is the owners'' to decide on.')
     WHERE NEW.operator_id IS NOT NULL AND NEW.outcome NOT IN ('freeze', 'ask', 'undo', 'appeal')
       AND EXISTS (SELECT 1 FROM review WHERE id = NEW.review_id AND state = 'escalated')
       AND NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role = 'owner');
    SELECT RAISE(ABORT, 'Nobody decides on an item in which they are a member.')
     WHERE EXISTS (SELECT 1
                     FROM review_person AS p
                     JOIN deciding_member AS m ON m.root_id = p.root_id
                    WHERE p.review_id = NEW.review_id AND m.operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody confirms what they proposed.')
     WHERE NEW.proposed_by IS NOT NULL
       AND (NEW.proposed_by IS NEW.operator_id
            OR NOT EXISTS (SELECT 1 FROM review_decision_standing AS s
                            WHERE s.review_id = NEW.review_id AND s.is_proposal = 1 AND s.operator_id = NEW.proposed_by
                              AND s.outcome = NEW.outcome AND s.stamp = NEW.stamp
                              AND s.id = (SELECT max(l.id) FROM review_decision_standing AS l
                                           WHERE l.review_id = NEW.review_id AND l.outcome <> 'ask'))
            OR EXISTS (SELECT 1
                         FROM deciding_member AS a
                         JOIN deciding_member AS p ON p.root_id = a.root_id
                        WHERE a.operator_id = NEW.operator_id AND p.operator_id = NEW.proposed_by));
    SELECT RAISE(ABORT, 'What a decision takes along is of the same kind.')
     WHERE NEW.cascade_of IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM review_decision AS c
                        WHERE c.id = NEW.cascade_of AND c.outcome = NEW.outcome AND c.operator_id IS NEW.operator_id);
END;

CREATE TRIGGER review_decision_counts AFTER INSERT ON review_decision
BEGIN
    UPDATE review
       SET (state, decision_id, snoozed_until)
         = (SELECT state, decision_id, snoozed_until FROM review_derived WHERE id = NEW.review_id)
     WHERE id = NEW.review_id;
    UPDATE standing
       SET ended_at = NEW.decided_at, ended_by = NEW.id
     WHERE review_id = NEW.review_id AND ended_at IS NULL AND NEW.is_proposal = 0
       AND (NEW.outcome IN ('release', 'unfreeze') OR (kind = 'frozen' AND NEW.outcome IN ('void', 'block'))
            OR (NEW.outcome = 'undo' AND decision_id = NEW.undoes_id));
END;

CREATE TRIGGER standing_not_deleted BEFORE DELETE ON standing
BEGIN SELECT RAISE(ABORT, 'Who was frozen is never taken out: it ends by a decision.'); END;
CREATE TRIGGER standing_begins BEFORE INSERT ON standing
BEGIN
    SELECT RAISE(ABORT, 'A freeze is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM standing), 0) + 1
        OR NEW.ended_at IS NOT NULL OR NEW.ended_by IS NOT NULL OR NEW.kind IS NULL OR NEW.kind NOT IN ('frozen', 'blocked')
        OR EXISTS (SELECT 1 FROM standing WHERE member_id = NEW.member_id AND review_id = NEW.review_id
                      AND kind = NEW.kind AND ended_at IS NULL);
    SELECT RAISE(ABORT, 'A freeze is not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link
                        WHERE seq = NEW.chain_seq AND room = 'fraud' AND row_kind = 'standing' AND row_id = NEW.id);
    SELECT RAISE(ABORT, 'Only who an item names is frozen by it.')
     WHERE NOT EXISTS (SELECT 1 FROM review_member AS m WHERE m.review_id = NEW.review_id AND m.member_id = NEW.member_id);
    SELECT RAISE(ABORT, 'A freeze follows from a rule''s signal on an open item, or from a decision.')
     WHERE CASE WHEN NEW.decision_id IS NULL
           THEN NEW.kind <> 'frozen' OR NEW.rule = '' OR NEW.rule_version <= 0
             OR NOT EXISTS (SELECT 1 FROM review WHERE id = NEW.review_id AND state <> 'decided')
           ELSE NOT EXISTS (
                SELECT 1 FROM review_decision AS d
                 WHERE d.id = NEW.decision_id AND d.review_id = NEW.review_id AND d.is_proposal = 0
                   AND d.id = (SELECT max(id) FROM review_decision WHERE review_id = NEW.review_id)
                   AND ((d.outcome = 'freeze' AND NEW.kind = 'frozen') OR (d.outcome = 'block' AND NEW.kind = 'blocked')
                        OR (d.outcome = 'undo'
                            AND EXISTS (SELECT 1 FROM standing AS b
                                         WHERE b.ended_by = d.undoes_id AND b.member_id = NEW.member_id
                                           AND b.kind = NEW.kind AND b.began_at = NEW.began_at)))) END;
END;
CREATE TRIGGER standing_ends BEFORE UPDATE ON standing
WHEN NEW.id IS NOT OLD.id OR NEW.member_id IS NOT OLD.member_id OR NEW.review_id IS NOT OLD.review_id
  OR NEW.kind IS NOT OLD.kind OR NEW.rule IS NOT OLD.rule OR NEW.rule_version IS NOT OLD.rule_version
  OR NEW.decision_id IS NOT OLD.decision_id OR NEW.began_at IS NOT OLD.began_at
  OR NEW.recorded_at IS NOT OLD.recorded_at OR NEW.chain_seq IS NOT OLD.chain_seq OR OLD.ended_at IS NOT NULL
  OR NOT EXISTS (
     SELECT 1 FROM review_decision AS d
      WHERE d.id = NEW.ended_by AND d.review_id = OLD.review_id AND d.decided_at = NEW.ended_at AND d.is_proposal = 0
        AND d.chain_seq > OLD.chain_seq
        AND (d.outcome IN ('release', 'unfreeze') OR (OLD.kind = 'frozen' AND d.outcome IN ('void', 'block'))
             OR (d.outcome = 'undo' AND OLD.decision_id = d.undoes_id)))
BEGIN SELECT RAISE(ABORT, 'A freeze ends by a decision, once.'); END;
