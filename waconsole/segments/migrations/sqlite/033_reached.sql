-- Whom an address reaches is kept by who asks often: new aliases are seen by their ids, one that ends or turns is counted here.
CREATE TRIGGER column_alias_ended AFTER UPDATE OF seen_until, kind, group_id ON alias
WHEN OLD.seen_until IS NOT NEW.seen_until OR OLD.kind <> NEW.kind OR OLD.group_id <> NEW.group_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('reach', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;
