-- Decisions and payouts only grow, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete trigger
-- alone, because REPLACE deletes silently with recursive_triggers off, and an INSERT OR IGNORE hands its leniency on to
-- what a trigger writes: so all is asked before the row, by RAISE.

-- How a line stands is written by the rows it follows from. The views are read while the row still stands as it was.
CREATE TRIGGER line_state_not_deleted BEFORE DELETE ON line_state
BEGIN SELECT RAISE(ABORT, 'How a line stands is never taken out.'); END;
CREATE TRIGGER line_state_begins BEFORE INSERT ON line_state
WHEN EXISTS (SELECT 1 FROM line_state WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM cashback_line AS l
                  WHERE l.id = NEW.id AND l.amount_minor = NEW.open_minor AND l.accrued_at = NEW.decided_at)
  OR NEW.state IS NOT 'accrued' OR NEW.held IS NOT 0 OR NEW.reversed_minor IS NOT 0 OR NEW.proposed_by IS NOT NULL
  OR NEW.proposed_at IS NOT NULL OR NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL OR NEW.batch_id IS NOT NULL
  OR NEW.round IS NOT 1 OR NEW.unpaid_minor IS NOT 0 OR NEW.clawed_minor IS NOT 0 OR NEW.paid_minor IS NOT 0
  OR NEW.rejected_minor IS NOT 0 OR NEW.solo IS NOT 0 OR NEW.decision_id IS NOT 0 OR NEW.reversal_id IS NOT 0
BEGIN SELECT RAISE(ABORT, 'A line begins accrued, with all it earned open.'); END;

CREATE TRIGGER line_state_follows BEFORE UPDATE ON line_state
WHEN NEW.id IS NOT OLD.id
  OR NOT EXISTS (
      SELECT 1 FROM line_after_decision AS n
       WHERE n.id = OLD.id AND n.state IS NEW.state AND n.held IS NEW.held AND n.reversed_minor IS NEW.reversed_minor AND n.proposed_by IS
         NEW.proposed_by AND n.proposed_at IS NEW.proposed_at AND n.approved_by IS NEW.approved_by AND n.approved_at IS
         NEW.approved_at AND n.batch_id IS NEW.batch_id AND n.round IS NEW.round AND n.decided_at IS NEW.decided_at AND
         n.open_minor IS NEW.open_minor AND n.unpaid_minor IS NEW.unpaid_minor AND n.clawed_minor IS NEW.clawed_minor
         AND n.paid_minor IS NEW.paid_minor AND n.rejected_minor IS NEW.rejected_minor AND n.solo IS NEW.solo AND
         n.decision_id IS NEW.decision_id AND n.reversal_id IS NEW.reversal_id
       UNION ALL
      SELECT 1 FROM line_after_reversal AS n
       WHERE n.id = OLD.id AND n.state IS NEW.state AND n.held IS NEW.held AND n.reversed_minor IS NEW.reversed_minor AND n.proposed_by IS
         NEW.proposed_by AND n.proposed_at IS NEW.proposed_at AND n.approved_by IS NEW.approved_by AND n.approved_at IS
         NEW.approved_at AND n.batch_id IS NEW.batch_id AND n.round IS NEW.round AND n.decided_at IS NEW.decided_at AND
         n.open_minor IS NEW.open_minor AND n.unpaid_minor IS NEW.unpaid_minor AND n.clawed_minor IS NEW.clawed_minor
         AND n.paid_minor IS NEW.paid_minor AND n.rejected_minor IS NEW.rejected_minor AND n.solo IS NEW.solo AND
         n.decision_id IS NEW.decision_id AND n.reversal_id IS NEW.reversal_id)
BEGIN SELECT RAISE(ABORT, 'How a line stands follows from its decisions and reversals alone.'); END;

CREATE TRIGGER cashback_line_stands AFTER INSERT ON cashback_line
BEGIN
    INSERT INTO line_state (id, state, open_minor, decided_at) VALUES (NEW.id, 'accrued', NEW.amount_minor, NEW.accrued_at);
END;
CREATE TRIGGER line_reversal_counts AFTER INSERT ON line_reversal
BEGIN
    UPDATE line_state
       SET (state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id)
         = (SELECT state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id
              FROM line_after_reversal WHERE id = NEW.line_id)
     WHERE id = NEW.line_id;
