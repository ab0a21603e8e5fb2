-- Whoever lets a reward go out is neither of the two it is about, whatever the pragmas; and what went out stays decided.
CREATE TRIGGER invite_issue_next BEFORE INSERT ON invite_issue
BEGIN
    SELECT RAISE(ABORT, 'A word on a reward is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM invite_issue);
    SELECT RAISE(ABORT, 'This reward goes out already.')
     WHERE EXISTS (SELECT 1 FROM invite_issue WHERE invite_id = NEW.invite_id AND withdrawn = 0);
    SELECT RAISE(ABORT, 'A word on a reward needs an invite that waits, and an operator.')
     WHERE NEW.withdrawn IS NOT 0
        OR NOT EXISTS (SELECT 1 FROM invite_state WHERE id = NEW.invite_id AND state = 'held')
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody lets their own reward go out.')
     WHERE EXISTS (SELECT 1
                     FROM (SELECT member_id FROM operator WHERE id = NEW.operator_id
                            UNION ALL
                           SELECT member_id FROM operator_link WHERE operator_id = NEW.operator_id) AS o
                     JOIN member_root AS m ON m.id = o.member_id
                     JOIN invite AS i ON i.id = NEW.invite_id
                     JOIN member_root AS a ON a.id = i.referrer_id
                     JOIN member_root AS b ON b.id = i.invitee_id
                    WHERE m.root_id IN (a.root_id, b.root_id));
END;
CREATE TRIGGER invite_issue_stays BEFORE UPDATE ON invite_issue
WHEN NEW.id IS NOT OLD.id OR NEW.invite_id IS NOT OLD.invite_id OR NEW.amounts IS NOT OLD.amounts
  OR NEW.solo IS NOT OLD.solo OR NEW.operator_id IS NOT OLD.operator_id OR NEW.recorded_at IS NOT OLD.recorded_at
  OR NEW.withdrawn NOT IN (0, 1)
  OR EXISTS (SELECT 1 FROM reward
              WHERE invite_id = OLD.invite_id AND state IN ('posted', 'issued', 'redeemed', 'expired'))
BEGIN SELECT RAISE(ABORT, 'A word on a reward is taken back only while nothing was given.'); END;
CREATE TRIGGER invite_issue_kept BEFORE DELETE ON invite_issue
BEGIN SELECT RAISE(ABORT, 'A word on a reward is never taken out.'); END;
