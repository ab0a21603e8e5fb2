-- A version stays as it was set, but for a person who is being erased: a rule that names them says their pseudonym.
DROP TRIGGER tag_rule_changes_never;
CREATE TRIGGER tag_rule_changes_never BEFORE UPDATE ON tag_rule
WHEN NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.version <> OLD.version OR NEW.operator_id IS NOT OLD.operator_id
  OR NEW.set_at <> OLD.set_at OR NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN
    SELECT raise(ABORT, 'a version of a tag''s rule never changes');
END;
