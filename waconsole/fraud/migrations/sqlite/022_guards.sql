-- A sweep lets go of what nobody decided on and nobody is frozen by. Whatever was decided on, or froze somebody, stays.
CREATE TRIGGER review_not_let_go BEFORE UPDATE OF gone_at ON review
WHEN NEW.gone_at IS NOT NULL AND NEW.gone_at IS NOT OLD.gone_at
 AND (OLD.state <> 'open' OR EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.id)
      OR EXISTS (SELECT 1 FROM standing WHERE review_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'What was decided on, or froze somebody, is not let go by a sweep.'); END;
