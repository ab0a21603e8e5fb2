-- Nothing leaves what is paused, whoever sends.
CREATE TRIGGER attempt_not_of_a_paused BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM outgoing AS o JOIN number AS n ON n.id = o.number_id
              WHERE o.id = NEW.outgoing_id AND n.paused_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM breaker WHERE scope = 'all' AND key = '' AND state = 'paused')
  OR EXISTS (SELECT 1 FROM outgoing AS o JOIN breaker AS b ON b.scope = 'campaign' AND b.key = o.campaign AND b.state = 'paused'
              WHERE o.id = NEW.outgoing_id AND o.campaign <> '')
BEGIN SELECT RAISE(ABORT, 'Nothing leaves what is paused.'); END;

-- One in flight to a recipient, also where a key would be replaced instead of refused.
CREATE TRIGGER attempt_in_flight_alone BEFORE INSERT ON attempt
WHEN NEW.recipient <> '' AND EXISTS (SELECT 1 FROM attempt WHERE number_id = NEW.number_id AND recipient = NEW.recipient AND outcome = '')
BEGIN SELECT RAISE(ABORT, 'One message to a recipient is on its way at a time.'); END;

-- As before, and whom it went to and under which id stays too. Where the id was chosen before sending, a look can
-- prove that the message is not there.
DROP TRIGGER attempt_kept;
CREATE TRIGGER attempt_kept BEFORE UPDATE ON attempt
WHEN NEW.id <> OLD.id OR NEW.outgoing_id <> OLD.outgoing_id OR NEW.n <> OLD.n OR NEW.opaque <> OLD.opaque
  OR NEW.owner <> OLD.owner OR NEW.started_at <> OLD.started_at
  OR NEW.recipient <> OLD.recipient OR NEW.number_id IS NOT OLD.number_id OR NEW.chosen_id IS NOT OLD.chosen_id
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.outcome <> '' AND NEW.outcome <> OLD.outcome AND NEW.outcome <> 'accepted'
      AND NOT (OLD.outcome = 'unknown' AND NEW.outcome = 'unsent' AND OLD.chosen_id IS NOT NULL))
  OR (OLD.outcome = 'accepted' AND NEW.outcome <> 'accepted')
BEGIN SELECT RAISE(ABORT, 'What was tried, and what came of it, stays as it was.'); END;
