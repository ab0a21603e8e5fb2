-- What becomes of a line: every decision is a row, sealed and never changed, and moves the books in the same
-- transaction. How a line stands follows from them and from its reversals by two of the views below, and by nothing else.

-- A sealed list of payouts in one currency. Its bytes are those of the plain export.
CREATE TABLE batch (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    currency   TEXT    NOT NULL CHECK (currency <> ''),
    line_count INTEGER NOT NULL CHECK (line_count > 0),                -- the lines in it, also those that are paid nothing
    payout_count INTEGER NOT NULL CHECK (payout_count BETWEEN 0 AND line_count), -- those that leave the house
    sum_minor  INTEGER NOT NULL CHECK (sum_minor >= 0),
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    made_by    INTEGER NOT NULL REFERENCES operator (id),
    made_at    INTEGER NOT NULL,
    chain_seq  INTEGER NOT NULL UNIQUE
) STRICT;

-- One line in a batch: what leaves the house, and what was netted against the payee's clawback account before.
CREATE TABLE batch_line (
    id           INTEGER PRIMARY KEY,
    batch_id     INTEGER NOT NULL REFERENCES batch (id),
    line_id      INTEGER NOT NULL REFERENCES cashback_line (id),
    reference    TEXT    NOT NULL UNIQUE CHECK (reference <> ''),
    payee_hash   TEXT    NOT NULL CHECK (length(payee_hash) = 64), -- the salted hash of the number that is paid
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    netted_minor INTEGER NOT NULL CHECK (netted_minor >= 0),
    chain_seq    INTEGER NOT NULL UNIQUE,
    UNIQUE (batch_id, line_id)
) STRICT;
CREATE INDEX batch_line_line ON batch_line (line_id, batch_id);

-- The number that is paid. It can be erased; the line in the batch keeps its salted hash and stays provable.
CREATE TABLE batch_payee (
    id    INTEGER PRIMARY KEY,                          -- the batch_line's
    salt  BLOB    NOT NULL CHECK (length(salt) = 16),
    phone TEXT    NOT NULL CHECK (phone <> '')
) STRICT;

-- Each time a batch left the house as a file: what the checker typed, and the bytes that were written.
CREATE TABLE batch_export (
    id          INTEGER PRIMARY KEY,
    batch_id    INTEGER NOT NULL REFERENCES batch (id),
    place       INTEGER NOT NULL CHECK (place > 0),     -- 1 is the first
    template    TEXT    NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    payout_count INTEGER NOT NULL,
    sum_minor   INTEGER NOT NULL,
    words_hash  TEXT    CHECK (place = 1 OR words_hash IS NOT NULL),   -- why it was written again
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    exported_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL UNIQUE,
    UNIQUE (batch_id, place)
) STRICT;

-- What is kept of a payout that is a credit in the shop: its code, until it is told to its payee.
CREATE TABLE store_credit (
    id   INTEGER PRIMARY KEY,                           -- the batch_line's
    code TEXT    NOT NULL UNIQUE CHECK (length(code) >= 16)
) STRICT;

CREATE TABLE line_decision (
    id           INTEGER PRIMARY KEY,
    line_id      INTEGER NOT NULL REFERENCES cashback_line (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('proposed', 'approved', 'rejected', 'held', 'asked', 'released', 'undone',
                                                  'batched', 'netted', 'exported', 'confirmed', 'failed', 'returned', 'again')),
    state_before TEXT    NOT NULL,
    held_before  INTEGER NOT NULL CHECK (held_before IN (0, 1)),
    round        INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    netted_minor INTEGER NOT NULL CHECK (netted_minor >= 0),           -- of the amount, what went to the clawback account
    batch_id     INTEGER REFERENCES batch (id),
    undoes_id    INTEGER REFERENCES line_decision (id),
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    proposed_by  INTEGER,
    proposed_at  INTEGER,
    approved_by  INTEGER,
    approved_at  INTEGER,
    solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),
    solo_version INTEGER,
    cooling_off  INTEGER NOT NULL DEFAULT 0,                           -- microseconds
    words_hash   TEXT,                                                 -- of the reason, salted: the words can be erased
    decided_at   INTEGER NOT NULL,
    chain_seq    INTEGER NOT NULL UNIQUE,
    CHECK ((kind = 'approved') = (approved_by IS NOT NULL)),
    CHECK (approved_by = operator_id AND approved_at = decided_at),
    CHECK (approved_by <> proposed_by OR (solo = 1 AND approved_at >= proposed_at + cooling_off)),
    CHECK (kind <> 'rejected' OR words_hash IS NOT NULL)
) STRICT;
CREATE INDEX line_decision_line ON line_decision (line_id, id);
CREATE INDEX line_decision_day ON line_decision (operator_id, decided_at) WHERE kind = 'approved';
CREATE UNIQUE INDEX line_decision_undone ON line_decision (undoes_id) WHERE undoes_id IS NOT NULL;
CREATE INDEX line_decision_batch ON line_decision (batch_id, line_id) WHERE batch_id IS NOT NULL;

