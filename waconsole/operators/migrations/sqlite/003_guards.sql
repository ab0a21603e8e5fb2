-- Who may act only grows, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete trigger alone,
-- because REPLACE deletes silently with recursive_triggers off. A ledger that is only being built has no installation
-- id and no key: its rows are sealed together when it gets one.

CREATE TRIGGER operator_not_updated BEFORE UPDATE ON operator
BEGIN SELECT RAISE(ABORT, 'An operator is never changed.'); END;
CREATE TRIGGER operator_not_deleted BEFORE DELETE ON operator
BEGIN SELECT RAISE(ABORT, 'An operator is never taken out.'); END;
CREATE TRIGGER operator_next BEFORE INSERT ON operator
BEGIN
    SELECT RAISE(ABORT, 'An operator is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator), 0) + 1;
    SELECT RAISE(ABORT, 'An operator needs a name of their own and a role.')
     WHERE NEW.name = '' OR NEW.ref = '' OR NEW.role NOT IN ('owner', 'moderator', 'ambassador')
        OR EXISTS (SELECT 1 FROM operator WHERE name IN (NEW.name, NEW.ref) OR ref IN (NEW.name, NEW.ref));
    SELECT RAISE(ABORT, 'An operator was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator'), 0);
END;

CREATE TRIGGER operator_passphrase_not_updated BEFORE UPDATE ON operator_passphrase
BEGIN SELECT RAISE(ABORT, 'A passphrase is never changed.'); END;
CREATE TRIGGER operator_passphrase_not_deleted BEFORE DELETE ON operator_passphrase
BEGIN SELECT RAISE(ABORT, 'A passphrase is never taken out.'); END;
CREATE TRIGGER operator_passphrase_next BEFORE INSERT ON operator_passphrase
BEGIN
    SELECT RAISE(ABORT, 'A passphrase is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_passphrase), 0) + 1;
    SELECT RAISE(ABORT, 'A passphrase is kept as a hash, of an operator who is not retired.')
     WHERE length(NEW.salt) <> 16 OR length(NEW.hash) <> 32 OR NEW.cost < 2 OR NEW.block_size < 1 OR NEW.parallel < 1
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A passphrase was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_passphrase'), 0);
END;

CREATE TRIGGER operator_limit_not_updated BEFORE UPDATE ON operator_limit
BEGIN SELECT RAISE(ABORT, 'A limit is never changed.'); END;
CREATE TRIGGER operator_limit_not_deleted BEFORE DELETE ON operator_limit
BEGIN SELECT RAISE(ABORT, 'A limit is never taken out.'); END;
CREATE TRIGGER operator_limit_next BEFORE INSERT ON operator_limit
BEGIN
    SELECT RAISE(ABORT, 'A limit is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_limit), 0) + 1;
    SELECT RAISE(ABORT, 'A limit is an amount of a currency, of an operator.')
     WHERE NEW.currency = '' OR NEW.amount_minor < 0
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A limit was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_limit'), 0);
END;

CREATE TRIGGER operator_link_not_updated BEFORE UPDATE ON operator_link
BEGIN SELECT RAISE(ABORT, 'A link is never changed.'); END;
CREATE TRIGGER operator_link_not_deleted BEFORE DELETE ON operator_link
BEGIN SELECT RAISE(ABORT, 'A link is never taken out.'); END;
CREATE TRIGGER operator_link_next BEFORE INSERT ON operator_link
BEGIN
    SELECT RAISE(ABORT, 'A link is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_link), 0) + 1;
    SELECT RAISE(ABORT, 'A link is an operator''s.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A link was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_link'), 0);
END;

CREATE TRIGGER operator_retirement_not_updated BEFORE UPDATE ON operator_retirement
BEGIN SELECT RAISE(ABORT, 'A retirement is never changed.'); END;
CREATE TRIGGER operator_retirement_not_deleted BEFORE DELETE ON operator_retirement
BEGIN SELECT RAISE(ABORT, 'A retirement is never taken out.'); END;
CREATE TRIGGER operator_retirement_next BEFORE INSERT ON operator_retirement
BEGIN
    SELECT RAISE(ABORT, 'A retirement is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_retirement), 0) + 1;
    SELECT RAISE(ABORT, 'Nobody retires twice.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A retirement was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_retirement'), 0);
END;

CREATE TRIGGER sign_in_not_updated BEFORE UPDATE ON sign_in
BEGIN SELECT RAISE(ABORT, 'A sign-in is never changed.'); END;
CREATE TRIGGER sign_in_not_deleted BEFORE DELETE ON sign_in
BEGIN SELECT RAISE(ABORT, 'A sign-in is never taken out.'); END;
CREATE TRIGGER sign_in_next BEFORE INSERT ON sign_in
BEGIN
    SELECT RAISE(ABORT, 'A sign-in is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_in), 0) + 1;
    SELECT RAISE(ABORT, 'A sign-in is of an operator with a passphrase, at this installation.')
     WHERE NEW.installation IS NOT (SELECT value FROM ledger_fact WHERE name = 'installation')
        OR length(NEW.token_hash) <> 32 OR EXISTS (SELECT 1 FROM sign_in WHERE token_hash = NEW.token_hash)
        OR NEW.idle_seconds < 1 OR NEW.ends_at <= NEW.signed_in_at
        OR NEW.passphrase_id IS NOT (SELECT max(id) FROM operator_passphrase WHERE operator_id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A sign-in was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_in'), 0);
END;

CREATE TRIGGER sign_out_not_updated BEFORE UPDATE ON sign_out
BEGIN SELECT RAISE(ABORT, 'A sign-out is never changed.'); END;
CREATE TRIGGER sign_out_not_deleted BEFORE DELETE ON sign_out
BEGIN SELECT RAISE(ABORT, 'A sign-out is never taken out.'); END;
CREATE TRIGGER sign_out_next BEFORE INSERT ON sign_out
BEGIN
    SELECT RAISE(ABORT, 'A sign-out is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_out), 0) + 1;
    SELECT RAISE(ABORT, 'Nobody signs out twice.')
     WHERE NOT EXISTS (SELECT 1 FROM sign_in WHERE id = NEW.sign_in_id)
        OR EXISTS (SELECT 1 FROM sign_out WHERE sign_in_id = NEW.sign_in_id);
    SELECT RAISE(ABORT, 'A sign-out was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_out'), 0);
END;

CREATE TRIGGER sign_in_failure_not_updated BEFORE UPDATE ON sign_in_failure
BEGIN SELECT RAISE(ABORT, 'A failed sign-in is never changed.'); END;
CREATE TRIGGER sign_in_failure_not_deleted BEFORE DELETE ON sign_in_failure
BEGIN SELECT RAISE(ABORT, 'A failed sign-in is never taken out.'); END;
CREATE TRIGGER sign_in_failure_next BEFORE INSERT ON sign_in_failure
BEGIN
    SELECT RAISE(ABORT, 'A failed sign-in is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_in_failure), 0) + 1;
    SELECT RAISE(ABORT, 'A failed sign-in is an operator''s.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A failed sign-in was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_in_failure'), 0);
END;

CREATE TRIGGER adoption_not_updated BEFORE UPDATE ON adoption
BEGIN SELECT RAISE(ABORT, 'An adoption is never changed.'); END;
CREATE TRIGGER adoption_not_deleted BEFORE DELETE ON adoption
BEGIN SELECT RAISE(ABORT, 'An adoption is never taken out.'); END;
CREATE TRIGGER adoption_next BEFORE INSERT ON adoption
BEGIN
    SELECT RAISE(ABORT, 'An adoption is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM adoption), 0) + 1;
    SELECT RAISE(ABORT, 'An owner adopts this installation, once.')
     WHERE NEW.installation IS NOT (SELECT value FROM ledger_fact WHERE name = 'installation')
        OR EXISTS (SELECT 1 FROM adoption WHERE installation = NEW.installation)
        OR NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role = 'owner');
    SELECT RAISE(ABORT, 'An adoption was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'adoption'), 0);
END;

CREATE TRIGGER operator_seal_not_updated BEFORE UPDATE ON operator_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER operator_seal_not_deleted BEFORE DELETE ON operator_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER operator_seal_next BEFORE INSERT ON operator_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_seal), 0) + 1 OR NEW.last_id < NEW.first_id
        OR NEW.first_id <> coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = NEW.row_kind), 0) + 1;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'operators'
                          AND row_kind = NEW.row_kind AND row_id = NEW.last_id);
