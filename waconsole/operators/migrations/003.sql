-- What is known of an operator beside name and role only grows: the newest row counts. Each is sealed into the chain.

-- The hash is scrypt's (RFC 7914) with the parameters beside it, so that they may be raised.
CREATE TABLE operator_passphrase (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    salt        BLOB    NOT NULL,
    cost        INTEGER NOT NULL,
    block_size  INTEGER NOT NULL,
    parallel    INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX operator_passphrase_operator ON operator_passphrase (operator_id, id);

-- How much an operator may approve in a day (UTC) in a currency. Without a row: nothing.
CREATE TABLE operator_limit (
    id           INTEGER PRIMARY KEY,
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    currency     TEXT    NOT NULL CHECK (currency <> ''),
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    set_by       INTEGER NOT NULL REFERENCES operator (id),
    set_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX operator_limit_operator ON operator_limit (operator_id, currency, id);

-- The member an operator is.
CREATE TABLE operator_link (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    member_id   INTEGER NOT NULL,
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX operator_link_operator ON operator_link (operator_id, id);

-- Nobody is taken out: what they did stands, and bears their name.
CREATE TABLE operator_retirement (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL UNIQUE REFERENCES operator (id),
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT;

-- Who has proved who they are, for this installation. The file of a sign-in holds the token; here is its hash.
CREATE TABLE sign_in (
    id            INTEGER PRIMARY KEY,
    operator_id   INTEGER NOT NULL REFERENCES operator (id),
    passphrase_id INTEGER NOT NULL REFERENCES operator_passphrase (id),
    installation  TEXT    NOT NULL,
    token_hash    BLOB    NOT NULL UNIQUE,
    idle_seconds  INTEGER NOT NULL CHECK (idle_seconds > 0),
    signed_in_at  INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL CHECK (ends_at > signed_in_at)   -- whatever is done meanwhile
) STRICT;
CREATE INDEX sign_in_operator ON sign_in (operator_id, id);

CREATE TABLE sign_out (
    id            INTEGER PRIMARY KEY,
    sign_in_id    INTEGER NOT NULL UNIQUE REFERENCES sign_in (id),
    signed_out_at INTEGER NOT NULL
) STRICT;

-- Passphrases that were wrong: too many in a while, and nobody may try for a while.
CREATE TABLE sign_in_failure (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    failed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failure_operator ON sign_in_failure (operator_id, failed_at);

-- An owner says that this copy of the ledger is the one that decides and pays.
CREATE TABLE adoption (
    id           INTEGER PRIMARY KEY,
    installation TEXT    NOT NULL UNIQUE,
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    adopted_at   INTEGER NOT NULL
) STRICT;

-- One link of the chain covers the rows of one kind from `first_id` to `last_id`.
CREATE TABLE operator_seal (
    id        INTEGER PRIMARY KEY,
    row_kind  TEXT    NOT NULL,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX operator_seal_kind ON operator_seal (row_kind, last_id);

CREATE TABLE act_seal (
    id        INTEGER PRIMARY KEY,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT;

-- What a seal says of an act's words (how the object stood before and after) is SHA-256 over `salt` and both. An act
-- whose words were erased keeps that hash instead of them, and no salt.
ALTER TABLE act ADD COLUMN salt BLOB;
ALTER TABLE act ADD COLUMN words_hash BLOB;

CREATE VIEW operator_limit_in_force AS
SELECT l.operator_id, l.currency, l.amount_minor
  FROM operator_limit AS l
 WHERE l.id = (SELECT max(id) FROM operator_limit WHERE operator_id = l.operator_id AND currency = l.currency);

-- Who may decide: has a passphrase, is not retired.
CREATE VIEW active_operator AS
SELECT o.id, o.ref, o.name, o.role,
       coalesce((SELECT member_id FROM operator_link WHERE operator_id = o.id ORDER BY id DESC LIMIT 1), o.member_id) AS member_id
  FROM operator AS o
 WHERE EXISTS (SELECT 1 FROM operator_passphrase WHERE operator_id = o.id)
   AND NOT EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = o.id);

-- Everybody who ever acted here, with all there is to tell.
CREATE VIEW known_operator AS
SELECT o.id, o.ref, o.name, o.role, o.added_at,
       coalesce((SELECT member_id FROM operator_link WHERE operator_id = o.id ORDER BY id DESC LIMIT 1), o.member_id) AS member_id,
       (SELECT max(id) FROM operator_passphrase WHERE operator_id = o.id) AS passphrase_id,
       (SELECT min(set_at) FROM operator_passphrase WHERE operator_id = o.id) AS active_at,
       (SELECT set_at FROM operator_retirement WHERE operator_id = o.id) AS retired_at
  FROM operator AS o;
