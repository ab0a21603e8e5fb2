-- The books only grow, whatever the pragmas: a guard that matters never leans on a CHECK, a foreign key or a delete
-- trigger alone. REPLACE deletes silently with recursive_triggers off, so what is there is asked before an insert; and
-- an INSERT OR IGNORE hands its leniency on to what a trigger writes, so the limits are asked before the row, by RAISE.

CREATE TRIGGER currency_not_updated BEFORE UPDATE ON currency
BEGIN SELECT RAISE(ABORT, 'A currency is never changed.'); END;
CREATE TRIGGER currency_not_deleted BEFORE DELETE ON currency
BEGIN SELECT RAISE(ABORT, 'A currency is never taken out.'); END;
CREATE TRIGGER currency_next BEFORE INSERT ON currency
WHEN NEW.code = '' OR NEW.minor_units NOT BETWEEN 0 AND 8
  OR EXISTS (SELECT 1 FROM currency WHERE id = NEW.id OR code = NEW.code)
BEGIN SELECT RAISE(ABORT, 'This currency is there already, or is none.'); END;

CREATE TRIGGER account_not_updated BEFORE UPDATE ON account
BEGIN SELECT RAISE(ABORT, 'An account is never changed: close it, and open another.'); END;
CREATE TRIGGER account_not_deleted BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'An account is closed, never taken out.'); END;
CREATE TRIGGER account_next BEFORE INSERT ON account
BEGIN
    SELECT RAISE(ABORT, 'An account is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM account), 0) + 1;
    SELECT RAISE(ABORT, 'This account is there already.')
     WHERE EXISTS (SELECT 1 FROM account WHERE name = NEW.name AND currency = NEW.currency);
    SELECT RAISE(ABORT, 'An account needs a name, a limit rule and a currency this ledger knows.')
     WHERE NEW.name = '' OR NEW.limit_rule NOT IN (0, 1, 2)
        OR NOT EXISTS (SELECT 1 FROM currency WHERE code = NEW.currency);
    SELECT RAISE(ABORT, 'An account was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'account' AND row_id = NEW.id);
END;
CREATE TRIGGER account_has_balance AFTER INSERT ON account
BEGIN INSERT INTO balance (id) VALUES (NEW.id); END;

CREATE TRIGGER account_closing_not_updated BEFORE UPDATE ON account_closing
BEGIN SELECT RAISE(ABORT, 'A closing is never changed.'); END;
CREATE TRIGGER account_closing_not_deleted BEFORE DELETE ON account_closing
BEGIN SELECT RAISE(ABORT, 'A closed account stays closed.'); END;
CREATE TRIGGER account_closing_next BEFORE INSERT ON account_closing
BEGIN
    SELECT RAISE(ABORT, 'A closing is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM account_closing), 0) + 1;
    SELECT RAISE(ABORT, 'This account is closed already.')
     WHERE EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.account_id);
    SELECT RAISE(ABORT, 'An account is closed only when nothing stands or is pending on it.')
     WHERE NOT EXISTS (SELECT 1 FROM balance WHERE id = NEW.account_id AND credits_posted = debits_posted
                          AND credits_pending = 0 AND debits_pending = 0);
    SELECT RAISE(ABORT, 'A closing was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'account_closing' AND row_id = NEW.id);
END;

CREATE TRIGGER transfer_not_updated BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'A transfer is never changed: reverse it.'); END;
CREATE TRIGGER transfer_not_deleted BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'A transfer is never taken out: reverse it.'); END;

CREATE TRIGGER transfer_next BEFORE INSERT ON transfer
BEGIN
    SELECT RAISE(ABORT, 'A transfer is not the next one.')
     WHERE NEW.seq IS NOT coalesce((SELECT max(seq) FROM transfer), 0) + 1
        OR NEW.recorded_at < coalesce((SELECT recorded_at FROM transfer WHERE seq = NEW.seq - 1), NEW.recorded_at);
    SELECT RAISE(ABORT, 'A transfer with this id is there already.')
     WHERE EXISTS (SELECT 1 FROM transfer WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'A transfer is not whole.')
     WHERE NEW.kind NOT IN ('single', 'pending', 'post', 'void', 'expire', 'reversal')
        OR length(NEW.ref) NOT BETWEEN 1 AND 200 OR NEW.journal = '' OR NEW.purpose = '' OR NEW.actor = ''
        OR length(NEW.body_hash) <> 32
        OR (NEW.kind IN ('post', 'void', 'expire')) <> (NEW.pending_seq IS NOT NULL)
        OR (NEW.kind = 'reversal') <> (NEW.reverses_seq IS NOT NULL)
        OR (NEW.kind <> 'pending' AND NEW.expires_at IS NOT NULL)
        OR (NEW.pending_seq IS NULL AND NEW.released <> 0);
    SELECT RAISE(ABORT, 'An amount is more than nothing and at most 9007199254740991 minor units.')
     WHERE NEW.amount NOT BETWEEN 1 AND 9007199254740991;
    SELECT RAISE(ABORT, 'A transfer moves between two accounts of its own currency.')
     WHERE NEW.debit_id = NEW.credit_id
        OR NEW.currency IS NOT (SELECT currency FROM account WHERE id = NEW.debit_id)
        OR NEW.currency IS NOT (SELECT currency FROM account WHERE id = NEW.credit_id);
    SELECT RAISE(ABORT, 'Nobody approves what they did themselves.') WHERE NEW.approved_by = NEW.actor;
    SELECT RAISE(ABORT, 'A transfer was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'transfer' AND row_id = NEW.seq);
    SELECT RAISE(ABORT, 'This account is closed.')
     WHERE NEW.kind <> 'reversal'
       AND (EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.debit_id)
            OR EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.credit_id));
    SELECT RAISE(ABORT, 'That is not an open pending transfer between these accounts, or not for this amount, or too late.')
     WHERE NEW.pending_seq IS NOT NULL
       AND (EXISTS (SELECT 1 FROM transfer WHERE pending_seq = NEW.pending_seq)
            OR NOT EXISTS (
                SELECT 1 FROM transfer AS p
                 WHERE p.seq = NEW.pending_seq AND p.kind = 'pending' AND p.debit_id = NEW.debit_id
                   AND p.credit_id = NEW.credit_id AND NEW.released = p.amount
                   AND CASE NEW.kind
                       WHEN 'post' THEN NEW.amount <= p.amount AND (p.expires_at IS NULL OR NEW.recorded_at < p.expires_at)
                       WHEN 'void' THEN NEW.amount = p.amount
                       ELSE NEW.amount = p.amount AND NEW.recorded_at >= p.expires_at END));
    SELECT RAISE(ABORT, 'Reversals of one transfer go back between its accounts and sum up to its amount at most.')
     WHERE NEW.reverses_seq IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM transfer AS o
            WHERE o.seq = NEW.reverses_seq AND o.kind IN ('single', 'post') AND o.debit_id = NEW.credit_id
              AND o.credit_id = NEW.debit_id
              AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM transfer WHERE reverses_seq = o.seq) <= o.amount);
    SELECT RAISE(ABORT, 'There is not enough on the account for this.')
     WHERE EXISTS (
           SELECT 1 FROM balance AS b JOIN account AS a ON a.id = b.id
            WHERE b.id = NEW.debit_id AND a.limit_rule = 1 AND NEW.kind NOT IN ('void', 'expire')
              AND b.debits_posted + b.debits_pending + NEW.amount - NEW.released > b.credits_posted);
    SELECT RAISE(ABORT, 'This would go over what the account may take.')
     WHERE EXISTS (
           SELECT 1 FROM balance AS b JOIN account AS a ON a.id = b.id
            WHERE b.id = NEW.credit_id AND a.limit_rule = 2 AND NEW.kind NOT IN ('void', 'expire')
              AND b.credits_posted + b.credits_pending + NEW.amount - NEW.released > b.debits_posted);
