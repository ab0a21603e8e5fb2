-- The act log only grows, whatever the pragmas.
CREATE TRIGGER act_not_updated BEFORE UPDATE ON act
BEGIN SELECT RAISE(ABORT, 'The act log is never changed.'); END;
CREATE TRIGGER act_not_deleted BEFORE DELETE ON act
BEGIN SELECT RAISE(ABORT, 'The act log is never shortened.'); END;
CREATE TRIGGER act_not_replaced BEFORE INSERT ON act
WHEN EXISTS (SELECT 1 FROM act WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'The act log is never changed.'); END;
