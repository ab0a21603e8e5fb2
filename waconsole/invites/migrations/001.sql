-- Who brought whom. Times are event times in whole seconds (as microseconds UTC), amounts minor units. A fact hangs on
-- the member row it came under; the views read the person's (`member_root`).

-- A programme's terms are versions of the policy `invites.programme.NAME`: what was earned keeps the version it was
-- earned under.
CREATE TABLE programme (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    added_at    INTEGER NOT NULL
) STRICT;

-- A programme earns from its activation on (facts of before count too), until it is ended. Rows only come.
CREATE TABLE programme_step (
    id           INTEGER PRIMARY KEY,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    step         TEXT    NOT NULL CHECK (step IN ('asked', 'activated', 'ended')),
    rule_version INTEGER NOT NULL CHECK (rule_version > 0),
    exposure     TEXT    NOT NULL DEFAULT '{}',     -- JSON: the worst case that was shown
    is_over      INTEGER NOT NULL DEFAULT 0 CHECK (is_over IN (0, 1)),   -- the worst case is over the budget
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    asked_by     INTEGER REFERENCES operator (id),  -- whoever asked for what is over budget: never the same
    reason       TEXT    NOT NULL DEFAULT '',
    recorded_at  INTEGER NOT NULL,
    CHECK (step <> 'activated' OR is_over = 0 OR (asked_by IS NOT NULL AND asked_by <> operator_id))
) STRICT;
CREATE INDEX programme_step_programme ON programme_step (programme_id, id);