END;

CREATE TRIGGER transfer_applied AFTER INSERT ON transfer
BEGIN
    UPDATE balance
       SET last_seq = NEW.seq,
           debits_posted = debits_posted + CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           debits_pending = debits_pending - NEW.released + CASE NEW.kind WHEN 'pending' THEN NEW.amount ELSE 0 END
     WHERE id = NEW.debit_id;
    INSERT INTO entry (id, account_id, effective_at, delta, debits_posted, credits_posted, debits_pending, credits_pending)
    SELECT 2 * NEW.seq - 1, id, NEW.effective_at,
           CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN -NEW.amount ELSE 0 END,
           debits_posted, credits_posted, debits_pending, credits_pending
      FROM balance WHERE id = NEW.debit_id;
    UPDATE balance
       SET last_seq = NEW.seq,
           credits_posted = credits_posted + CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           credits_pending = credits_pending - NEW.released + CASE NEW.kind WHEN 'pending' THEN NEW.amount ELSE 0 END
     WHERE id = NEW.credit_id;
    INSERT INTO entry (id, account_id, effective_at, delta, debits_posted, credits_posted, debits_pending, credits_pending)
    SELECT 2 * NEW.seq, id, NEW.effective_at,
           CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           debits_posted, credits_posted, debits_pending, credits_pending
      FROM balance WHERE id = NEW.credit_id;
