CREATE TABLE "group" (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL CHECK (name <> ''),
    folded        TEXT    NOT NULL,
    purpose       TEXT    NOT NULL DEFAULT '',
    kpi           TEXT    NOT NULL DEFAULT '',
    language      TEXT    NOT NULL DEFAULT '',
    timezone      TEXT    NOT NULL DEFAULT '',
    driver        TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    whatsapp_id   TEXT    UNIQUE,
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    added_at      INTEGER NOT NULL,
    exported_at   INTEGER,                      -- how far its newest imported export reaches
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX group_folded ON "group" (folded);

CREATE TABLE membership (
    id            INTEGER PRIMARY KEY,
    group_id      INTEGER NOT NULL REFERENCES "group" (id),
    member_id     INTEGER NOT NULL REFERENCES member (id),
    role          TEXT    NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    joined_at     INTEGER NOT NULL,
    left_at       INTEGER CHECK (left_at >= joined_at),
    entry_channel TEXT    NOT NULL DEFAULT '',
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (group_id, member_id, joined_at)
) STRICT;
CREATE INDEX membership_member ON membership (member_id, group_id);

CREATE VIEW visible_group AS
SELECT id, ref, name, folded, purpose, kpi, language, timezone, driver, whatsapp_id, origin, added_at, exported_at
  FROM "group"
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW present_membership AS
SELECT group_id, member_id, role, joined_at, entry_channel FROM membership WHERE left_at IS NULL;
