-- Why a version was set and who else agreed. A version without a reason was set before reasons were asked for.
ALTER TABLE policy_version ADD COLUMN reason       TEXT    NOT NULL DEFAULT '';
ALTER TABLE policy_version ADD COLUMN proposal_id  INTEGER;                       -- NULL: one person's act, or a preset
ALTER TABLE policy_version ADD COLUMN confirmed_by TEXT;                          -- the second operator's ref
ALTER TABLE policy_version ADD COLUMN solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1));
-- Read from the value when it is written, for what the database itself asks.
ALTER TABLE policy_version ADD COLUMN second       INTEGER NOT NULL DEFAULT 0 CHECK (second IN (0, 1)); -- the next change needs a second operator
ALTER TABLE policy_version ADD COLUMN solo_seconds INTEGER;                       -- where solo mode is on: its cooling-off

-- Versions are sealed in runs: one link of the chain covers the rows from `first_id` to `last_id`.
CREATE TABLE policy_seal (
    id        INTEGER PRIMARY KEY,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT;

-- What one operator wants to set and another has to confirm: money, caps, solo mode.
CREATE TABLE policy_proposal (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    version     INTEGER NOT NULL CHECK (version > 0),  -- the one it would be
    value       TEXT    NOT NULL,                      -- JSON, as the version will hold it
    says        TEXT    NOT NULL,
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    valid_from  INTEGER,                               -- NULL: from its confirmation
    proposed_by TEXT    NOT NULL CHECK (proposed_by <> ''),
    proposed_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_proposal_name ON policy_proposal (name, id);

CREATE TABLE policy_decision (
    id          INTEGER PRIMARY KEY,
    proposal_id INTEGER NOT NULL UNIQUE REFERENCES policy_proposal (id),
    verb        TEXT    NOT NULL CHECK (verb IN ('confirm', 'withdraw')),
    decided_by  TEXT    NOT NULL CHECK (decided_by <> ''),
    decided_at  INTEGER NOT NULL,
    reason      TEXT    NOT NULL DEFAULT '',
    chain_seq   INTEGER NOT NULL
) STRICT;

-- Of the rows with `valid_from` at or before an instant, the one with the latest `begins_at` (then version) is in force.
-- When a preset was written says nothing: it was there from the beginning.
CREATE VIEW policy_in_force_row AS
SELECT id, name, version, value, says, valid_from, set_by, set_at, confirmed_by, solo, second, solo_seconds,
       CASE WHEN valid_from > set_at OR set_by = 'preset' THEN valid_from ELSE set_at END AS begins_at
  FROM policy_version;
