-- An erasure begins with its act, which is sealed, and goes one way.
CREATE TRIGGER erasure_begins BEFORE INSERT ON erasure
BEGIN
    SELECT RAISE(ABORT, 'An erasure is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM erasure), 0) + 1 OR NEW.state <> 'open';
    SELECT RAISE(ABORT, 'An erasure begins with its act.')
     WHERE NOT EXISTS (SELECT 1 FROM act
                        WHERE id = (SELECT max(id) FROM act) AND verb = 'erase' AND object_kind = 'erasure'
                          AND object_id = NEW.id AND operator_id = NEW.operator_id);
END;
CREATE TRIGGER erasure_goes_on BEFORE UPDATE ON erasure
WHEN NEW.id <> OLD.id OR NEW.member_id <> OLD.member_id OR NEW.operator_id <> OLD.operator_id
  OR NEW.erased_at <> OLD.erased_at
  OR OLD.state || '>' || NEW.state NOT IN ('open>erased', 'erased>erased', 'erased>done')
BEGIN SELECT RAISE(ABORT, 'An erasure goes one way.'); END;
CREATE TRIGGER erasure_not_deleted BEFORE DELETE ON erasure
BEGIN SELECT RAISE(ABORT, 'That somebody was erased stays known.'); END;

-- The act log only grows. One thing alone may happen to an act: while a person is being erased, its words give way to
-- their salted hash, which its seal is made of.
DROP TRIGGER act_not_updated;
CREATE TRIGGER act_not_updated BEFORE UPDATE ON act
WHEN NOT (EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
      AND NEW.id IS OLD.id AND NEW.stroke IS OLD.stroke AND NEW.operator_id IS OLD.operator_id AND NEW.verb IS OLD.verb
      AND NEW.object_kind IS OLD.object_kind AND NEW.object_id IS OLD.object_id AND NEW.rule IS OLD.rule
      AND NEW.rule_version IS OLD.rule_version AND NEW.undoes IS OLD.undoes AND NEW.decided_at IS OLD.decided_at
      AND OLD.words_hash IS NULL AND length(NEW.words_hash) = 32 AND NEW.salt IS NULL
      AND NEW.before = '{}' AND NEW.after = '{}')
BEGIN SELECT RAISE(ABORT, 'The act log is never changed.'); END;
