-- More than texts go out. What a message says stands in `body` as JSON (empty: a text, whose words are `text`);
-- `text` is what the thread shows of it. A content is never written anew.
DROP TRIGGER outgoing_kept;
ALTER TABLE outgoing DROP COLUMN kind;
ALTER TABLE outgoing ADD COLUMN kind TEXT NOT NULL DEFAULT 'text'
    CHECK (kind IN ('text', 'image', 'document', 'video', 'audio', 'sticker', 'template', 'buttons', 'list', 'reaction', 'poll'));
ALTER TABLE outgoing ADD COLUMN body TEXT NOT NULL DEFAULT '' CHECK ((body = '') = (kind = 'text'));
ALTER TABLE outgoing ADD COLUMN template_name TEXT NOT NULL DEFAULT '' CHECK ((template_name <> '') = (kind = 'template'));
ALTER TABLE outgoing ADD COLUMN template_language TEXT NOT NULL DEFAULT '';
ALTER TABLE outgoing ADD COLUMN template_category TEXT NOT NULL DEFAULT ''; -- when it was queued; another one since: it waits

-- Replies before service messages before campaigns: a campaign never delays a reply.
ALTER TABLE outgoing ADD COLUMN lane INTEGER
    GENERATED ALWAYS AS (CASE purpose WHEN 'reply' THEN 0 WHEN 'service' THEN 1 WHEN 'transactional' THEN 1 ELSE 2 END) VIRTUAL;

-- The id a message will have, where the way lets us choose it before sending.
ALTER TABLE attempt ADD COLUMN chosen_id TEXT;

CREATE TRIGGER outgoing_kept BEFORE UPDATE ON outgoing
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.driver <> OLD.driver OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text
  OR NEW.body <> OLD.body OR NEW.template_name <> OLD.template_name OR NEW.template_language <> OLD.template_language
  OR NEW.template_category <> OLD.template_category OR NEW.purpose <> OLD.purpose
  OR NEW.origin <> OLD.origin OR NEW.written_at <> OLD.written_at
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.message_id IS NOT NULL AND NEW.message_id IS NOT OLD.message_id)
BEGIN SELECT RAISE(ABORT, 'What was written to be sent is not written anew.'); END;
