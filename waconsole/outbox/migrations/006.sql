-- How a number stands: paused by an operator or a breaker, and what WhatsApp told of it. NULL beside `paused_at`: a breaker.
ALTER TABLE number ADD COLUMN paused_at INTEGER;
ALTER TABLE number ADD COLUMN paused_by INTEGER REFERENCES operator (id);
ALTER TABLE number ADD COLUMN paused_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE number ADD COLUMN portfolio TEXT NOT NULL DEFAULT '';        -- numbers of one portfolio share its messaging limit
ALTER TABLE number ADD COLUMN shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)); -- also used by the Business app
ALTER TABLE number ADD COLUMN quality TEXT NOT NULL DEFAULT '';          -- GREEN, YELLOW, RED, as told
ALTER TABLE number ADD COLUMN quality_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE number ADD COLUMN per_second_max INTEGER CHECK (per_second_max > 0); -- messages a second, as told; NULL: policy says
ALTER TABLE number ADD COLUMN per_second_at INTEGER NOT NULL DEFAULT 0;

-- The rate of a number, shared by every process that sends: one row, written once for each bundle.
CREATE TABLE pacing (
    id            INTEGER PRIMARY KEY,
    number_id     INTEGER NOT NULL UNIQUE REFERENCES number (id),
    free_at       INTEGER NOT NULL DEFAULT 0,     -- when the next message may leave
    rest_until    INTEGER NOT NULL DEFAULT 0,     -- WhatsApp asked for a rest
    slowed_at     INTEGER NOT NULL DEFAULT 0,     -- when it last said: too fast
    last_campaign TEXT    NOT NULL DEFAULT ''     -- whose turn it was
) STRICT;

-- What WhatsApp told of a portfolio's messaging limit. `limit_max` NULL: unlimited.
CREATE TABLE portfolio (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,
    limit_max  INTEGER CHECK (limit_max > 0),
    told_at    INTEGER NOT NULL DEFAULT 0,
    full_until INTEGER NOT NULL DEFAULT 0         -- until then no campaign template is looked at
) STRICT;

-- How many people were reached by templates outside a window, by when each was last reached.
CREATE TABLE portfolio_reach (
    id        INTEGER PRIMARY KEY,
    portfolio TEXT    NOT NULL,
    since     INTEGER NOT NULL,                   -- the beginning of a span of minutes
    people    INTEGER NOT NULL CHECK (people >= 0),
    UNIQUE (portfolio, since)
) STRICT;

-- What is paused as a whole, and what leads there: refusals in a row, and a share of people who could not be reached.
-- `key` is the id of a number or the name of a campaign. `trying`: one goes first, then the others.
CREATE TABLE breaker (
    id          INTEGER PRIMARY KEY,
    scope       TEXT    NOT NULL CHECK (scope IN ('all', 'number', 'campaign')),
    key         TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT 'watching' CHECK (state IN ('watching', 'paused', 'trying')),
    reason      TEXT    NOT NULL DEFAULT '',
    detail      TEXT    NOT NULL DEFAULT '',
    since       INTEGER,
    operator_id INTEGER REFERENCES operator (id), -- who paused it; NULL: nobody, it tripped
    strikes     INTEGER NOT NULL DEFAULT 0,
    tried       INTEGER NOT NULL DEFAULT 0,
    missed      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (scope, key),
    CHECK ((scope = 'all') = (key = ''))
) STRICT;
CREATE INDEX breaker_acting ON breaker (scope, key) WHERE state <> 'watching';

-- An attempt is somebody's until `lease_until`; whoever sends renews it. `recipient` is the person (m and the member's
-- id) or the group (g and its id). One message to one recipient is on its way at a time, whoever sends it.
ALTER TABLE attempt ADD COLUMN number_id INTEGER REFERENCES number (id);
ALTER TABLE attempt ADD COLUMN recipient TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN lease_until INTEGER;
ALTER TABLE attempt ADD COLUMN pair_free_at INTEGER NOT NULL DEFAULT 0;  -- when what this pair has borrowed is paid back
ALTER TABLE attempt ADD COLUMN counted_at INTEGER;                       -- the span of portfolio_reach it is counted in
CREATE UNIQUE INDEX attempt_in_flight ON attempt (number_id, recipient) WHERE outcome = '' AND recipient <> '';
CREATE INDEX attempt_lease ON attempt (number_id, lease_until) WHERE outcome = '';
CREATE INDEX attempt_pair ON attempt (recipient, number_id, id) WHERE recipient <> '';

-- What waits, by lane and campaign: the next of each is found without looking at the others.
DROP INDEX outgoing_queued;
CREATE INDEX outgoing_lane ON outgoing (number_id, lane, campaign, not_before, id) WHERE state = 'queued';
