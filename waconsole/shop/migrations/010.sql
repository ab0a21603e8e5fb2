-- What became of a coupon, step by step: `coupon.state` is where the last one brought it.
CREATE TABLE coupon_step (
    id              INTEGER PRIMARY KEY,
    coupon_id       INTEGER NOT NULL REFERENCES coupon (id),
    step            TEXT    NOT NULL CHECK (step IN ('issued', 'redeemed', 'expired', 'reinstated', 'withdrawn')),
    reason          TEXT    NOT NULL DEFAULT '',
    order_reference TEXT    NOT NULL DEFAULT '',
    expires_at      INTEGER,                         -- until when it is valid from this step on
    operator_id     INTEGER REFERENCES operator (id),  -- NULL: a rule
    effective_at    INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX coupon_step_coupon ON coupon_step (coupon_id, id);

-- Shops tell codes in any case.
CREATE INDEX coupon_code ON coupon (code COLLATE NOCASE);
CREATE INDEX coupon_member ON coupon (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX order_line_coupon ON order_line (coupon COLLATE NOCASE) WHERE coupon <> '';
