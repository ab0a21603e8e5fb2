-- Words of consent only come; an erased person's are taken out.
CREATE TRIGGER column_consent_changed AFTER UPDATE OF member_id, purpose, state, decided_at ON consent
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('consent', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'consent', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'consent')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'consent' AND row_id = OLD.id);
END;

CREATE TRIGGER column_consent_removed AFTER DELETE ON consent
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('consent', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'consent', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'consent')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'consent' AND row_id = OLD.id);
END;
