-- A file that comes over the wire is fetched once its message is here; a copy stands beside the ledger under its
-- SHA-256. `due_at` is when it is asked for (again), `reason` why it is not here yet, or never will be.
ALTER TABLE media ADD COLUMN state TEXT NOT NULL DEFAULT '' CHECK (state IN ('', 'waiting', 'kept', 'gone'));
ALTER TABLE media ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE media ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN fetched_at INTEGER;
UPDATE media SET state = 'waiting' WHERE media_id IS NOT NULL AND sha256 IS NULL;
CREATE INDEX media_waiting ON media (due_at, id) WHERE state = 'waiting';

-- What we put under a message of somebody: no message of its own. It stands as long as its outgoing row may have left;
-- the latest one of a message counts, an empty one took ours away.
CREATE TABLE own_reaction (
    id          INTEGER PRIMARY KEY,
    outgoing_id INTEGER NOT NULL UNIQUE,
    message_id  INTEGER NOT NULL,
    emoji       TEXT    NOT NULL,
    reacted_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX own_reaction_message ON own_reaction (message_id, id);

CREATE VIEW shown_own_reaction AS
SELECT r.message_id, r.outgoing_id, r.emoji, r.reacted_at
  FROM own_reaction AS r
 WHERE r.id = (SELECT max(l.id)
                 FROM own_reaction AS l
                 JOIN outgoing AS o ON o.id = l.outgoing_id
                WHERE l.message_id = r.message_id
                  AND o.state NOT IN ('cancelled', 'refused', 'failed', 'expired'))
   AND r.emoji <> '';
