-- What an operator must be told: a template paused, an account restricted, a request that never came back. Each thing
-- once; it stands until somebody has seen it.
CREATE TABLE notice (
    id       INTEGER PRIMARY KEY,
    key      TEXT    NOT NULL UNIQUE,                          -- what it is about, and when: said twice, told once
    at       INTEGER NOT NULL,                                 -- event time
    told_at  INTEGER NOT NULL,                                 -- when it came in
    level    TEXT    NOT NULL CHECK (level IN ('note', 'warning', 'alarm')),
    subject  TEXT    NOT NULL CHECK (subject IN ('template', 'account', 'number', 'group', 'request', 'error')),
    named    TEXT    NOT NULL DEFAULT '',                      -- the template, number or group, foreign text
    sentence TEXT    NOT NULL,
    detail   TEXT    NOT NULL DEFAULT '',                      -- WhatsApp's own words, foreign text
    seen_by  INTEGER REFERENCES operator (id),
    seen_at  INTEGER,
    CHECK ((seen_by IS NULL) = (seen_at IS NULL))
) STRICT;
CREATE INDEX notice_unseen ON notice (at, id) WHERE seen_at IS NULL;
CREATE INDEX notice_newest ON notice (at, id);
