-- When in its day each message of a run of keys was sent, in steps of two seconds: two bytes each, little end first.
CREATE TABLE search_time (
    first_key INTEGER PRIMARY KEY,
    marks     BLOB NOT NULL
) STRICT;
