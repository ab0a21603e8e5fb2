-- What a shop tells. A fact hangs on the member row whose alias it came under; the views read the person's.
-- Times are event times in whole seconds (as microseconds), amounts minor units of `currency`.
CREATE TABLE "order" (
    id            INTEGER PRIMARY KEY,
    reference     TEXT    NOT NULL CHECK (reference <> ''),
    member_id     INTEGER NOT NULL REFERENCES member (id),
    ordered_at    INTEGER NOT NULL,
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    total_minor   INTEGER NOT NULL CHECK (total_minor >= 0),
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX order_reference ON "order" (reference);
CREATE INDEX order_member ON "order" (member_id, ordered_at);

-- One row per line item; a file's row without an item is a line of quantity 0. Its price is in the order's currency.
CREATE TABLE order_line (
    id               INTEGER PRIMARY KEY,
    order_id         INTEGER NOT NULL REFERENCES "order" (id),
    category         TEXT    NOT NULL DEFAULT '',
    product          TEXT    NOT NULL DEFAULT '',
    coupon           TEXT    NOT NULL DEFAULT '',
    quantity         INTEGER NOT NULL CHECK (quantity >= 0),
    unit_price_minor INTEGER CHECK (unit_price_minor >= 0),  -- NULL: not said
    import_run_id    INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Two identical rows of a file are one fact.
CREATE UNIQUE INDEX order_line_fact
    ON order_line (order_id, product, category, coupon, quantity, (coalesce(unit_price_minor, -1)));
CREATE INDEX order_line_category ON order_line (category, order_id) WHERE category <> '';
CREATE INDEX order_line_product ON order_line (product, order_id) WHERE product <> '';

-- A refund whose order is not here yet waits for it: `amount` is as written until the order tells its currency.
CREATE TABLE refund (
    id            INTEGER PRIMARY KEY,
    reference     TEXT    NOT NULL CHECK (reference <> ''),  -- the order's
    refund_ref    TEXT    NOT NULL DEFAULT '',               -- the shop's own name for it, if it has one
    refunded_at   INTEGER NOT NULL,
    amount        TEXT    NOT NULL,
    amount_minor  INTEGER CHECK (amount_minor > 0),
    order_id      INTEGER REFERENCES "order" (id),           -- NULL: it waits
    refusal       TEXT    NOT NULL DEFAULT '',               -- why it does not count, found when its order came
    line          INTEGER NOT NULL,                          -- where it stood in its file
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    CHECK ((order_id IS NULL) = (amount_minor IS NULL) OR refusal <> '')
) STRICT;
CREATE UNIQUE INDEX refund_fact ON refund (reference, refunded_at, amount, refund_ref);
CREATE INDEX refund_order ON refund (order_id, refunded_at) WHERE order_id IS NOT NULL;
CREATE INDEX refund_waiting ON refund (id) WHERE order_id IS NULL AND refusal = '';

CREATE TABLE product (
    id            INTEGER PRIMARY KEY,
    product       TEXT    NOT NULL UNIQUE CHECK (product <> ''),
    name          TEXT    NOT NULL DEFAULT '',
    category      TEXT    NOT NULL DEFAULT '',
    currency      TEXT    NOT NULL DEFAULT '',
    price_minor   INTEGER CHECK (price_minor >= 0),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    CHECK (price_minor IS NULL OR currency <> '')
) STRICT;
CREATE INDEX product_category ON product (category) WHERE category <> '';

CREATE TABLE click (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    clicked_at    INTEGER NOT NULL,
    category      TEXT    NOT NULL DEFAULT '',
    product       TEXT    NOT NULL DEFAULT '',
    url           TEXT    NOT NULL DEFAULT '',
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX click_fact ON click (member_id, clicked_at, product, category, url);
CREATE INDEX click_category ON click (category, member_id, clicked_at) WHERE category <> '';
CREATE INDEX click_product ON click (product, member_id, clicked_at) WHERE product <> '';

CREATE TABLE cart (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    changed_at    INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'abandoned', 'recovered')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX cart_fact ON cart (member_id, changed_at, state);

CREATE TABLE cost (
    id            INTEGER PRIMARY KEY,
    spent_at      INTEGER NOT NULL,
    group_name    TEXT    NOT NULL DEFAULT '',
    kind          TEXT    NOT NULL DEFAULT '',
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    amount_minor  INTEGER NOT NULL CHECK (amount_minor >= 0),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX cost_fact ON cost (spent_at, group_name, kind, currency, amount_minor);

-- How the columns of a shop's own file are called: kept under a name, to be used again.
CREATE TABLE file_mapping (
    id        INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL CHECK (kind <> ''),
    name      TEXT    NOT NULL CHECK (name <> ''),
    fields    TEXT    NOT NULL,  -- JSON: our column to theirs; a word after `=` stands in every row
    saved_at  INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;

CREATE VIEW visible_order AS
SELECT o.id, o.reference, r.root_id AS member_id, o.ordered_at, o.currency, o.total_minor, o.origin, o.recorded_at
  FROM "order" AS o
  JOIN member_root AS r ON r.id = o.member_id
 WHERE o.import_run_id NOT IN (SELECT id FROM open_run);

-- `category` is the line's own, else its product's.
CREATE VIEW visible_order_line AS
SELECT l.id, l.order_id, CASE l.category WHEN '' THEN coalesce(p.category, '') ELSE l.category END AS category,
       l.product, l.coupon, l.quantity, l.unit_price_minor,
       o.reference, r.root_id AS member_id, o.ordered_at, o.currency
  FROM order_line AS l
  JOIN "order" AS o ON o.id = l.order_id
  JOIN member_root AS r ON r.id = o.member_id
  LEFT JOIN product AS p
    ON p.product = l.product AND l.category = '' AND p.import_run_id NOT IN (SELECT id FROM open_run)
 WHERE l.import_run_id NOT IN (SELECT id FROM open_run)
   AND o.import_run_id NOT IN (SELECT id FROM open_run);

-- A refund counts once its order is here, up to the order's total.
CREATE VIEW visible_refund AS
SELECT f.id, f.order_id, f.reference, f.refund_ref, f.refunded_at, f.amount_minor, o.currency,
       r.root_id AS member_id, o.ordered_at, f.recorded_at
  FROM refund AS f
  JOIN "order" AS o ON o.id = f.order_id
  JOIN member_root AS r ON r.id = o.member_id
 WHERE f.refusal = ''
   AND f.import_run_id NOT IN (SELECT id FROM open_run)
   AND o.import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_product AS
SELECT id, product, name, category, currency, price_minor
  FROM product
 WHERE import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_click AS
SELECT c.id, r.root_id AS member_id, c.clicked_at, c.category, c.product, c.url
  FROM click AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_cart AS
SELECT c.id, r.root_id AS member_id, c.changed_at, c.state
  FROM cart AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.import_run_id NOT IN (SELECT id FROM open_run);

CREATE VIEW visible_cost AS
SELECT id, spent_at, group_name, kind, currency, amount_minor
  FROM cost
 WHERE import_run_id NOT IN (SELECT id FROM open_run);
