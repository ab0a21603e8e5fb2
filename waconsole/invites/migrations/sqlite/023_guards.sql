-- An invite that tells what another does, under another number of the same person, is one too many: it may go as long as
-- nothing hangs on it. Every other stays.
DROP TRIGGER invite_not_deleted;
CREATE TRIGGER invite_not_deleted BEFORE DELETE ON invite
WHEN OLD.import_run_id NOT IN (SELECT id FROM open_run)
 AND (EXISTS (SELECT 1 FROM invite_step WHERE invite_id = OLD.id)
      OR EXISTS (SELECT 1 FROM reward WHERE invite_id = OLD.id)
      OR EXISTS (SELECT 1 FROM invite_word WHERE invite_id = OLD.id OR instead_id = OLD.id)
      OR EXISTS (SELECT 1 FROM arrival WHERE invite_id = OLD.id)
      OR NOT EXISTS (SELECT 1
                       FROM member_root AS a
                       JOIN member_root AS oa ON oa.root_id = a.root_id
                       JOIN invite AS o ON o.referrer_id = oa.id AND o.invited_at = OLD.invited_at
                       JOIN member_root AS ob ON ob.id = o.invitee_id
                       JOIN member_root AS b ON b.root_id = ob.root_id
                      WHERE a.id = OLD.referrer_id AND b.id = OLD.invitee_id AND o.id <> OLD.id
                        AND o.programme_id = OLD.programme_id AND o.channel = OLD.channel))
BEGIN SELECT RAISE(ABORT, 'An invite is never taken out: it is refused, with a reason.'); END;