END;

CREATE TRIGGER transfer_memo_not_updated BEFORE UPDATE ON transfer_memo
BEGIN SELECT RAISE(ABORT, 'Words about a transfer are erased, never changed.'); END;
CREATE TRIGGER transfer_memo_next BEFORE INSERT ON transfer_memo
WHEN length(NEW.salt) <> 16 OR EXISTS (SELECT 1 FROM transfer_memo WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM transfer WHERE seq = NEW.id AND memo_commit IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are written with their transfer only.'); END;

-- Entries and balances follow from a transfer, to the unit, or are refused. Each transfer was applied to both its
-- accounts when it was written, so a balance that has not seen a transfer is one of the newest, in this moment.
CREATE TRIGGER entry_not_updated BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'An entry is never changed.'); END;
CREATE TRIGGER entry_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'An entry is never taken out.'); END;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)
  OR NOT EXISTS (
      SELECT 1 FROM transfer AS t JOIN balance AS b ON b.id = NEW.account_id AND b.last_seq = t.seq
       WHERE t.seq = (NEW.id + 1) / 2 AND NEW.effective_at = t.effective_at
         AND ((NEW.id = 2 * t.seq - 1 AND b.id = t.debit_id) OR (NEW.id = 2 * t.seq AND b.id = t.credit_id))
         AND NEW.delta = CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
                         * CASE WHEN b.id = t.debit_id THEN -1 ELSE 1 END
         AND NEW.debits_posted = b.debits_posted AND NEW.credits_posted = b.credits_posted
         AND NEW.debits_pending = b.debits_pending AND NEW.credits_pending = b.credits_pending)
BEGIN SELECT RAISE(ABORT, 'An entry follows from its transfer alone.'); END;

CREATE TRIGGER balance_not_deleted BEFORE DELETE ON balance
BEGIN SELECT RAISE(ABORT, 'A balance is never taken out.'); END;
CREATE TRIGGER balance_begins BEFORE INSERT ON balance
WHEN EXISTS (SELECT 1 FROM balance WHERE id = NEW.id) OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
  OR NEW.last_seq <> 0 OR NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0
  OR NEW.credits_pending <> 0
BEGIN SELECT RAISE(ABORT, 'A balance begins at nothing, with its account.'); END;
CREATE TRIGGER balance_follows BEFORE UPDATE ON balance
WHEN NOT EXISTS (
    SELECT 1 FROM transfer AS t
     WHERE t.seq = NEW.last_seq AND OLD.last_seq < t.seq AND NEW.id = OLD.id
       AND ((t.debit_id = OLD.id
             AND NEW.debits_posted = OLD.debits_posted
                 + CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
             AND NEW.debits_pending = OLD.debits_pending - t.released
                 + CASE t.kind WHEN 'pending' THEN t.amount ELSE 0 END
             AND NEW.credits_posted = OLD.credits_posted AND NEW.credits_pending = OLD.credits_pending)
         OR (t.credit_id = OLD.id
             AND NEW.credits_posted = OLD.credits_posted
                 + CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
             AND NEW.credits_pending = OLD.credits_pending - t.released
                 + CASE t.kind WHEN 'pending' THEN t.amount ELSE 0 END
             AND NEW.debits_posted = OLD.debits_posted AND NEW.debits_pending = OLD.debits_pending)))
BEGIN SELECT RAISE(ABORT, 'A balance follows from the transfers alone.'); END;
