-- What was sent and said, and whose an alias is. A script that rebuilds one of the tables makes its triggers anew.

CREATE TRIGGER column_push_changed AFTER UPDATE OF member_id, sent_at, purpose, import_run_id ON elsewhere_push
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('push', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'push', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'push')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'push' AND row_id = OLD.id);
END;

CREATE TRIGGER column_push_removed AFTER DELETE ON elsewhere_push
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('push', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'push', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'push')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'push' AND row_id = OLD.id);
END;

CREATE TRIGGER column_heard_changed AFTER UPDATE OF member_id, said_at, import_run_id ON elsewhere_message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('heard', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'heard', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'heard')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'heard' AND row_id = OLD.id);
END;

CREATE TRIGGER column_heard_removed AFTER DELETE ON elsewhere_message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('heard', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'heard', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'heard')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'heard' AND row_id = OLD.id);
END;

CREATE TRIGGER column_message_changed AFTER UPDATE OF alias_id, direction, kind, sent_at, import_run_id ON message
WHEN OLD.alias_id IS NOT NEW.alias_id OR OLD.direction <> NEW.direction OR OLD.sent_at <> NEW.sent_at
     OR OLD.import_run_id <> NEW.import_run_id OR (OLD.kind = 'system') <> (NEW.kind = 'system')
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('message', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'message', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'message')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'message' AND row_id = OLD.id);
END;

CREATE TRIGGER column_message_removed AFTER DELETE ON message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('message', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'message', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'message')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'message' AND row_id = OLD.id);
END;

CREATE TRIGGER column_alias_moved AFTER UPDATE OF member_id ON alias
WHEN OLD.member_id <> NEW.member_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('alias', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_alias_removed AFTER DELETE ON alias
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('alias', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

-- What left from here is not sealed: it is read anew when any of it changed.
CREATE TRIGGER column_send_changed AFTER UPDATE OF state, purpose, conversation_id, written_at ON outgoing
WHEN (OLD.state IN ('sending', 'accepted', 'unknown', 'closed')) <> (NEW.state IN ('sending', 'accepted', 'unknown', 'closed')) OR OLD.purpose <> NEW.purpose
     OR OLD.conversation_id <> NEW.conversation_id OR OLD.written_at <> NEW.written_at
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_send_removed AFTER DELETE ON outgoing
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_send_tried AFTER INSERT ON attempt
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_send_timed AFTER UPDATE OF started_at ON attempt
WHEN OLD.started_at <> NEW.started_at
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER column_send_moved AFTER UPDATE OF member_id ON conversation
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END;
