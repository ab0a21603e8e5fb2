-- How a shop itself calls an order, and when it last said something of it: a refund's webhook names its order by that
-- key alone, and what comes late is told from what is new.
CREATE TABLE order_word (
    id        INTEGER PRIMARY KEY,
    shop      TEXT    NOT NULL CHECK (shop <> ''),
    shop_key  TEXT    NOT NULL CHECK (shop_key <> ''),
    reference TEXT    NOT NULL CHECK (reference <> ''),
    told_at   INTEGER NOT NULL,
    UNIQUE (shop, shop_key)
) STRICT;
CREATE INDEX order_word_reference ON order_word (reference);
