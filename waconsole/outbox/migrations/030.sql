-- What was sent to a member by another program, as a file told it: it counts against the caps like what was sent here.
CREATE TABLE elsewhere_push (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    sent_at       INTEGER NOT NULL,
    purpose       TEXT    NOT NULL CHECK (purpose IN ('marketing', 'utility')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Two identical rows of a file are one fact.
CREATE UNIQUE INDEX elsewhere_push_fact ON elsewhere_push (member_id, sent_at, purpose);
