-- Up to when a gateway's phone was heard without a gap: what came later is asked for when it is heard again.
CREATE TABLE gateway_mark (
    id         INTEGER PRIMARY KEY,
    number_id  INTEGER NOT NULL UNIQUE REFERENCES number (id),
    through_at INTEGER NOT NULL
) STRICT;