END;
CREATE TRIGGER line_decision_counts AFTER INSERT ON line_decision
BEGIN
    UPDATE line_state
       SET (state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id)
         = (SELECT state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id
              FROM line_after_decision WHERE id = NEW.line_id)
     WHERE id = NEW.line_id;
END;

CREATE TRIGGER line_decision_not_updated BEFORE UPDATE ON line_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never changed: it is undone by another.'); END;
CREATE TRIGGER line_decision_not_deleted BEFORE DELETE ON line_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never taken out: it is undone by another.'); END;

CREATE TRIGGER line_decision_next BEFORE INSERT ON line_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM line_decision), 0) + 1;
    SELECT RAISE(ABORT, 'A decision is not whole.')
     WHERE typeof(NEW.amount_minor) <> 'integer' OR typeof(NEW.netted_minor) <> 'integer' OR NEW.amount_minor < 0
        OR NEW.netted_minor < 0 OR NEW.solo IS NULL OR NEW.solo NOT IN (0, 1)
        OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR (NEW.kind IS 'rejected' AND NEW.words_hash IS NULL)
        OR (NEW.kind IS 'approved') <> (NEW.approved_by IS NOT NULL)
        OR (NEW.kind IS 'approved') <> (NEW.approved_at IS NOT NULL)
        OR (NEW.kind IS NOT 'approved' AND (NEW.proposed_by IS NOT NULL OR NEW.proposed_at IS NOT NULL OR NEW.solo <> 0))
        OR (NEW.kind IS 'undone') <> (NEW.undoes_id IS NOT NULL)
        OR (NEW.solo = 0 AND (NEW.solo_version IS NOT NULL OR NEW.cooling_off <> 0));
    SELECT RAISE(ABORT, 'Who decides has a passphrase, is not retired, and has a role that may.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator
                        WHERE id = NEW.operator_id
                          AND (role IN ('owner', 'moderator') OR NEW.kind IN ('approved', 'rejected', 'undone')));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is approved or paid here until an owner adopts it.')
     WHERE NEW.kind IN ('approved', 'batched', 'netted', 'exported')
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'A line does not go that way.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM line_state AS s
            WHERE s.id = NEW.line_id AND s.state = NEW.state_before AND s.held = NEW.held_before
              AND NEW.decided_at >= s.decided_at
              AND s.decision_id = coalesce((SELECT max(id) FROM line_decision WHERE line_id = s.id), 0)
              AND CASE NEW.kind
                  WHEN 'proposed' THEN s.open_minor > 0 AND NEW.amount_minor = s.open_minor
                      AND ((s.state = 'accrued' AND NEW.round = s.round)
                           OR (s.state IN ('approved', 'confirmed') AND NEW.round = s.round + 1))
                  WHEN 'approved' THEN s.state = 'proposed' AND NEW.amount_minor BETWEEN 1 AND s.open_minor
                      AND NEW.round = s.round
                  WHEN 'rejected' THEN s.state IN ('accrued', 'proposed') AND NEW.amount_minor = s.open_minor
                      AND NEW.round = s.round
                  WHEN 'held' THEN s.state IN ('accrued', 'proposed', 'approved', 'failed', 'returned') AND s.held = 0
                      AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'asked' THEN s.state IN ('accrued', 'proposed', 'approved', 'failed', 'returned')
                      AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'released' THEN s.held = 1 AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'batched' THEN s.state = 'approved' AND NEW.amount_minor > 0 AND NEW.round = s.round
                      AND NEW.amount_minor + NEW.netted_minor = s.unpaid_minor
                  WHEN 'netted' THEN s.state = 'approved' AND NEW.amount_minor = 0 AND NEW.round = s.round
                      AND NEW.netted_minor = s.unpaid_minor AND s.unpaid_minor > 0
                  WHEN 'exported' THEN s.state = 'batched' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                  WHEN 'confirmed' THEN s.state = 'exported' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                  WHEN 'failed' THEN s.state = 'exported' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                      AND NEW.netted_minor <= min(s.clawed_minor, NEW.amount_minor)
                  WHEN 'returned' THEN s.state IN ('exported', 'confirmed') AND NEW.batch_id = s.batch_id
                      AND NEW.round = s.round AND NEW.netted_minor <= min(s.clawed_minor, NEW.amount_minor)
                  WHEN 'again' THEN s.state IN ('failed', 'returned') AND NEW.amount_minor = s.unpaid_minor
                      AND s.unpaid_minor > 0 AND NEW.round = s.round
                  WHEN 'undone' THEN EXISTS (
                      SELECT 1 FROM line_decision AS u
                       WHERE u.id = NEW.undoes_id AND u.line_id = s.id AND u.operator_id = NEW.operator_id
                         AND NOT EXISTS (SELECT 1 FROM line_decision AS x
                                          WHERE x.line_id = s.id AND x.id > u.id AND x.kind <> 'undone'
                                            AND NOT EXISTS (SELECT 1 FROM line_decision AS y WHERE y.undoes_id = x.id))
                         AND NOT EXISTS (SELECT 1 FROM line_decision AS y WHERE y.undoes_id = u.id)
                         AND u.kind IN ('proposed', 'approved', 'rejected', 'held', 'asked', 'released')
                         AND CASE u.kind
                             WHEN 'approved' THEN NEW.amount_minor <= min(s.unpaid_minor, u.amount_minor) AND NEW.round > s.round
                             WHEN 'rejected' THEN NEW.round > s.round
                                 AND NEW.amount_minor = s.rejected_minor
                             ELSE NEW.amount_minor = 0 AND NEW.round = s.round END)
                  ELSE 0 END
              AND (NEW.netted_minor = 0 OR NEW.kind IN ('batched', 'netted', 'failed', 'returned'))
              AND (NEW.batch_id IS NULL) = (NEW.kind NOT IN ('batched', 'netted', 'exported', 'confirmed', 'failed', 'returned')));
    SELECT RAISE(ABORT, 'A held line is released first.')
     WHERE NEW.kind IN ('approved', 'batched', 'netted', 'again') AND NEW.held_before <> 0;
    SELECT RAISE(ABORT, 'Nothing is approved before its return window ends.')
     WHERE NEW.kind = 'approved'
       AND NOT EXISTS (SELECT 1 FROM cashback_line WHERE id = NEW.line_id AND matures_at <= NEW.decided_at);
    SELECT RAISE(ABORT, 'Nobody decides on their own money.')
     WHERE (NEW.kind IN ('approved', 'rejected')
            OR EXISTS (SELECT 1 FROM line_decision WHERE id = NEW.undoes_id AND kind IN ('approved', 'rejected')))
       AND EXISTS (
           SELECT 1
             FROM cashback_line AS l
             JOIN member_root AS p ON p.id = l.payee_id
             JOIN operator_member AS m ON m.root_id = p.root_id
            WHERE l.id = NEW.line_id AND m.operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody approves what they proposed.')
     WHERE NEW.kind = 'approved'
       AND (NEW.approved_by IS NOT NEW.operator_id OR NEW.approved_at IS NOT NEW.decided_at
            OR NEW.proposed_by IS NULL OR NEW.proposed_at IS NULL
            OR NOT EXISTS (SELECT 1 FROM line_state
                            WHERE id = NEW.line_id AND proposed_by = NEW.proposed_by AND proposed_at = NEW.proposed_at)
            OR (NEW.approved_by = NEW.proposed_by) <> (NEW.solo = 1)
            OR (NEW.approved_by <> NEW.proposed_by
                AND EXISTS (SELECT 1
                              FROM operator_member AS a
                              JOIN operator_member AS p ON p.root_id = a.root_id
                             WHERE a.operator_id = NEW.approved_by AND p.operator_id = NEW.proposed_by)));
    SELECT RAISE(ABORT, 'Solo mode is not in force, or has not cooled off since the proposal.')
     WHERE NEW.solo = 1
       AND (NEW.cooling_off <= 0 OR NEW.approved_at < NEW.proposed_at + NEW.cooling_off
            OR (SELECT count(*) FROM active_operator) <> 1
            OR NOT EXISTS (
                SELECT 1 FROM policy_in_force_row AS p
                 WHERE p.name = 'operators.solo' AND p.version = NEW.solo_version
                   AND p.solo_seconds * 1000000 = NEW.cooling_off
                   AND NEW.approved_at >= p.set_at + NEW.cooling_off
                   AND p.id = (SELECT q.id FROM policy_in_force_row AS q
                                WHERE q.name = p.name AND q.valid_from <= NEW.approved_at
                                ORDER BY q.begins_at DESC, q.version DESC LIMIT 1)));
    SELECT RAISE(ABORT, 'This is more than the operator may approve in a day, or in this currency.')
     WHERE NEW.kind = 'approved'
       AND NEW.amount_minor + (
           SELECT coalesce(sum(d.amount_minor), 0)
             FROM line_decision AS d
             JOIN cashback_line AS l ON l.id = d.line_id
            WHERE d.kind = 'approved' AND d.operator_id = NEW.operator_id
              AND d.decided_at >= NEW.decided_at - NEW.decided_at % 86400000000
              AND d.decided_at < NEW.decided_at - NEW.decided_at % 86400000000 + 86400000000
              AND l.currency = (SELECT currency FROM cashback_line WHERE id = NEW.line_id)
              AND NOT EXISTS (SELECT 1 FROM line_decision AS u WHERE u.undoes_id = d.id))
         > coalesce((SELECT f.amount_minor
                       FROM operator_limit_in_force AS f
                       JOIN cashback_line AS l ON l.currency = f.currency
                      WHERE l.id = NEW.line_id AND f.operator_id = NEW.operator_id), -1);
    SELECT RAISE(ABORT, 'A payout is as its batch says.')
     WHERE NEW.batch_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM batch_line AS b
            WHERE b.batch_id = NEW.batch_id AND b.line_id = NEW.line_id AND b.amount_minor = NEW.amount_minor
              AND (b.netted_minor = NEW.netted_minor OR NEW.kind NOT IN ('batched', 'netted')));
    SELECT RAISE(ABORT, 'A batch is exported as a whole, once it was counted.')
     WHERE NEW.kind = 'exported' AND NOT EXISTS (SELECT 1 FROM batch_export WHERE batch_id = NEW.batch_id);
    SELECT RAISE(ABORT, 'The books do not move as this decision says.')
     WHERE (NEW.kind IN ('approved', 'exported', 'confirmed', 'failed', 'returned')
            OR (NEW.kind IN ('rejected', 'undone') AND NEW.amount_minor > 0))
       AND NOT EXISTS (
           SELECT 1
             FROM cashback_line AS l
             LEFT JOIN batch AS b ON b.id = NEW.batch_id
             JOIN transfer AS t
               ON t.ref = CASE NEW.kind
                          WHEN 'approved' THEN 'cashback:' || l.ref || ':post:' || NEW.round
                          WHEN 'rejected' THEN 'cashback:' || l.ref || ':void:' || NEW.round
                          WHEN 'undone' THEN 'cashback:' || l.ref || ':accrual:' || NEW.round
                          WHEN 'exported' THEN 'payout:' || b.ref || ':' || l.ref
                          WHEN 'confirmed' THEN 'payout:' || b.ref || ':' || l.ref || ':confirmed'
                          WHEN 'failed' THEN 'payout:' || b.ref || ':' || l.ref || ':void'
                          ELSE CASE NEW.state_before WHEN 'confirmed' THEN 'payout:' || b.ref || ':' || l.ref || ':returned'
                               ELSE 'payout:' || b.ref || ':' || l.ref || ':void' END END
            WHERE l.id = NEW.line_id AND t.currency = l.currency
              AND t.kind = CASE NEW.kind
                           WHEN 'undone' THEN 'pending' WHEN 'approved' THEN 'post' WHEN 'rejected' THEN 'void' WHEN 'exported' THEN 'pending'
                           WHEN 'confirmed' THEN 'post' WHEN 'failed' THEN 'void'
                           ELSE CASE NEW.state_before WHEN 'confirmed' THEN 'reversal' ELSE 'void' END END
              AND (t.amount = NEW.amount_minor OR NEW.kind IN ('rejected', 'undone')));
    SELECT RAISE(ABORT, 'A decision was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'decision' AND row_id = NEW.id);
END;

CREATE TRIGGER batch_not_updated BEFORE UPDATE ON batch
BEGIN SELECT RAISE(ABORT, 'A batch is never changed.'); END;
CREATE TRIGGER batch_not_deleted BEFORE DELETE ON batch
BEGIN SELECT RAISE(ABORT, 'A batch is never taken out.'); END;

CREATE TRIGGER batch_next BEFORE INSERT ON batch
BEGIN
    SELECT RAISE(ABORT, 'A batch is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch), 0) + 1;
    SELECT RAISE(ABORT, 'A batch is not whole, or is there already.')
     WHERE NEW.ref = '' OR NEW.currency = '' OR NEW.line_count < 1 OR NEW.payout_count NOT BETWEEN 0 AND NEW.line_count
        OR NEW.sum_minor < NEW.payout_count OR length(NEW.sha256) <> 64 OR EXISTS (SELECT 1 FROM batch WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'Who makes a batch has a passphrase, is not retired, and is an owner or a moderator.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.made_by AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is paid here until an owner adopts it.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'A batch was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'batch' AND row_id = NEW.id);
END;

CREATE TRIGGER batch_line_not_updated BEFORE UPDATE ON batch_line
BEGIN SELECT RAISE(ABORT, 'A line in a batch is never changed.'); END;
CREATE TRIGGER batch_line_not_deleted BEFORE DELETE ON batch_line
BEGIN SELECT RAISE(ABORT, 'A line in a batch is never taken out.'); END;

CREATE TRIGGER batch_line_next BEFORE INSERT ON batch_line
BEGIN
    SELECT RAISE(ABORT, 'A line in a batch is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch_line), 0) + 1;
    SELECT RAISE(ABORT, 'This line is in the batch already, or its reference is another''s.')
     WHERE EXISTS (SELECT 1 FROM batch_line WHERE (batch_id = NEW.batch_id AND line_id = NEW.line_id) OR reference = NEW.reference);
    SELECT RAISE(ABORT, 'Only what is approved, not held and in the wallet goes into a batch of its currency.')
     WHERE NEW.reference = '' OR length(NEW.payee_hash) <> 64 OR NEW.amount_minor < 0 OR NEW.netted_minor < 0
        OR NOT EXISTS (
           SELECT 1
             FROM batch AS b
             JOIN cashback_line AS l ON l.id = NEW.line_id AND l.currency = b.currency
             JOIN line_state AS s ON s.id = l.id
            WHERE b.id = NEW.batch_id AND s.state = 'approved' AND s.held = 0 AND s.unpaid_minor > 0
              AND s.unpaid_minor = NEW.amount_minor + NEW.netted_minor AND l.matures_at <= b.made_at);
    -- The lines of a batch stand one after another, so no count has to go over all of them for each; an export counts.
    SELECT RAISE(ABORT, 'A batch holds what it was sealed with.')
     WHERE NOT EXISTS (
           SELECT 1 FROM batch AS b
            WHERE b.id = NEW.batch_id
              AND NEW.amount_minor <= b.sum_minor
              AND NOT EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id - b.line_count AND batch_id = b.id)
              AND (EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id - 1 AND batch_id = b.id)
                   OR NOT EXISTS (SELECT 1 FROM batch_line WHERE batch_id = b.id)));
    SELECT RAISE(ABORT, 'A line in a batch was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'batch_line' AND row_id = NEW.id);
END;

CREATE TRIGGER batch_payee_not_updated BEFORE UPDATE ON batch_payee
BEGIN SELECT RAISE(ABORT, 'The number of a payout is erased, never changed.'); END;
CREATE TRIGGER batch_payee_next BEFORE INSERT ON batch_payee
WHEN length(NEW.salt) <> 16 OR NEW.phone = '' OR EXISTS (SELECT 1 FROM batch_payee WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM batch_line AS b JOIN line_state AS s ON s.id = b.line_id
                  WHERE b.id = NEW.id AND s.state = 'approved')
BEGIN SELECT RAISE(ABORT, 'The number of a payout is written with its batch only.'); END;

CREATE TRIGGER batch_export_not_updated BEFORE UPDATE ON batch_export
BEGIN SELECT RAISE(ABORT, 'An export is never changed.'); END;
CREATE TRIGGER batch_export_not_deleted BEFORE DELETE ON batch_export
BEGIN SELECT RAISE(ABORT, 'An export is never taken out.'); END;

CREATE TRIGGER batch_export_next BEFORE INSERT ON batch_export
BEGIN
    SELECT RAISE(ABORT, 'An export is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch_export), 0) + 1;
    SELECT RAISE(ABORT, 'A batch is exported again only with a reason.')
     WHERE NEW.place IS NOT coalesce((SELECT max(place) FROM batch_export WHERE batch_id = NEW.batch_id), 0) + 1
        OR (NEW.place > 1 AND NEW.words_hash IS NULL) OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64);
    SELECT RAISE(ABORT, 'What was counted is not what the batch holds.')
     WHERE length(NEW.sha256) <> 64
        OR NOT EXISTS (
           SELECT 1 FROM batch AS b
            WHERE b.id = NEW.batch_id AND b.payout_count = NEW.payout_count AND b.sum_minor = NEW.sum_minor
              AND (NEW.template <> '' OR NEW.sha256 = b.sha256)
              AND (SELECT count(*) FROM batch_line WHERE batch_id = b.id) = b.line_count
              AND (SELECT count(*) FROM batch_line WHERE batch_id = b.id AND amount_minor > 0) = b.payout_count
              AND (SELECT coalesce(sum(amount_minor), 0) FROM batch_line WHERE batch_id = b.id) = b.sum_minor);
    SELECT RAISE(ABORT, 'Who exports has a passphrase, is not retired, and is an owner or a moderator.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is paid here until an owner adopts it.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'An export was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'export' AND row_id = NEW.id);
END;

CREATE TRIGGER store_credit_not_updated BEFORE UPDATE ON store_credit
BEGIN SELECT RAISE(ABORT, 'A code is never changed.'); END;
CREATE TRIGGER store_credit_not_deleted BEFORE DELETE ON store_credit
BEGIN SELECT RAISE(ABORT, 'A code is never taken out.'); END;
CREATE TRIGGER store_credit_next BEFORE INSERT ON store_credit
WHEN length(NEW.code) < 16 OR EXISTS (SELECT 1 FROM store_credit WHERE id = NEW.id OR code = NEW.code)
  OR NOT EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id AND amount_minor > 0)
BEGIN SELECT RAISE(ABORT, 'A payout has one code, and a code one payout.'); END;

CREATE TRIGGER payout_result_not_updated BEFORE UPDATE ON payout_result
BEGIN SELECT RAISE(ABORT, 'What a provider said is never changed.'); END;
CREATE TRIGGER payout_result_not_deleted BEFORE DELETE ON payout_result
BEGIN SELECT RAISE(ABORT, 'What a provider said is never taken out.'); END;

CREATE TRIGGER payout_result_next BEFORE INSERT ON payout_result
BEGIN
    SELECT RAISE(ABORT, 'A result is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM payout_result), 0) + 1;
    SELECT RAISE(ABORT, 'A result is the decision it led to.')
     WHERE (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR EXISTS (SELECT 1 FROM payout_result WHERE decision_id = NEW.decision_id)
        OR NOT EXISTS (
           SELECT 1 FROM line_decision AS d JOIN batch_line AS b ON b.batch_id = d.batch_id AND b.line_id = d.line_id
            WHERE d.id = NEW.decision_id AND b.id = NEW.batch_line_id AND d.kind = NEW.result
              AND d.kind IN ('confirmed', 'failed', 'returned'));
    SELECT RAISE(ABORT, 'A result was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'result' AND row_id = NEW.id);
END;

CREATE TRIGGER decision_words_not_updated BEFORE UPDATE ON decision_words
BEGIN SELECT RAISE(ABORT, 'Words are erased, never changed.'); END;
CREATE TRIGGER decision_words_next BEFORE INSERT ON decision_words
WHEN length(NEW.salt) <> 16 OR NEW.words = ''
  OR EXISTS (SELECT 1 FROM decision_words WHERE id = NEW.id OR (row_kind = NEW.row_kind AND row_id = NEW.row_id))
  OR NOT EXISTS (SELECT 1 FROM line_decision WHERE NEW.row_kind = 'decision' AND id = NEW.row_id AND words_hash IS NOT NULL
                 UNION ALL
                 SELECT 1 FROM batch_export WHERE NEW.row_kind = 'export' AND id = NEW.row_id AND words_hash IS NOT NULL
                 UNION ALL
                 SELECT 1 FROM payout_result WHERE NEW.row_kind = 'result' AND id = NEW.row_id AND words_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are written with what they speak of only.'); END;
CREATE TRIGGER line_conflict_not_deleted BEFORE DELETE ON line_conflict
BEGIN SELECT RAISE(ABORT, 'A conflict is seen, never taken out.'); END;
CREATE TRIGGER line_conflict_seen BEFORE UPDATE ON line_conflict
WHEN OLD.seen_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.line_id IS NOT OLD.line_id OR NEW.operator_id IS NOT OLD.operator_id
  OR NEW.tried IS NOT OLD.tried OR NEW.decision_id IS NOT OLD.decision_id OR NEW.met_at IS NOT OLD.met_at
BEGIN SELECT RAISE(ABORT, 'A conflict is seen once, and never changed.'); END;
CREATE TRIGGER line_conflict_next BEFORE INSERT ON line_conflict
WHEN EXISTS (SELECT 1 FROM line_conflict WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM line_decision WHERE id = NEW.decision_id AND line_id = NEW.line_id)
BEGIN SELECT RAISE(ABORT, 'A conflict is with a decision on its line.'); END;