END;

CREATE TRIGGER act_seal_not_updated BEFORE UPDATE ON act_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER act_seal_not_deleted BEFORE DELETE ON act_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER act_seal_next BEFORE INSERT ON act_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM act_seal), 0) + 1 OR NEW.last_id < NEW.first_id
        OR NEW.first_id <> coalesce((SELECT last_id FROM act_seal WHERE id = NEW.id - 1), 0) + 1;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'operators'
                          AND row_kind = 'act' AND row_id = NEW.last_id);
END;

-- Acts made before their words were salted get a salt; from here on an act is sealed when it is written.
DROP TRIGGER act_not_updated;
DROP TRIGGER act_not_replaced;
UPDATE act SET salt = randomblob(16);
CREATE TRIGGER act_not_updated BEFORE UPDATE ON act
BEGIN SELECT RAISE(ABORT, 'The act log is never changed.'); END;
CREATE TRIGGER act_next BEFORE INSERT ON act
BEGIN
    SELECT RAISE(ABORT, 'The act log only grows, act by act.') WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM act), 0) + 1;
    SELECT RAISE(ABORT, 'An act is not whole.')
     WHERE NEW.words_hash IS NOT NULL OR NEW.salt IS NULL OR length(NEW.salt) <> 16
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'An act was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT last_id FROM act_seal ORDER BY id DESC LIMIT 1), 0);
END;

