-- A person's word that what an invite earns goes out: asked for where policy `referral.reward_issue` says `by_hand`. It is
-- taken back only while nothing was given.
CREATE TABLE invite_issue (
    id          INTEGER PRIMARY KEY,
    invite_id   INTEGER NOT NULL REFERENCES invite (id),
    amounts     TEXT    NOT NULL DEFAULT '{}',   -- JSON: minor units by currency, as they count against the day's limit
    solo        INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),   -- by whoever had written the invite, in solo mode
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    recorded_at INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT;
CREATE INDEX invite_issue_invite ON invite_issue (invite_id) WHERE withdrawn = 0;
CREATE INDEX invite_issue_operator ON invite_issue (operator_id, recorded_at);
