-- An ad that brought somebody: WhatsApp tells it with the first message after the click, and never again.
CREATE TABLE ad_referral (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL UNIQUE,
    source_type TEXT    NOT NULL DEFAULT '',        -- ad, or post
    source_id   TEXT    NOT NULL DEFAULT '',
    headline    TEXT    NOT NULL DEFAULT '',
    click_id    TEXT    NOT NULL DEFAULT '',        -- Meta's `ctwa_clid`; may be missing
    recorded_at INTEGER NOT NULL
) STRICT;

-- What a live message said of who sent its writer, once per message. A code that is none, or one of two, is kept too:
-- nothing is lost, and nothing is guessed.
CREATE TABLE arrival (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL UNIQUE,
    member_id   INTEGER NOT NULL REFERENCES member (id),
    arrived_at  INTEGER NOT NULL,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('exact', 'repaired', 'asked', 'unknown', 'several', 'ad')),
    code        TEXT    NOT NULL DEFAULT '',
    channel     TEXT    NOT NULL DEFAULT '',
    invite_id   INTEGER REFERENCES invite (id),     -- NULL: it makes none, or none that is new
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX arrival_member ON arrival (member_id, arrived_at);

-- Whoever came without a code is asked once who sent them, and their next words are read as the answer.
CREATE TABLE who_asked (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL UNIQUE REFERENCES member (id),
    outgoing_id  INTEGER NOT NULL,
    asked_at     INTEGER NOT NULL,
    rule_version INTEGER NOT NULL,
    answered_by  INTEGER,                           -- the message that answered
    recorded_at  INTEGER NOT NULL
) STRICT;

-- How far messages were read.
CREATE TABLE arrival_mark (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    message_id INTEGER NOT NULL
) STRICT;

-- What an operator said of an invite: somebody else brought them, it is in dispute, or it was written by hand.
CREATE TABLE invite_word (
    id          INTEGER PRIMARY KEY,
    invite_id   INTEGER NOT NULL REFERENCES invite (id),
    word        TEXT    NOT NULL CHECK (word IN ('corrected', 'disputed', 'added')),
    instead_id  INTEGER REFERENCES invite (id),     -- of a correction: the invite that counts now
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invite_word_invite ON invite_word (invite_id, id);

-- Where live people came from, for whoever compares channels.
CREATE VIEW known_arrival AS
SELECT a.message_id, r.root_id AS member_id, a.arrived_at, a.outcome, a.channel, a.invite_id
  FROM arrival AS a
  JOIN member_root AS r ON r.id = a.member_id;
