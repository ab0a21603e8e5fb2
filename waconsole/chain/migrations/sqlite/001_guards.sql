-- Every guard stands in a trigger of its own, so that no pragma takes it away: REPLACE deletes no link with
-- recursive_triggers off, and a CHECK that is ignored is asked again here.
CREATE TRIGGER chain_link_not_updated BEFORE UPDATE ON chain_link
BEGIN SELECT RAISE(ABORT, 'The chain is never changed.'); END;
CREATE TRIGGER chain_link_not_deleted BEFORE DELETE ON chain_link
BEGIN SELECT RAISE(ABORT, 'The chain is never shortened.'); END;
CREATE TRIGGER chain_link_next BEFORE INSERT ON chain_link
BEGIN
    SELECT RAISE(ABORT, 'A link of the chain is not the next one.')
     WHERE NEW.seq IS NOT coalesce((SELECT max(seq) FROM chain_link), 0) + 1;
    SELECT RAISE(ABORT, 'A link of the chain does not follow the one before.')
     WHERE NEW.prev_mac IS NOT coalesce((SELECT mac FROM chain_link WHERE seq = NEW.seq - 1), zeroblob(32));
    SELECT RAISE(ABORT, 'A link of the chain is not whole.')
     WHERE length(NEW.mac) <> 32 OR length(NEW.body_hash) <> 32 OR NEW.mac = NEW.prev_mac
        OR NEW.room = '' OR NEW.row_kind = '' OR NEW.key_id = '';
END;

CREATE TRIGGER chain_point_not_updated BEFORE UPDATE ON chain_point
BEGIN SELECT RAISE(ABORT, 'What was verified is never changed.'); END;
CREATE TRIGGER chain_point_not_deleted BEFORE DELETE ON chain_point
BEGIN SELECT RAISE(ABORT, 'What was verified is never taken out.'); END;
CREATE TRIGGER chain_point_not_replaced BEFORE INSERT ON chain_point
WHEN EXISTS (SELECT 1 FROM chain_point WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'What was verified is never changed.'); END;
