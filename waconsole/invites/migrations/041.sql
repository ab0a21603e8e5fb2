-- Pictures that came by themselves while a programme ran, and so may be meant as proof. Nothing is read out of them:
-- their hash tells whether the same file came before. Once decided, the picture goes and the row stays.
CREATE TABLE proof (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    message_id   INTEGER NOT NULL UNIQUE,
    programme_id INTEGER NOT NULL REFERENCES programme (id),  -- the one that was activated last, of those that ran
    sha256       TEXT,                                        -- of the file, as declared until it is here
    byte_count   INTEGER,
    came_at      INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused')),
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER REFERENCES operator (id),
    decided_at   INTEGER,
    deleted_at   INTEGER,                                     -- when the picture was taken away
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK (state = 'waiting' OR (operator_id IS NOT NULL AND reason <> '')),
    CHECK (deleted_at IS NULL OR decided_at IS NOT NULL)
) STRICT;
CREATE INDEX proof_waiting ON proof (came_at, id) WHERE state = 'waiting';
CREATE INDEX proof_kept ON proof (id) WHERE decided_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX proof_sha256 ON proof (sha256, came_at, id) WHERE sha256 IS NOT NULL;
CREATE INDEX proof_member ON proof (member_id);

-- How far the files that came were looked through.
CREATE TABLE proof_mark (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    media_id INTEGER NOT NULL
) STRICT;
