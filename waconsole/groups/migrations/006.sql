-- What was done about somebody's conduct in a group: the rungs of a ladder. A rung stands until it ends by its time or by
-- an operator; whether its time has come is read from the clock.
CREATE TABLE moderation_step (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE,
    group_id     INTEGER NOT NULL REFERENCES "group" (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    step         TEXT    NOT NULL CHECK (step IN ('warn', 'mute', 'remove')),
    state        TEXT    NOT NULL CHECK (state IN ('asking', 'stands', 'failed', 'unknown', 'taken_back')),
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    taken_at     INTEGER NOT NULL,
    until_at     INTEGER CHECK (until_at > taken_at),        -- NULL: until it is taken back
    detail       TEXT    NOT NULL DEFAULT '',                -- why WhatsApp did not do it, foreign text
    ended_at     INTEGER,
    ended_by     INTEGER REFERENCES operator (id),
    ended_reason TEXT    NOT NULL DEFAULT '',
    CHECK ((state = 'taken_back') = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX moderation_step_member ON moderation_step (group_id, member_id, taken_at);
CREATE INDEX moderation_step_muted ON moderation_step (group_id, member_id) WHERE step = 'mute' AND state = 'stands';

-- Messages of somebody muted that were taken back for everybody, each asked for once. They stay in the ledger.
CREATE TABLE moderation_deletion (
    id         INTEGER PRIMARY KEY,
    step_id    INTEGER NOT NULL REFERENCES moderation_step (id),
    message_id INTEGER NOT NULL UNIQUE,
    outcome    TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')), -- '': on its way
    detail     TEXT    NOT NULL DEFAULT '',
    times      INTEGER NOT NULL DEFAULT 1,
    asked_at   INTEGER NOT NULL
) STRICT;
