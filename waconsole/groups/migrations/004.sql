-- What WhatsApp calls an official group: asked for once the group is met, until WhatsApp has told it.
CREATE TABLE group_subject (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL UNIQUE REFERENCES "group" (id),
    subject  TEXT,                                 -- as WhatsApp told it; NULL until then
    times    INTEGER NOT NULL DEFAULT 0,           -- how often it was asked in vain
    asked_at INTEGER NOT NULL
) STRICT;
