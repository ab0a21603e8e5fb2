-- One link for every row that must be provable, in the order in which they came.
CREATE TABLE chain_link (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),   -- without gaps
    room      TEXT    NOT NULL CHECK (room <> ''),
    row_kind  TEXT    NOT NULL CHECK (row_kind <> ''),
    row_id    INTEGER NOT NULL,
    body_hash BLOB    NOT NULL CHECK (length(body_hash) = 32),
    key_id    TEXT    NOT NULL CHECK (key_id <> ''), -- which key; the key itself is never in here
    prev_mac  BLOB    NOT NULL CHECK (length(prev_mac) = 32),
    mac       BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;

-- How far everything has been verified; sealed with the key, so that nobody without it moves the point.
CREATE TABLE chain_point (
    id           INTEGER PRIMARY KEY,
    link_seq     INTEGER NOT NULL,
    transfer_seq INTEGER NOT NULL,
    verified_at  INTEGER NOT NULL,
    key_id       TEXT    NOT NULL,
    mac          BLOB    NOT NULL
) STRICT;