-- A copied ledger waits for an owner: that word goes only when an adoption of this installation stands. And a ledger that
-- has sealed anything never is one that is only being built again.
CREATE TRIGGER ledger_fact_stays BEFORE UPDATE ON ledger_fact
BEGIN
    SELECT RAISE(ABORT, 'An owner adopts this copy of the ledger first.')
     WHERE OLD.name = 'adoption' AND OLD.value = 'pending'
       AND (NEW.name IS NOT 'adoption' OR NEW.value IS NOT 'pending')
       AND NOT EXISTS (SELECT 1 FROM adoption AS a JOIN ledger_fact AS f ON f.name = 'installation' AND f.value = a.installation);
    SELECT RAISE(ABORT, 'A ledger keeps its installation id.')
     WHERE OLD.name = 'installation' AND NEW.name IS NOT 'installation' AND EXISTS (SELECT 1 FROM chain_link);
END;
CREATE TRIGGER ledger_fact_not_deleted BEFORE DELETE ON ledger_fact
WHEN (OLD.name = 'adoption' AND OLD.value = 'pending')
  OR (OLD.name = 'installation' AND EXISTS (SELECT 1 FROM chain_link))
BEGIN SELECT RAISE(ABORT, 'A ledger keeps its installation id, and what waits for an owner.'); END;
CREATE TRIGGER ledger_fact_not_replaced BEFORE INSERT ON ledger_fact
BEGIN
    SELECT RAISE(ABORT, 'A ledger keeps its installation id, and what waits for an owner.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE id = NEW.id AND name IS NOT NEW.name AND name IN ('adoption', 'installation'));
    SELECT RAISE(ABORT, 'An owner adopts this copy of the ledger first.')
     WHERE NEW.name = 'adoption' AND NEW.value IS NOT 'pending'
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending')
       AND NOT EXISTS (SELECT 1 FROM adoption AS a JOIN ledger_fact AS f ON f.name = 'installation' AND f.value = a.installation);
END;
