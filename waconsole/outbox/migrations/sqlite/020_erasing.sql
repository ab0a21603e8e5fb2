-- What was written to be sent, tried and delivered stays as it was, but for a person who is being erased: their words,
-- and WhatsApp's ids of the messages, which hold a number.
DROP TRIGGER outgoing_kept;
CREATE TRIGGER outgoing_kept BEFORE UPDATE ON outgoing
WHEN (NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.driver <> OLD.driver OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text
  OR NEW.body <> OLD.body OR NEW.template_name <> OLD.template_name OR NEW.template_language <> OLD.template_language
  OR NEW.template_category <> OLD.template_category OR NEW.purpose <> OLD.purpose
  OR NEW.origin <> OLD.origin OR NEW.written_at <> OLD.written_at
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.message_id IS NOT NULL AND NEW.message_id IS NOT OLD.message_id))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'What was written to be sent is not written anew.'); END;

DROP TRIGGER attempt_kept;
CREATE TRIGGER attempt_kept BEFORE UPDATE ON attempt
WHEN (NEW.id <> OLD.id OR NEW.outgoing_id <> OLD.outgoing_id OR NEW.n <> OLD.n OR NEW.opaque <> OLD.opaque
  OR NEW.owner <> OLD.owner OR NEW.started_at <> OLD.started_at
  OR NEW.recipient <> OLD.recipient OR NEW.number_id IS NOT OLD.number_id OR NEW.chosen_id IS NOT OLD.chosen_id
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.outcome <> '' AND NEW.outcome <> OLD.outcome AND NEW.outcome <> 'accepted'
      AND NOT (OLD.outcome = 'unknown' AND NEW.outcome = 'unsent' AND OLD.chosen_id IS NOT NULL))
  OR (OLD.outcome = 'accepted' AND NEW.outcome <> 'accepted'))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'What was tried, and what came of it, stays as it was.'); END;

DROP TRIGGER delivery_grows;
CREATE TRIGGER delivery_grows BEFORE UPDATE ON delivery
WHEN (NEW.id <> OLD.id OR NEW.wamid <> OLD.wamid OR NEW.participant <> OLD.participant OR NEW.rank < OLD.rank
  OR (OLD.failed_at IS NOT NULL AND NEW.failed_at IS NULL))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END;
