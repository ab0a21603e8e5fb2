-- A message of ours that was taken back before it left was never said: nobody sees it.
DROP VIEW visible_message;
CREATE VIEW visible_message AS
SELECT id, conversation_id, alias_id, direction, kind, text, edited, notice, wamid, sent_at, search_key, origin, import_run_id,
       type, reply_to, reply_to_id
  FROM message
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
   AND (direction <> 'out' OR NOT EXISTS (SELECT 1 FROM outgoing AS o WHERE o.message_id = message.id AND o.state = 'cancelled'));
