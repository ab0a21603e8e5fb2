-- What must never happen to a message, whatever the program and whatever the pragmas: the database itself says no.

-- The ways between the states, as docs/states.md draws them. A queued message goes back to where an operator's
-- "resend" took it from, by undo and by nothing else.
CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing
WHEN NEW.state <> OLD.state AND NOT (
    OLD.state || '>' || NEW.state IN (
        'draft>scheduled', 'draft>queued', 'draft>held', 'draft>refused', 'draft>cancelled', 'draft>expired',
        'scheduled>draft', 'scheduled>queued', 'scheduled>held', 'scheduled>refused', 'scheduled>cancelled', 'scheduled>expired',
        'queued>scheduled', 'queued>sending', 'queued>held', 'queued>refused', 'queued>cancelled', 'queued>expired', 'queued>accepted',
        'sending>accepted', 'sending>unknown', 'sending>failed', 'sending>queued', 'sending>held',
        'held>draft', 'held>scheduled', 'held>queued', 'held>refused', 'held>cancelled', 'held>expired', 'held>accepted',
        'unknown>accepted', 'unknown>closed',
        'closed>accepted', 'closed>unknown',
        'failed>accepted', 'refused>accepted', 'cancelled>accepted', 'expired>accepted',
        'refused>queued', 'refused>held', 'cancelled>draft', 'cancelled>scheduled', 'cancelled>queued', 'cancelled>held')
    OR (OLD.state IN ('unknown', 'closed', 'failed') AND NEW.state = 'queued' AND NEW.state_reason = 'resend')
    OR (OLD.state = 'queued' AND OLD.state_reason = 'resend' AND NEW.state IN ('unknown', 'closed', 'failed'))
    OR (OLD.state = 'accepted' AND NEW.state = 'queued' AND OLD.driver = 'human')
    OR (OLD.state = 'accepted' AND NEW.state = 'unknown' AND OLD.wamid IS NULL))
BEGIN SELECT RAISE(ABORT, 'An outgoing message does not go from that state to this one.'); END;

CREATE TRIGGER outgoing_accepted BEFORE UPDATE ON outgoing
WHEN NEW.state = 'accepted' AND NEW.wamid IS NULL AND NEW.driver <> 'human' AND NEW.state_reason <> 'operator'
BEGIN SELECT RAISE(ABORT, 'Only WhatsApp''s id, or an operator, makes a message accepted.'); END;

CREATE TRIGGER outgoing_sending BEFORE UPDATE OF state ON outgoing
WHEN NEW.state = 'sending' AND NOT EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = NEW.id AND outcome = '')
BEGIN SELECT RAISE(ABORT, 'Nothing is sent before its attempt is written.'); END;

CREATE TRIGGER outgoing_sent_again BEFORE UPDATE OF state ON outgoing
WHEN OLD.state = 'sending' AND NEW.state IN ('queued', 'held')
 AND coalesce((SELECT outcome FROM attempt WHERE outgoing_id = NEW.id ORDER BY n DESC LIMIT 1), '') NOT IN ('unsent', 'refused')
BEGIN SELECT RAISE(ABORT, 'What may have been sent is not queued again.'); END;

CREATE TRIGGER outgoing_kept BEFORE UPDATE ON outgoing
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.driver <> OLD.driver OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text
  OR NEW.origin <> OLD.origin OR NEW.written_at <> OLD.written_at
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.message_id IS NOT NULL AND NEW.message_id IS NOT OLD.message_id)
BEGIN SELECT RAISE(ABORT, 'What was written to be sent is not written anew.'); END;

CREATE TRIGGER outgoing_not_crossed BEFORE UPDATE OF wamid, message_id ON outgoing
WHEN EXISTS (SELECT 1 FROM outgoing WHERE id <> NEW.id AND (wamid = NEW.wamid OR message_id = NEW.message_id))
BEGIN SELECT RAISE(ABORT, 'One message of WhatsApp is one outgoing message.'); END;

CREATE TRIGGER outgoing_begins BEFORE INSERT ON outgoing
WHEN NEW.state NOT IN ('draft', 'scheduled', 'queued', 'held') OR NEW.wamid IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'An outgoing message begins unsent.'); END;

CREATE TRIGGER outgoing_not_replaced BEFORE INSERT ON outgoing
WHEN EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.id OR ref = NEW.ref OR message_id = NEW.message_id)
BEGIN SELECT RAISE(ABORT, 'An outgoing message is not written twice.'); END;

CREATE TRIGGER outgoing_not_deleted BEFORE DELETE ON outgoing
WHEN EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'What was tried to be sent stays.'); END;

CREATE TRIGGER attempt_begins BEFORE INSERT ON attempt
WHEN NEW.outcome <> ''
  OR NEW.n <> 1 + (SELECT coalesce(max(n), 0) FROM attempt WHERE outgoing_id = NEW.outgoing_id)
  OR NOT EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.outgoing_id AND state = 'queued')
  OR EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = NEW.outgoing_id AND outcome IN ('', 'accepted'))
BEGIN SELECT RAISE(ABORT, 'One attempt at a time, of a queued message that nobody has accepted.'); END;

CREATE TRIGGER attempt_not_by_itself BEFORE INSERT ON attempt
WHEN (SELECT outcome FROM attempt WHERE outgoing_id = NEW.outgoing_id ORDER BY n DESC LIMIT 1) = 'unknown'
 AND NOT EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.outgoing_id AND state_reason = 'resend')
BEGIN SELECT RAISE(ABORT, 'What may have been sent is sent again by an operator only.'); END;

CREATE TRIGGER attempt_not_replaced BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM attempt WHERE id = NEW.id OR opaque = NEW.opaque)
BEGIN SELECT RAISE(ABORT, 'An attempt is not written twice.'); END;

CREATE TRIGGER attempt_kept BEFORE UPDATE ON attempt
WHEN NEW.id <> OLD.id OR NEW.outgoing_id <> OLD.outgoing_id OR NEW.n <> OLD.n OR NEW.opaque <> OLD.opaque
  OR NEW.owner <> OLD.owner OR NEW.started_at <> OLD.started_at
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.outcome <> '' AND NEW.outcome <> OLD.outcome AND NEW.outcome <> 'accepted')
  OR (OLD.outcome = 'accepted' AND NEW.outcome <> 'accepted')
BEGIN SELECT RAISE(ABORT, 'What was tried, and what came of it, stays as it was.'); END;

CREATE TRIGGER attempt_not_deleted BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'What was tried stays.'); END;

CREATE TRIGGER delivery_grows BEFORE UPDATE ON delivery
WHEN NEW.id <> OLD.id OR NEW.wamid <> OLD.wamid OR NEW.participant <> OLD.participant OR NEW.rank < OLD.rank
  OR (OLD.failed_at IS NOT NULL AND NEW.failed_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END;

CREATE TRIGGER delivery_not_replaced BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR (wamid = NEW.wamid AND participant = NEW.participant))
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END;

CREATE TRIGGER delivery_not_deleted BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END;
