-- How far settling came: the facts it stands on, and up to when. Where nothing changed since, there is nothing to look for.
CREATE TABLE settle_mark (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    facts      TEXT    NOT NULL,
    settled_at INTEGER NOT NULL
) STRICT;
