-- What ambassadors earn. A scheme's terms are policy (`cashback.scheme.NAME`): a line keeps the version that earned it.
CREATE TABLE scheme (
    id        INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    policy    TEXT    NOT NULL UNIQUE CHECK (policy <> ''),
    added_at  INTEGER NOT NULL,
    chain_seq INTEGER NOT NULL
) STRICT;

-- Who earns under which scheme. Ended by a row, never changed, never taken out. A group is known by more than its id:
-- its row may become one with another's.
CREATE TABLE ambassador (
    id                INTEGER PRIMARY KEY,
    member_id         INTEGER NOT NULL REFERENCES member (id),
    scheme_id         INTEGER NOT NULL REFERENCES scheme (id),
    group_id          INTEGER,                       -- the group whose members' orders count, where the basis is group
    group_ref         TEXT    NOT NULL DEFAULT '',
    group_whatsapp_id TEXT    NOT NULL DEFAULT '',
    valid_from        INTEGER NOT NULL,
    operator_id       INTEGER NOT NULL REFERENCES operator (id),
    added_at          INTEGER NOT NULL,
    chain_seq         INTEGER NOT NULL,
    CHECK ((group_id IS NULL) = (group_ref = ''))
) STRICT;
CREATE UNIQUE INDEX ambassador_once ON ambassador (member_id, scheme_id, (coalesce(group_id, 0)), valid_from);
CREATE INDEX ambassador_scheme ON ambassador (scheme_id, member_id);
CREATE INDEX ambassador_group ON ambassador (group_id) WHERE group_id IS NOT NULL;

CREATE TABLE ambassador_ending (
    id            INTEGER PRIMARY KEY,
    ambassador_id INTEGER NOT NULL UNIQUE REFERENCES ambassador (id),
    ended_at      INTEGER NOT NULL,                  -- orders from here on earn nothing
    operator_id   INTEGER NOT NULL REFERENCES operator (id),
    recorded_at   INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL
) STRICT;

-- The group that stands for the one an ambassador was added with, and when they ended.
CREATE VIEW ambassador_stay AS
SELECT a.id, a.member_id, a.scheme_id, a.valid_from, e.ended_at, a.operator_id, a.added_at,
       CASE WHEN a.group_id IS NULL THEN NULL
            ELSE coalesce((SELECT id FROM "group" WHERE id = a.group_id AND ref = a.group_ref),
                          (SELECT id FROM "group" WHERE whatsapp_id = a.group_whatsapp_id)) END AS group_id
  FROM ambassador AS a
  LEFT JOIN ambassador_ending AS e ON e.ambassador_id = a.id;

-- Whose a buyer's orders are, said by somebody: the word with the latest `valid_from` (then the last one) holds from
-- then on. A row without a referrer takes it back.
CREATE TABLE attribution (
    id          INTEGER PRIMARY KEY,
    buyer_id    INTEGER NOT NULL REFERENCES member (id),
    referrer_id INTEGER REFERENCES member (id) CHECK (referrer_id <> buyer_id),
    valid_from  INTEGER NOT NULL,
    origin      TEXT    NOT NULL CHECK (origin <> ''),      -- 'operator', or the rule that says so
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER REFERENCES operator (id),           -- NULL: a rule
    recorded_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT;
CREATE INDEX attribution_buyer ON attribution (buyer_id, valid_from);
CREATE INDEX attribution_referrer ON attribution (referrer_id) WHERE referrer_id IS NOT NULL;

-- One line per order and scheme (or per month, where a scheme gives a fixed credit). A line never changes: what becomes
-- of it are decisions and reversals.
CREATE TABLE cashback_line (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    scheme_id     INTEGER NOT NULL REFERENCES scheme (id),
    ambassador_id INTEGER NOT NULL REFERENCES ambassador (id),
    payee_id      INTEGER NOT NULL REFERENCES member (id),
    order_id      INTEGER REFERENCES "order" (id),   -- NULL: a month's credit
    period        TEXT    NOT NULL,                  -- the calendar month (UTC), 2026-11
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    basis_minor   INTEGER NOT NULL CHECK (basis_minor >= 0),
    full_minor    INTEGER NOT NULL CHECK (full_minor >= 0),             -- before the cap
    amount_minor  INTEGER NOT NULL CHECK (amount_minor BETWEEN 0 AND full_minor),
    rule          TEXT    NOT NULL CHECK (rule <> ''),
    rule_version  INTEGER NOT NULL CHECK (rule_version > 0),
    inputs        TEXT    NOT NULL,                  -- JSON: what the rule saw
    ordered_at    INTEGER NOT NULL,
    matures_at    INTEGER NOT NULL,                  -- the end of the return window: no approval before
    accrued_at    INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX cashback_line_order ON cashback_line (order_id, scheme_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX cashback_line_credit ON cashback_line (scheme_id, payee_id, period) WHERE order_id IS NULL;
CREATE INDEX cashback_line_capped ON cashback_line (ambassador_id, period, currency, amount_minor);
CREATE INDEX cashback_line_payee ON cashback_line (payee_id, id);
CREATE UNIQUE INDEX cashback_line_sealed ON cashback_line (chain_seq);

-- What refunds took back, under the version that earned the line: the running total after each refund.
CREATE TABLE line_reversal (
    id             INTEGER PRIMARY KEY,
    line_id        INTEGER NOT NULL REFERENCES cashback_line (id),
    refund_id      INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor > 0),           -- of the order, by this refund and those before
    amount_minor   INTEGER NOT NULL CHECK (amount_minor >= 0),            -- by this refund
    total_minor    INTEGER NOT NULL CHECK (total_minor >= amount_minor),  -- by all so far
    refunded_at    INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    chain_seq      INTEGER NOT NULL UNIQUE,
    UNIQUE (line_id, refund_id)
) STRICT;

-- Somebody says that a line is not right: it is held until an operator decides.
CREATE TABLE dispute (
    id          INTEGER PRIMARY KEY,
    line_id     INTEGER NOT NULL REFERENCES cashback_line (id),
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    disputed_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT;
CREATE INDEX dispute_line ON dispute (line_id);

-- How a line stands: derived from its decisions and reversals by triggers alone, and derived again by `verify`.
CREATE TABLE line_state (
    id             INTEGER PRIMARY KEY REFERENCES cashback_line (id),
    state          TEXT    NOT NULL CHECK (state IN ('accrued', 'proposed', 'approved', 'rejected', 'batched', 'exported',
                                                     'confirmed', 'failed', 'returned')),
    held           INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    reversed_minor INTEGER NOT NULL DEFAULT 0,
    proposed_by    INTEGER,
    proposed_at    INTEGER,
    approved_by    INTEGER,
    approved_at    INTEGER,
    batch_id       INTEGER,
    round          INTEGER NOT NULL DEFAULT 1,       -- an undone approval begins the next one: transfers bear its number
    decided_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX line_state_queue ON line_state (state, id);

-- How far catching up has come: what each ambassador's orders were looked for with, and the last order and refund below
-- which nothing is left to look for. Derived: taking it out costs another look, nothing else.
CREATE TABLE earning_mark (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    facts TEXT NOT NULL
) STRICT;