-- What a provider said became of a payout, word by word.
CREATE TABLE payout_result (
    id            INTEGER PRIMARY KEY,
    batch_line_id INTEGER NOT NULL REFERENCES batch_line (id),
    decision_id   INTEGER NOT NULL UNIQUE REFERENCES line_decision (id),
    result        TEXT    NOT NULL CHECK (result IN ('confirmed', 'failed', 'returned')),
    words_hash    TEXT,                                 -- of the provider's reference, salted
    told_at       INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX payout_result_line ON payout_result (batch_line_id, id);

-- Reasons and references as they were typed or told. They can be erased.
CREATE TABLE decision_words (
    id       INTEGER PRIMARY KEY,
    row_kind TEXT    NOT NULL CHECK (row_kind IN ('decision', 'export', 'result')),
    row_id   INTEGER NOT NULL,
    salt     BLOB    NOT NULL CHECK (length(salt) = 16),
    words    TEXT    NOT NULL CHECK (words <> ''),
    UNIQUE (row_kind, row_id)
) STRICT;

-- Two consoles decided on one line: what the second one tried, and the decision that had been there first.
CREATE TABLE line_conflict (
    id          INTEGER PRIMARY KEY,
    line_id     INTEGER NOT NULL REFERENCES cashback_line (id),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    tried       TEXT    NOT NULL CHECK (tried <> ''),
    decision_id INTEGER NOT NULL REFERENCES line_decision (id),
    met_at      INTEGER NOT NULL,
    seen_at     INTEGER,
    UNIQUE (line_id, operator_id, tried, decision_id)
) STRICT;
CREATE INDEX line_conflict_unseen ON line_conflict (operator_id, id) WHERE seen_at IS NULL;

-- Earned, neither refunded nor decided on; approved, in the payee's wallet and in no batch; refunded after it was in a
-- batch, so that the clawback account stands in for it; paid out; rejected.
ALTER TABLE line_state ADD COLUMN open_minor     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_state ADD COLUMN unpaid_minor   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_state ADD COLUMN clawed_minor   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_state ADD COLUMN paid_minor     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_state ADD COLUMN rejected_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_state ADD COLUMN solo           INTEGER NOT NULL DEFAULT 0; -- an approval of solo mode stands
ALTER TABLE line_state ADD COLUMN decision_id    INTEGER NOT NULL DEFAULT 0; -- the last decision and reversal that count
ALTER TABLE line_state ADD COLUMN reversal_id    INTEGER NOT NULL DEFAULT 0;
CREATE INDEX line_state_batch ON line_state (batch_id, id) WHERE batch_id IS NOT NULL;

INSERT INTO line_state (id, state, open_minor, decided_at)
SELECT id, 'accrued', amount_minor, accrued_at FROM cashback_line WHERE id NOT IN (SELECT id FROM line_state);

-- How a line stands after a decision that is not counted yet.
CREATE VIEW line_after_decision AS
SELECT s.id,
       CASE d.kind
           WHEN 'rejected' THEN CASE WHEN s.unpaid_minor > 0 THEN 'approved' WHEN s.batch_id IS NULL THEN 'rejected'
                                     ELSE 'confirmed' END
           WHEN 'netted' THEN 'confirmed'
           WHEN 'again' THEN 'approved'
           WHEN 'undone' THEN u.state_before
           WHEN 'held' THEN s.state WHEN 'asked' THEN s.state WHEN 'released' THEN s.state
           ELSE d.kind END AS state,
       CASE d.kind WHEN 'held' THEN 1 WHEN 'asked' THEN 1 WHEN 'released' THEN 0 WHEN 'undone' THEN u.held_before
           ELSE s.held END AS held,
       s.reversed_minor,
       CASE WHEN d.kind = 'proposed' THEN d.operator_id WHEN u.kind = 'proposed' THEN NULL ELSE s.proposed_by END AS proposed_by,
       CASE WHEN d.kind = 'proposed' THEN d.decided_at WHEN u.kind = 'proposed' THEN NULL ELSE s.proposed_at END AS proposed_at,
       CASE WHEN d.kind = 'approved' THEN d.operator_id WHEN u.kind = 'approved' THEN NULL ELSE s.approved_by END AS approved_by,
       CASE WHEN d.kind = 'approved' THEN d.decided_at WHEN u.kind = 'approved' THEN NULL ELSE s.approved_at END AS approved_at,
       CASE d.kind WHEN 'batched' THEN d.batch_id WHEN 'netted' THEN d.batch_id WHEN 'again' THEN NULL
           ELSE s.batch_id END AS batch_id,
       CASE WHEN u.kind = 'proposed' AND u.state_before <> 'accrued' THEN d.round - 1 ELSE d.round END AS round,
       d.decided_at,
       CASE WHEN d.kind = 'approved' THEN s.open_minor - d.amount_minor
            WHEN d.kind = 'rejected' THEN 0
            WHEN u.kind IN ('approved', 'rejected') THEN s.open_minor + d.amount_minor
            ELSE s.open_minor END AS open_minor,
       CASE WHEN d.kind IN ('approved', 'failed', 'returned') THEN s.unpaid_minor + d.amount_minor - d.netted_minor
            WHEN d.kind IN ('batched', 'netted') THEN 0
            WHEN u.kind = 'approved' THEN s.unpaid_minor - d.amount_minor
            ELSE s.unpaid_minor END AS unpaid_minor,
       CASE WHEN d.kind IN ('failed', 'returned') OR (d.kind = 'proposed' AND d.state_before = 'confirmed') THEN 0
            ELSE s.clawed_minor END AS clawed_minor,
       CASE WHEN d.kind = 'confirmed' THEN s.paid_minor + d.amount_minor
            WHEN d.kind = 'returned' AND d.state_before = 'confirmed' THEN s.paid_minor - d.amount_minor
            ELSE s.paid_minor END AS paid_minor,
       CASE WHEN d.kind = 'rejected' THEN s.rejected_minor + d.amount_minor
            WHEN u.kind = 'rejected' THEN s.rejected_minor - d.amount_minor
            ELSE s.rejected_minor END AS rejected_minor,
       EXISTS (SELECT 1 FROM line_decision AS a
                WHERE a.line_id = s.id AND a.kind = 'approved' AND a.solo = 1 AND a.id <= d.id
                  AND NOT EXISTS (SELECT 1 FROM line_decision AS b WHERE b.undoes_id = a.id AND b.id <= d.id)) AS solo,
       d.id AS decision_id,
       s.reversal_id
  FROM line_state AS s
  JOIN line_decision AS d ON d.id = (SELECT min(id) FROM line_decision WHERE line_id = s.id AND id > s.decision_id)
  LEFT JOIN line_decision AS u ON u.id = d.undoes_id;

-- How a line stands after a reversal that is not counted yet: what is open gives first, then what is in the wallet, then
-- the clawback account for what left it (`away_minor`), and last what was rejected, which nobody has.
CREATE VIEW line_after_reversal AS
WITH taking AS (
    SELECT s.*, v.id AS taken_id, v.total_minor, v.amount_minor,
           max(v.amount_minor - s.open_minor - s.unpaid_minor, 0) AS beyond_minor,
           max(l.amount_minor - s.reversed_minor - s.open_minor - s.unpaid_minor - s.rejected_minor, 0) AS away_minor
      FROM line_state AS s
      JOIN cashback_line AS l ON l.id = s.id
      JOIN line_reversal AS v ON v.id = (SELECT min(id) FROM line_reversal WHERE line_id = s.id AND id > s.reversal_id)
)
SELECT t.id, t.state, t.held, t.total_minor AS reversed_minor, t.proposed_by, t.proposed_at, t.approved_by, t.approved_at,
       t.batch_id, t.round, t.decided_at,
       max(t.open_minor - t.amount_minor, 0) AS open_minor,
       t.unpaid_minor - min(max(t.amount_minor - t.open_minor, 0), t.unpaid_minor) AS unpaid_minor,
       t.clawed_minor + min(t.beyond_minor, t.away_minor) AS clawed_minor,
       t.paid_minor,
       t.rejected_minor - max(t.beyond_minor - t.away_minor, 0) AS rejected_minor,
       t.solo, t.decision_id, t.taken_id AS reversal_id
  FROM taking AS t;

-- Every member an operator was ever said to be: who was linked once decides on none of that person's money.
CREATE VIEW operator_member AS
SELECT o.id AS operator_id, r.root_id
  FROM operator AS o
  JOIN member_root AS r ON r.id = o.member_id
 UNION
SELECT k.operator_id, r.root_id
  FROM operator_link AS k
  JOIN member_root AS r ON r.id = k.member_id;
