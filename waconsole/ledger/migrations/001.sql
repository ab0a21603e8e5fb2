-- One row of transfer has one debit, one credit, one amount and one currency: the books balance by construction.
CREATE TABLE currency (
    id          INTEGER PRIMARY KEY,
    code        TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    minor_units INTEGER NOT NULL CHECK (minor_units BETWEEN 0 AND 8)
) STRICT;

CREATE TABLE account (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL CHECK (name <> ''),     -- a pseudonym: never a phone number
    currency   TEXT    NOT NULL REFERENCES currency (code),
    limit_rule INTEGER NOT NULL CHECK (limit_rule IN (0, 1, 2)), -- 1: debits up to credits (a wallet), 2: credits up to debits
    opened_at  INTEGER NOT NULL,
    chain_seq  INTEGER NOT NULL,
    UNIQUE (name, currency)
) STRICT;

-- An account is closed by a row: the account itself never changes.
CREATE TABLE account_closing (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES account (id),
    closed_at  INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    chain_seq  INTEGER NOT NULL
) STRICT;

CREATE TABLE transfer (
    seq          INTEGER PRIMARY KEY CHECK (seq > 0),   -- without gaps
    ref          TEXT    NOT NULL UNIQUE CHECK (length(ref) BETWEEN 1 AND 200), -- made by the caller from the facts
    kind         TEXT    NOT NULL CHECK (kind IN ('single', 'pending', 'post', 'void', 'expire', 'reversal')),
    journal      TEXT    NOT NULL CHECK (journal <> ''), -- linked rows share it
    debit_id     INTEGER NOT NULL REFERENCES account (id),
    credit_id    INTEGER NOT NULL REFERENCES account (id) CHECK (credit_id <> debit_id),
    currency     TEXT    NOT NULL,                      -- that of both accounts
    amount       INTEGER NOT NULL CHECK (amount > 0 AND amount <= 9007199254740991),
    pending_seq  INTEGER REFERENCES transfer (seq),     -- what is posted, voided or expired
    released     INTEGER NOT NULL DEFAULT 0,            -- how much of it is not held any more: all of it
    reverses_seq INTEGER REFERENCES transfer (seq),
    expires_at   INTEGER,
    purpose      TEXT    NOT NULL CHECK (purpose <> ''),
    owner        TEXT    NOT NULL DEFAULT '',           -- who sees to it that a pending one is cleared
    source       TEXT    NOT NULL DEFAULT '',           -- the fact it comes from: an order, a message, a line
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    actor        TEXT    NOT NULL CHECK (actor <> ''),
    approved_by  TEXT CHECK (approved_by IS NULL OR approved_by <> actor), -- four eyes
    reason       TEXT    NOT NULL DEFAULT '',
    memo_commit  BLOB,                                  -- the salted hash of personal words kept beside the chain
    body_hash    BLOB    NOT NULL CHECK (length(body_hash) = 32),
    chain_seq    INTEGER NOT NULL,
    CHECK ((kind IN ('post', 'void', 'expire')) = (pending_seq IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses_seq IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX transfer_resolves ON transfer (pending_seq) WHERE pending_seq IS NOT NULL;
CREATE INDEX transfer_reverses ON transfer (reverses_seq) WHERE reverses_seq IS NOT NULL;
CREATE INDEX transfer_pending ON transfer (expires_at) WHERE kind = 'pending';
CREATE INDEX transfer_linked ON transfer (journal) WHERE journal <> ref;

-- Personal words about a transfer. They can be erased; the transfer keeps their salted hash and stays provable.
CREATE TABLE transfer_memo (
    id    INTEGER PRIMARY KEY,                          -- the transfer's seq
    salt  BLOB NOT NULL CHECK (length(salt) = 16),
    words TEXT NOT NULL
) STRICT;

-- Derived from transfer by triggers alone. Both sides of a transfer, each with the totals after it.
CREATE TABLE entry (
    id              INTEGER PRIMARY KEY,                -- 2 × seq − 1: the debit, 2 × seq: the credit
    account_id      INTEGER NOT NULL,
    effective_at    INTEGER NOT NULL,
    delta           INTEGER NOT NULL,                   -- credits − debits that were posted
    debits_posted   INTEGER NOT NULL,
    credits_posted  INTEGER NOT NULL,
    debits_pending  INTEGER NOT NULL,
    credits_pending INTEGER NOT NULL
) STRICT;
CREATE INDEX entry_recorded ON entry (account_id, id);
CREATE INDEX entry_effective ON entry (account_id, effective_at, delta);

CREATE TABLE balance (
    id              INTEGER PRIMARY KEY REFERENCES account (id),
    last_seq        INTEGER NOT NULL DEFAULT 0,         -- the last transfer that moved it
    debits_posted   INTEGER NOT NULL DEFAULT 0,
    credits_posted  INTEGER NOT NULL DEFAULT 0,
    debits_pending  INTEGER NOT NULL DEFAULT 0,
    credits_pending INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE VIEW account_balance AS
SELECT a.id, a.name, a.currency, a.limit_rule, c.id IS NOT NULL AS closed,
       b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending,
       b.credits_posted - b.debits_posted AS balance
  FROM account AS a
  JOIN balance AS b ON b.id = a.id
  LEFT JOIN account_closing AS c ON c.account_id = a.id;

CREATE VIEW open_transfer AS
SELECT p.seq, p.ref, p.journal, p.debit_id, p.credit_id, p.currency, p.amount, p.purpose, p.owner, p.source,
       p.effective_at, p.recorded_at, p.expires_at, p.reason
  FROM transfer AS p
 WHERE p.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM transfer AS r WHERE r.pending_seq = p.seq);
