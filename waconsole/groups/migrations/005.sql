-- A group as WhatsApp describes it, and the number of ours it is reached by.
ALTER TABLE "group" ADD COLUMN number_id INTEGER REFERENCES number (id);
ALTER TABLE "group" ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE "group" ADD COLUMN approval TEXT NOT NULL DEFAULT '' CHECK (approval IN ('', 'auto', 'required'));
ALTER TABLE "group" ADD COLUMN invite_link TEXT NOT NULL DEFAULT '';
ALTER TABLE "group" ADD COLUMN people_count INTEGER;           -- as WhatsApp counts them
ALTER TABLE "group" ADD COLUMN suspended_at INTEGER;
ALTER TABLE "group" ADD COLUMN suspension_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "group" ADD COLUMN settings_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "group" ADD COLUMN ended_at INTEGER;               -- deleted at WhatsApp
ALTER TABLE "group" ADD COLUMN looked_at INTEGER;              -- when WhatsApp was last asked about it

-- What we asked WhatsApp to do to a group. Written before the wire; WhatsApp takes it with a request id and says
-- later, by an event, what came of it. One that is past its deadline is overdue: somebody looks, nothing asks again by itself.
CREATE TABLE group_request (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    request_id  TEXT    UNIQUE,                                -- WhatsApp's, once it took the request
    group_id    INTEGER REFERENCES "group" (id),               -- NULL: the group that is to be made
    number_id   INTEGER NOT NULL REFERENCES number (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('create', 'change', 'delete', 'remove', 'reset_link')),
    body        TEXT    NOT NULL DEFAULT '{}',                 -- JSON: what was asked
    state       TEXT    NOT NULL CHECK (state IN ('asking', 'pending', 'done', 'partly', 'failed', 'unknown', 'overdue')),
    code        INTEGER,
    detail      TEXT    NOT NULL DEFAULT '',
    operator_id INTEGER REFERENCES operator (id),
    asked_at    INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;
CREATE INDEX group_request_open ON group_request (deadline_at, id) WHERE state IN ('asking', 'pending');
CREATE INDEX group_request_group ON group_request (group_id, id);

-- What an event told of a request, kept by WhatsApp's id: it may come before the answer that names the id.
CREATE TABLE group_result (
    id         INTEGER PRIMARY KEY,
    request_id TEXT    NOT NULL UNIQUE,
    group_id   INTEGER REFERENCES "group" (id),
    state      TEXT    NOT NULL CHECK (state IN ('done', 'partly', 'failed')),
    code       INTEGER,
    detail     TEXT    NOT NULL DEFAULT '',
    told_at    INTEGER NOT NULL
) STRICT;

-- Somebody asks to come in. `request_id` is WhatsApp's; at a gateway it is the requester's own id, so that asking
-- again opens the row anew.
CREATE TABLE join_request (
    id            INTEGER PRIMARY KEY,
    group_id      INTEGER NOT NULL REFERENCES "group" (id),
    request_id    TEXT    NOT NULL,
    member_id     INTEGER REFERENCES member (id),
    alias_id      INTEGER REFERENCES alias (id),
    person        TEXT    NOT NULL DEFAULT '{}',               -- JSON: phone, bsuid, lid, username, as received
    asked_at      INTEGER NOT NULL,
    entry_channel TEXT    NOT NULL DEFAULT '',
    state         TEXT    NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'revoked', 'gone')),
    told_at       INTEGER NOT NULL,                            -- the latest word of WhatsApp about it
    decided_by    INTEGER REFERENCES operator (id),
    decided_at    INTEGER,
    reason        TEXT    NOT NULL DEFAULT '',
    code          INTEGER,                                     -- why WhatsApp did not do it when last asked
    detail        TEXT    NOT NULL DEFAULT '',
    UNIQUE (group_id, request_id),
    CHECK ((decided_by IS NULL) OR (decided_at IS NOT NULL))
) STRICT;
CREATE INDEX join_request_asked ON join_request (group_id, asked_at, id) WHERE state = 'asked';
CREATE INDEX join_request_member ON join_request (member_id, group_id);

DROP VIEW visible_group;
CREATE VIEW visible_group AS
SELECT id, ref, name, folded, purpose, kpi, language, timezone, driver, whatsapp_id, origin, added_at, exported_at,
       number_id, description, approval, invite_link, people_count, suspended_at, ended_at, looked_at
  FROM "group"
 WHERE import_run_id NOT IN (SELECT id FROM open_run);