-- One code in force per member, programme and channel ('' is the member's own): short, unguessable, with a check digit.
CREATE TABLE code (
    id           INTEGER PRIMARY KEY,
    code         TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    channel      TEXT    NOT NULL DEFAULT '',
    made_at      INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    revoked_by   INTEGER REFERENCES operator (id),
    reason       TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX code_in_force ON code (programme_id, member_id, channel) WHERE revoked_at IS NULL;
CREATE INDEX code_member ON code (member_id);

-- One row per attempt: a line of a file, or a first message that carried a code. What cannot earn says why in
-- `refusal` from the first moment, and stays.
CREATE TABLE invite (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),      -- made from the facts
    programme_id  INTEGER NOT NULL REFERENCES programme (id),
    referrer_id   INTEGER NOT NULL REFERENCES member (id),
    invitee_id    INTEGER NOT NULL REFERENCES member (id),
    invited_at    INTEGER NOT NULL,
    arrived_at    INTEGER,                                        -- NULL: nobody came yet
    channel       TEXT    NOT NULL DEFAULT '',
    code_id       INTEGER REFERENCES code (id),
    confidence    TEXT    NOT NULL CHECK (confidence IN ('exact', 'repaired', 'asked', 'manual', 'disputed')),
    refusal       TEXT    NOT NULL DEFAULT '',
    address       TEXT    NOT NULL DEFAULT '',                    -- the invitee's, folded for comparison
    payment       TEXT    NOT NULL DEFAULT '',
    device        TEXT    NOT NULL DEFAULT '',
    proof         TEXT    NOT NULL DEFAULT '',                    -- WhatsApp's id of the friend's own message
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    UNIQUE (programme_id, referrer_id, invitee_id, invited_at, channel)
) STRICT;
CREATE INDEX invite_referrer ON invite (referrer_id, invited_at, invitee_id);
CREATE INDEX invite_invitee ON invite (invitee_id, invited_at);
CREATE INDEX invite_run ON invite (import_run_id) WHERE import_run_id <> 0;

-- How an invite stands now, and every step that brought it there: `invite_step` only grows, `invite_state` is its last.
CREATE TABLE invite_state (
    id           INTEGER PRIMARY KEY REFERENCES invite (id),
    state        TEXT    NOT NULL CHECK (state IN ('open', 'joined', 'qualified', 'held', 'earned', 'refused', 'issued',
                                                   'redeemed', 'expired', 'reversed')),
    reason       TEXT    NOT NULL DEFAULT '',
    order_id     INTEGER REFERENCES "order" (id),   -- what qualified it
    qualified_at INTEGER,
    due_at       INTEGER,                           -- when its reward is to be decided on
    rule_version INTEGER NOT NULL DEFAULT 0,
    decided_at   INTEGER NOT NULL,
    step_id      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX invite_state_listed ON invite_state (state, id);
CREATE INDEX invite_state_due ON invite_state (due_at, id) WHERE state IN ('qualified', 'held');

CREATE TABLE invite_step (
    id           INTEGER PRIMARY KEY,
    invite_id    INTEGER NOT NULL REFERENCES invite (id),
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    gate         TEXT    NOT NULL CHECK (gate IN ('', 'fraud', 'earns')),   -- which of the two questions decided
    reason       TEXT    NOT NULL DEFAULT '',
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    inputs       TEXT    NOT NULL DEFAULT '{}',     -- JSON: what the rule saw
    operator_id  INTEGER REFERENCES operator (id),  -- NULL: a rule
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX invite_step_invite ON invite_step (invite_id, id);

-- What an invite earns one of its two: `each`, or the rung `N` it reaches. The money is the ledger's: a reward row
-- names its transfers by ref (`reward:REF:…`).
CREATE TABLE reward (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    programme_id    INTEGER NOT NULL REFERENCES programme (id),
    invite_id       INTEGER NOT NULL REFERENCES invite (id),
    member_id       INTEGER NOT NULL REFERENCES member (id),      -- who gets it
    side            TEXT    NOT NULL CHECK (side IN ('referrer', 'invitee')),
    slot            TEXT    NOT NULL CHECK (slot <> ''),          -- each, or the rung's number
    kind            TEXT    NOT NULL CHECK (kind IN ('coupon', 'membership', 'points', 'sample', 'product', 'service',
                                                     'trial', 'cashback')),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor >= 0),   -- face value, days or points
    currency        TEXT    NOT NULL,                             -- ISO 4217, points, or days
    cost_minor      INTEGER NOT NULL CHECK (cost_minor >= 0),     -- what it costs us, in `cost_currency`
    cost_currency   TEXT    NOT NULL DEFAULT '',
    rule            TEXT    NOT NULL CHECK (rule <> ''),
    rule_version    INTEGER NOT NULL CHECK (rule_version > 0),
    coupon_id       INTEGER,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'issued', 'redeemed', 'expired',
                                                      'reversed')),
    round           INTEGER NOT NULL DEFAULT 1,                   -- of pending it: what was voided may come again
    expires_at      INTEGER,
    effective_at    INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX reward_invite ON reward (invite_id);
CREATE INDEX reward_member ON reward (member_id, programme_id);

CREATE TABLE reward_step (
    id           INTEGER PRIMARY KEY,
    reward_id    INTEGER NOT NULL REFERENCES reward (id),
    step         TEXT    NOT NULL CHECK (step IN ('pended', 'posted', 'voided', 'reversed', 'issued', 'redeemed', 'expired',
                                                  'reinstated', 'told')),
    transfer_ref TEXT    NOT NULL DEFAULT '',
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER REFERENCES operator (id),
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX reward_step_reward ON reward_step (reward_id, id);

-- The graph: one row per attempt, between persons, whatever became of it.
CREATE VIEW invite_edge AS
SELECT i.id, i.ref, i.programme_id, a.root_id AS referrer_id, b.root_id AS invitee_id, i.invited_at,
       i.arrived_at, i.channel, i.confidence, i.refusal, i.address, i.payment, i.device, i.origin, i.recorded_at
  FROM invite AS i
  JOIN member_root AS a ON a.id = i.referrer_id
  JOIN member_root AS b ON b.id = i.invitee_id
 WHERE i.import_run_id NOT IN (SELECT id FROM open_run);

-- What is at stake for an invite: what is held, and what was already given.
CREATE VIEW invite_reward AS
SELECT w.invite_id, w.ref AS reward_ref, r.root_id AS member_id, w.side, w.slot, w.kind, w.state, w.amount_minor,
       w.currency, w.cost_minor, w.cost_currency
  FROM reward AS w
  JOIN member_root AS r ON r.id = w.member_id;

CREATE VIEW known_programme AS SELECT id, ref, name, folded FROM programme;
