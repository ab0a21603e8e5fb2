-- What was decided on a proof stays, but for the words and the hash of whoever is erased; so does when it came and whose
-- it is. Only what waits can be taken out (its person was erased). REPLACE takes rows out silently with
-- recursive_triggers off.
CREATE TRIGGER proof_next BEFORE INSERT ON proof
WHEN NEW.state <> 'waiting'
  OR EXISTS (SELECT 1 FROM proof WHERE id = NEW.id OR (ref = NEW.ref AND message_id <> NEW.message_id))
BEGIN
    SELECT RAISE(ABORT, 'A proof begins waiting, and once.');
END;
CREATE TRIGGER proof_stays BEFORE UPDATE ON proof
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.message_id <> OLD.message_id OR NEW.member_id <> OLD.member_id
  OR NEW.programme_id <> OLD.programme_id OR NEW.came_at <> OLD.came_at
  OR (OLD.state <> 'waiting'
      AND (NEW.state <> OLD.state OR NEW.operator_id IS NOT OLD.operator_id OR NEW.decided_at IS NOT OLD.decided_at
           OR (NEW.sha256 IS NOT NULL AND NEW.sha256 IS NOT OLD.sha256)))
BEGIN
    SELECT RAISE(ABORT, 'What was decided on a proof stays.');
END;
CREATE TRIGGER proof_kept_once_decided BEFORE DELETE ON proof
WHEN OLD.state <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'A proof that was decided on is never taken out.');
END;
