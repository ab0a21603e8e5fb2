CREATE TABLE member (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL DEFAULT '',
    folded        TEXT    NOT NULL DEFAULT '',  -- the name for comparison: NFKC and case folded
    language      TEXT    NOT NULL DEFAULT '',
    timezone      TEXT    NOT NULL DEFAULT '',
    address       TEXT    NOT NULL DEFAULT '',
    payment       TEXT    NOT NULL DEFAULT '',
    device        TEXT    NOT NULL DEFAULT '',
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    added_at      INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX member_folded ON member (folded) WHERE folded <> '';
CREATE INDEX member_run ON member (import_run_id) WHERE import_run_id <> 0;

-- A phone is identity everywhere (group_id 0); a name in an export only within its group.
CREATE TABLE alias (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('phone', 'name', 'bsuid', 'wa_id', 'lid', 'username')),
    value         TEXT    NOT NULL CHECK (value <> ''),
    folded        TEXT    NOT NULL,             -- for comparison: NFKC and case folded
    group_id      INTEGER NOT NULL DEFAULT 0,
    seen_from     INTEGER,
    seen_until    INTEGER,
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (kind, value, group_id)
) STRICT;
CREATE INDEX alias_member ON alias (member_id, kind);
CREATE INDEX alias_folded ON alias (folded, kind);

CREATE TABLE consent (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('marketing')),
    state        TEXT    NOT NULL CHECK (state IN ('yes', 'no', 'stop')),
    source       TEXT    NOT NULL,
    text_version TEXT    NOT NULL DEFAULT '',
    decided_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    origin       TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (member_id, purpose, state, decided_at, source)
) STRICT;

CREATE TABLE tag (
    id         INTEGER PRIMARY KEY,
    member_id  INTEGER NOT NULL REFERENCES member (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    by_hand    INTEGER NOT NULL DEFAULT 1 CHECK (by_hand IN (0, 1)),
    tagged_at  INTEGER NOT NULL,
    UNIQUE (member_id, name)
) STRICT;
CREATE INDEX tag_name ON tag (name, member_id);

CREATE VIEW visible_member AS
SELECT id, ref, name, folded, language, timezone, origin, added_at
  FROM member
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

-- One consent in force per member and purpose: a stop outranks everything, else the latest word.
CREATE VIEW consent_in_force AS
SELECT member_id, purpose, state, source, decided_at
  FROM (SELECT member_id, purpose, state, source, decided_at,
               row_number() OVER (PARTITION BY member_id, purpose
                                  ORDER BY state = 'stop' DESC, decided_at DESC, id DESC) AS place
          FROM consent) AS ranked
 WHERE place = 1;
