-- Templates as WhatsApp has them, one row for each language. Its words come in any order: each part has the instant
-- of the latest word about it (`entry.time` of a webhook, or when the list was fetched), and an earlier one changes nothing.
CREATE TABLE template (
    id               INTEGER PRIMARY KEY,
    waba_id          TEXT    NOT NULL,
    name             TEXT    NOT NULL CHECK (name <> ''),
    language         TEXT    NOT NULL CHECK (language <> ''),
    template_id      TEXT    NOT NULL DEFAULT '',
    category         TEXT    NOT NULL DEFAULT '',         -- MARKETING, UTILITY or AUTHENTICATION, as told
    category_since   INTEGER NOT NULL DEFAULT 0,          -- since when it is another than before; 0: since we know it
    category_at      INTEGER NOT NULL DEFAULT 0,
    status           TEXT    NOT NULL DEFAULT '',         -- as told: APPROVED, PAUSED, ...; empty: nobody told it yet
    reason           TEXT    NOT NULL DEFAULT '',
    status_at        INTEGER NOT NULL DEFAULT 0,
    quality          TEXT    NOT NULL DEFAULT '',         -- GREEN, YELLOW, RED, UNKNOWN, as told
    quality_at       INTEGER NOT NULL DEFAULT 0,
    parameter_format TEXT    NOT NULL DEFAULT 'POSITIONAL',
    components       TEXT    NOT NULL DEFAULT '[]',       -- JSON, as told
    components_at    INTEGER NOT NULL DEFAULT 0,
    stale            INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)), -- told to have changed since it was fetched
    told_at          INTEGER NOT NULL DEFAULT 0,          -- the latest word about any part
    synced_at        INTEGER,                             -- when a fetched list last held it
    deleted_at       INTEGER,
    UNIQUE (waba_id, name, language)
) STRICT;
CREATE INDEX template_named ON template (name, language);

-- How often an account was asked in each minute: WhatsApp takes so many management calls in an hour.
CREATE TABLE management_call (
    id      INTEGER PRIMARY KEY,
    waba_id TEXT    NOT NULL,
    minute  INTEGER NOT NULL,                             -- minutes since 1970 UTC
    times   INTEGER NOT NULL CHECK (times > 0),
    UNIQUE (waba_id, minute)
) STRICT;

-- What WhatsApp said of a whole account and is still in force (restricted, disabled, ...): its numbers stand still.
CREATE TABLE account_word (
    id      INTEGER PRIMARY KEY,
    waba_id TEXT    NOT NULL UNIQUE,
    word    TEXT    NOT NULL,                             -- the event, as told
    sentence TEXT   NOT NULL,
    stops   INTEGER NOT NULL CHECK (stops IN (0, 1)),
    told_at INTEGER NOT NULL
) STRICT;
