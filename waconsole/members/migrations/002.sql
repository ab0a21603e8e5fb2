-- Two rows may turn out to be one person. No row is rewritten for that: the merged one points at the
-- row that stands for the person, and what hangs on it is read through `member_root`.
CREATE TABLE merge (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER NOT NULL REFERENCES member (id),  -- who was merged
    into_id     INTEGER NOT NULL REFERENCES member (id),  -- into whom
    operator_id INTEGER,                                  -- NULL: WhatsApp said so, see `rule`
    rule        TEXT    NOT NULL DEFAULT 'hand',
    filled      TEXT    NOT NULL DEFAULT '{}',            -- empty words of `into_id` that `member_id` filled
    moved       TEXT    NOT NULL DEFAULT '{}',            -- what came along then: aliases, tags, consents
    merged_at   INTEGER NOT NULL,
    parted_at   INTEGER,                                  -- NULL: it stands
    CHECK (member_id <> into_id)
) STRICT;
CREATE UNIQUE INDEX merge_standing ON merge (member_id) WHERE parted_at IS NULL;
CREATE INDEX merge_into ON merge (into_id) WHERE parted_at IS NULL;

-- Made from `merge`, and could be made again: the row that stands for the person, however many merges
-- away, and since when a row stands for more than itself (0: it does not).
ALTER TABLE member ADD COLUMN merged_into INTEGER REFERENCES member (id);
ALTER TABLE member ADD COLUMN one_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN root_id INTEGER GENERATED ALWAYS AS (coalesce(merged_into, id)) VIRTUAL;
CREATE INDEX member_root_id ON member (root_id);

CREATE VIEW member_root AS SELECT id, root_id, one_since FROM member;

DROP VIEW visible_member;
CREATE VIEW visible_member AS
SELECT id, ref, name, folded, language, timezone, origin, added_at
  FROM member
 WHERE merged_into IS NULL
   AND import_run_id NOT IN (SELECT id FROM open_run);

-- Aliases are read for every line of a thread, so they carry the answer themselves: `member_id` is who
-- stands for the person, `moved_from` whose the alias is when that is another row. A username and a
-- profile name may be borne by many; everything else names one.
DROP INDEX alias_member;
DROP INDEX alias_folded;
ALTER TABLE alias RENAME TO alias_before;
CREATE TABLE alias (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    moved_from    INTEGER REFERENCES member (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('phone', 'name', 'bsuid', 'wa_id', 'lid', 'username')),
    value         TEXT    NOT NULL CHECK (value <> ''),
    folded        TEXT    NOT NULL,             -- for comparison: NFKC and case folded
    group_id      INTEGER NOT NULL DEFAULT 0,
    seen_from     INTEGER,
    seen_until    INTEGER,
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import'))
) STRICT;
INSERT INTO alias (id, member_id, kind, value, folded, group_id, seen_from, seen_until, origin)
SELECT id, member_id, kind, value, folded, group_id, seen_from, seen_until, origin FROM alias_before ORDER BY id;
DROP TABLE alias_before;
CREATE UNIQUE INDEX alias_named ON alias (kind, value, group_id,
    (CASE WHEN kind = 'username' OR (kind = 'name' AND group_id = 0) THEN coalesce(moved_from, member_id) ELSE 0 END));
CREATE INDEX alias_member ON alias (member_id, kind);
CREATE INDEX alias_folded ON alias (folded, kind);
CREATE INDEX alias_moved ON alias (moved_from) WHERE moved_from IS NOT NULL;

-- A tag stands on the row it was put on; `tag` reads the person's, each once, with its first date.
CREATE TABLE own_tag (
    id         INTEGER PRIMARY KEY,
    member_id  INTEGER NOT NULL REFERENCES member (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    by_hand    INTEGER NOT NULL DEFAULT 1 CHECK (by_hand IN (0, 1)),
    tagged_at  INTEGER NOT NULL,
    UNIQUE (member_id, name)
) STRICT;
INSERT INTO own_tag (id, member_id, name, by_hand, tagged_at)
SELECT id, member_id, name, by_hand, tagged_at FROM tag ORDER BY id;
DROP TABLE tag;
CREATE INDEX own_tag_name ON own_tag (name, member_id);

CREATE VIEW tag AS
SELECT t.id, r.root_id AS member_id, t.name, t.by_hand, t.tagged_at
  FROM own_tag AS t
  JOIN member_root AS r ON r.id = t.member_id
 WHERE NOT EXISTS (SELECT 1
                     FROM member_root AS o
                    CROSS JOIN own_tag AS d
                    WHERE o.root_id = r.root_id AND o.id <> r.id AND d.member_id = o.id AND d.name = t.name
                      AND (d.tagged_at < t.tagged_at OR (d.tagged_at = t.tagged_at AND d.id < t.id)));

-- `resume`: the person themselves asked for more after a stop. Nothing else lifts a stop.
DROP VIEW consent_in_force;
ALTER TABLE consent RENAME TO consent_before;
CREATE TABLE consent (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('marketing')),
    state        TEXT    NOT NULL CHECK (state IN ('yes', 'no', 'stop', 'resume')),
    source       TEXT    NOT NULL,
    text_version TEXT    NOT NULL DEFAULT '',
    decided_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    origin       TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (member_id, purpose, state, decided_at, source)
) STRICT;
INSERT INTO consent (id, member_id, purpose, state, source, text_version, decided_at, recorded_at, origin)
SELECT id, member_id, purpose, state, source, text_version, decided_at, recorded_at, origin
  FROM consent_before ORDER BY id;
DROP TABLE consent_before;

-- Every word of a person, with whether it is a stop that stands, whether it was said for the whole person
-- (since they are known to be one), and whether the same row said something later.
CREATE VIEW consent_word AS
SELECT c.id, r.root_id AS member_id, c.member_id AS said_by, c.purpose, c.state, c.source, c.text_version,
       c.decided_at, c.origin,
       c.state = 'stop' AND NOT EXISTS (
           SELECT 1
             FROM member_root AS o
            CROSS JOIN consent AS l
            WHERE o.root_id = r.root_id AND l.member_id = o.id AND l.purpose = c.purpose AND l.state = 'resume'
              AND l.decided_at > c.decided_at AND (l.member_id = c.member_id OR l.decided_at >= w.one_since)) AS stands,
       w.one_since > 0 AND c.decided_at >= w.one_since AS for_all,
       EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.state <> 'stop'
              AND (l.decided_at > c.decided_at OR (l.decided_at = c.decided_at AND l.id > c.id))) AS outdated
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id
  JOIN member_root AS w ON w.id = r.root_id;

-- One consent in force per person and purpose: a stop that stands outranks everything; then the latest word
-- said for the whole person; then, of what each row said last before they were one, the stricter.
CREATE VIEW consent_in_force AS
SELECT r.root_id AS member_id, c.purpose, CASE c.state WHEN 'resume' THEN 'yes' ELSE c.state END AS state,
       c.state AS word, c.source, c.decided_at
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.id = (SELECT w.id
                 FROM consent_word AS w
                WHERE w.member_id = r.root_id AND w.purpose = c.purpose
                ORDER BY w.stands DESC, w.state = 'stop', w.for_all DESC, w.outdated,
                         CASE WHEN w.for_all THEN w.decided_at ELSE 0 END DESC,
                         w.state = 'no' DESC, w.decided_at DESC, w.id DESC
                LIMIT 1);
