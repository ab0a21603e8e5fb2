-- A query kept under a name, shown as a tab of the panes of its subject. Without an operator it is shared.
CREATE TABLE saved_view (
    id          INTEGER PRIMARY KEY,
    subject     TEXT    NOT NULL CHECK (subject <> ''),
    operator_id INTEGER REFERENCES operator (id),
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL,               -- the name for comparison: NFKC and case folded
    query       TEXT    NOT NULL CHECK (query <> ''),
    place       INTEGER NOT NULL CHECK (place >= 1),
    saved_at    INTEGER NOT NULL,
    dropped     INTEGER NOT NULL DEFAULT 0 CHECK (dropped IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX saved_view_name ON saved_view (subject, (coalesce(operator_id, 0)), folded) WHERE dropped = 0;
