-- What looks wrong with invites, and what was decided. Nothing here moves money: who holds a reward reads
-- `invite_gate` and `member_gate`.

-- One item of the review desk. `ref` is made of kind and people, so that the same finding is the same item in every
-- sweep; `stamp` tells whether its evidence grew since.
CREATE TABLE review (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    kind          TEXT    NOT NULL CHECK (kind <> ''),
    stamp         TEXT    NOT NULL DEFAULT '',
    state         TEXT    NOT NULL CHECK (state IN ('open', 'decided', 'escalated', 'snoozed')),
    weight        INTEGER NOT NULL DEFAULT 0,     -- of its signals less its counter-signals
    happened_at   INTEGER NOT NULL,               -- event time of the last thing it rests on
    found_at      INTEGER NOT NULL,
    snoozed_until INTEGER,
    timeout_at    INTEGER,                        -- what `fraud.timeout` says happens then: hold, escalate or void
    decision_id   INTEGER NOT NULL DEFAULT 0      -- the last of its decisions; 0: none yet
) STRICT;
CREATE INDEX review_queue ON review (state, id);

CREATE TABLE review_member (
    id        INTEGER PRIMARY KEY,
    review_id INTEGER NOT NULL REFERENCES review (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    role      TEXT    NOT NULL DEFAULT '',        -- referrer, invitee, or '' for all alike
    place     INTEGER NOT NULL DEFAULT 0,         -- the order in which they are drawn
    UNIQUE (review_id, member_id)
) STRICT;
CREATE INDEX review_member_member ON review_member (member_id, review_id);

-- The invites whose rewards depend on the item.
CREATE TABLE review_invite (
    id        INTEGER PRIMARY KEY,
    review_id INTEGER NOT NULL REFERENCES review (id),
    invite_id INTEGER NOT NULL,
    UNIQUE (review_id, invite_id)
) STRICT;
CREATE INDEX review_invite_invite ON review_invite (invite_id);

CREATE TABLE signal (
    id           INTEGER PRIMARY KEY,
    review_id    INTEGER NOT NULL REFERENCES review (id),
    rule         TEXT    NOT NULL CHECK (rule <> ''),
    rule_version INTEGER NOT NULL CHECK (rule_version > 0),
    weight       INTEGER NOT NULL,                -- below zero: counter-evidence
    says         TEXT    NOT NULL DEFAULT '',
    evidence     TEXT    NOT NULL CHECK (evidence NOT IN ('', '[]')),  -- JSON: a list of {kind, id, at, says}
    found_at     INTEGER NOT NULL,
    UNIQUE (review_id, rule)
) STRICT;

-- Decisions only grow and are sealed. An undo is a decision that names another; an appeal opens the item again.
CREATE TABLE review_decision (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    review_id   INTEGER NOT NULL REFERENCES review (id),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'ask', 'escalate',
                                                    'snooze', 'appeal', 'undo')),
    reason      TEXT    NOT NULL CHECK (reason <> ''),      -- a closed word
    note        TEXT    NOT NULL DEFAULT '',
    rule        TEXT    NOT NULL DEFAULT '',                -- what decided where nobody did: the time-out
    held_minor  TEXT    NOT NULL DEFAULT '{}',              -- JSON: money at stake by currency, as it was shown
    stamp       TEXT    NOT NULL DEFAULT '',                -- the evidence it was decided on
    proposed_by INTEGER REFERENCES operator (id),           -- above a limit: who proposed what another confirms
    is_proposal INTEGER NOT NULL DEFAULT 0 CHECK (is_proposal IN (0, 1)),
    undoes_id   INTEGER REFERENCES review_decision (id),
    cascade_of  INTEGER REFERENCES review_decision (id),
    operator_id INTEGER REFERENCES operator (id),           -- NULL: a rule
    decided_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL,
    CHECK (operator_id IS NOT NULL OR rule <> ''),
    CHECK (proposed_by IS NULL OR operator_id IS NULL OR proposed_by <> operator_id)
) STRICT;
CREATE INDEX review_decision_review ON review_decision (review_id, id);
CREATE UNIQUE INDEX review_decision_undone ON review_decision (undoes_id) WHERE undoes_id IS NOT NULL;

-- Who is frozen or blocked, from when (event time), by which item; `ended_at` by release. A frozen person loses nothing.
CREATE TABLE standing (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    review_id    INTEGER NOT NULL REFERENCES review (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('frozen', 'blocked')),
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    decision_id  INTEGER REFERENCES review_decision (id),   -- NULL: the rule alone
    began_at     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_by     INTEGER REFERENCES review_decision (id)
) STRICT;
CREATE UNIQUE INDEX standing_now ON standing (member_id, review_id, kind) WHERE ended_at IS NULL;

CREATE VIEW member_gate AS
SELECT r.root_id AS member_id, s.kind, s.began_at, v.ref AS review_ref
  FROM standing AS s
  JOIN member_root AS r ON r.id = s.member_id
  JOIN review AS v ON v.id = s.review_id
 WHERE s.ended_at IS NULL;

-- What the desk says of an invite: `held` while an item is open on it, `void` or `release` as it was decided.
-- One void outweighs everything, then one open item.
CREATE VIEW invite_gate AS
SELECT i.invite_id, v.ref AS review_ref, v.kind,
       CASE WHEN v.state <> 'decided' THEN 'held'
            WHEN d.outcome IN ('void', 'block') THEN 'void'
            WHEN d.outcome IN ('release', 'unfreeze') THEN 'release'
            ELSE 'held' END AS verdict,
       d.reason, d.decided_at
  FROM review_invite AS i
  JOIN review AS v ON v.id = i.review_id
  LEFT JOIN review_decision AS d ON d.id = v.decision_id;

-- Everybody an undecided item names.
CREATE VIEW open_review_member AS
SELECT r.root_id AS member_id, v.id AS review_id, v.ref AS review_ref, v.kind, v.found_at
  FROM review_member AS m
  JOIN review AS v ON v.id = m.review_id
  JOIN member_root AS r ON r.id = m.member_id
 WHERE v.state <> 'decided';
