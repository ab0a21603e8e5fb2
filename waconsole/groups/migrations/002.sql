-- What WhatsApp told of comings and goings, as it came. Stays follow from it by event time, whichever came first.
CREATE TABLE membership_event (
    id          INTEGER PRIMARY KEY,
    group_id    INTEGER NOT NULL REFERENCES "group" (id),
    member_id   INTEGER NOT NULL REFERENCES member (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('joined', 'left', 'wrote')), -- wrote: was there, nobody saw them come
    channel     TEXT    NOT NULL DEFAULT '',
    happened_at INTEGER NOT NULL,
    UNIQUE (group_id, member_id, kind, happened_at)
) STRICT;
