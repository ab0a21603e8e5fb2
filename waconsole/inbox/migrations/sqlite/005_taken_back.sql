-- A message of ours that is cancelled before it left was never said (visible_message hides it), whoever cancels it and
-- in whichever room; taken back again it counts again. A script that rebuilds `outgoing` makes this trigger anew.
CREATE TRIGGER conversation_taken_back AFTER UPDATE OF state ON outgoing
WHEN NEW.message_id IS NOT NULL AND (OLD.state = 'cancelled') <> (NEW.state = 'cancelled')
BEGIN
    UPDATE conversation
       SET message_count = message_count + CASE NEW.state WHEN 'cancelled' THEN -1 ELSE 1 END,
           last_message_id = (SELECT id FROM visible_message WHERE conversation_id = NEW.conversation_id
                               ORDER BY sent_at DESC, id DESC LIMIT 1),
           last_at = coalesce((SELECT sent_at FROM visible_message WHERE conversation_id = NEW.conversation_id
                                ORDER BY sent_at DESC, id DESC LIMIT 1), 0)
     WHERE id = NEW.conversation_id;
END;
