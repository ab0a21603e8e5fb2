-- Rules that put a tag on and take it off. A version never changes; the latest one counts from when it was set, and one
-- without a rule ends it.
CREATE TABLE tag_rule (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),     -- the tag
    version     INTEGER NOT NULL CHECK (version > 0),
    rule        TEXT    NOT NULL,
    operator_id INTEGER,
    set_at      INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT;

-- A message to a segment: whom it was for, what it said, why it did not go to the others. Its messages are those of the
-- batch called by the same ref.
CREATE TABLE segment_send (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    segment     TEXT    NOT NULL DEFAULT '',             -- '': a rule that was not saved
    version     INTEGER NOT NULL DEFAULT 0,
    rule        TEXT    NOT NULL,
    template    TEXT    NOT NULL,
    language    TEXT    NOT NULL DEFAULT '',
    steps       TEXT    NOT NULL,                        -- JSON: the waterfall, each reason with how many
    matched     INTEGER NOT NULL,
    reached     INTEGER NOT NULL,
    without     INTEGER NOT NULL DEFAULT 0,              -- left out: a value of theirs is missing
    operator_id INTEGER,
    asked_at    INTEGER NOT NULL,
    not_before  INTEGER
) STRICT;

-- Who would have got it and was kept out to compare.
CREATE TABLE segment_holdout (
    id        INTEGER PRIMARY KEY,
    send_id   INTEGER NOT NULL REFERENCES segment_send (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    UNIQUE (send_id, member_id)
) STRICT;
CREATE INDEX segment_holdout_member ON segment_holdout (member_id);

-- A pick of the most responsive and some others at random: with its seed and the same facts it comes out the same.
CREATE TABLE focus_pick (
    id           INTEGER PRIMARY KEY,
    rule         TEXT    NOT NULL,
    seed         INTEGER NOT NULL,
    focus_share  REAL    NOT NULL,
    random_share REAL    NOT NULL,
    matched      INTEGER NOT NULL,
    focused      INTEGER NOT NULL,
    at_random    INTEGER NOT NULL,
    digest       TEXT    NOT NULL,                       -- SHA-256 of the refs it picked, sorted
    picked_at    INTEGER NOT NULL
) STRICT;
