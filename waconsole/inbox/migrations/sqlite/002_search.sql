-- How far the keys of a slot, a day, are given out: search_key = slot << 20 | sequence in that slot.
CREATE TABLE search_slot (
    slot     INTEGER PRIMARY KEY,                  -- days since 1970-01-01 UTC
    used     INTEGER NOT NULL CHECK (used BETWEEN 0 AND 1048576),
    last_at  INTEGER NOT NULL,                     -- the latest sent_at that has a key of this slot
    in_order INTEGER NOT NULL CHECK (in_order IN (0, 1)), -- whether its keys rise with (sent_at, id)
    spills   INTEGER NOT NULL CHECK (spills IN (0, 1))    -- whether it was full and went on in the slot before
) STRICT;

-- Both hold tokens the app has made (inbox/words.py) and no text. Newest first needs no ranks, so no sizes are kept.
CREATE VIRTUAL TABLE search_word USING fts5 (words, content = '', columnsize = 0, tokenize = 'ascii');
CREATE VIRTUAL TABLE search_beginning USING fts5 (beginnings, content = '', columnsize = 0, detail = none, tokenize = 'ascii');

-- Parts are merged by merge_step (inbox/search.py) in small steps, never inside somebody else's commit.
INSERT INTO search_word (search_word, rank) VALUES ('automerge', 0), ('usermerge', 16), ('crisismerge', 1024), ('hashsize', 8388608);
INSERT INTO search_beginning (search_beginning, rank) VALUES ('automerge', 0), ('usermerge', 16), ('crisismerge', 1024), ('hashsize', 8388608);
