-- Codes that a shop gave us to give away. Each goes to one member, once; the pool says what a code is worth and costs.
CREATE TABLE coupon_pool (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    face        TEXT    NOT NULL DEFAULT '',     -- what it is worth, as told: 50.00 HKD, 20 %
    currency    TEXT    NOT NULL DEFAULT '',
    cost_minor  INTEGER NOT NULL DEFAULT 0 CHECK (cost_minor >= 0),   -- of one code
    valid_days  INTEGER NOT NULL CHECK (valid_days > 0),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    added_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE coupon (
    id          INTEGER PRIMARY KEY,
    pool_id     INTEGER NOT NULL REFERENCES coupon_pool (id),
    code        TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    state       TEXT    NOT NULL CHECK (state IN ('free', 'issued', 'redeemed', 'expired', 'withdrawn')),
    member_id   INTEGER REFERENCES member (id),
    source      TEXT    NOT NULL DEFAULT '',     -- what it was given for: reward:REF
    issued_at   INTEGER,
    expires_at  INTEGER,
    redeemed_at INTEGER,
    order_reference TEXT NOT NULL DEFAULT '',    -- the order it was used in
    added_at    INTEGER NOT NULL,
    CHECK (state = 'free' OR state = 'withdrawn' OR (member_id IS NOT NULL AND source <> '' AND issued_at IS NOT NULL))
) STRICT;
CREATE INDEX coupon_free ON coupon (pool_id, id) WHERE state = 'free';
CREATE UNIQUE INDEX coupon_source ON coupon (source) WHERE source <> '';
CREATE INDEX coupon_due ON coupon (expires_at, id) WHERE state = 'issued';
