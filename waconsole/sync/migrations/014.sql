-- A shop tells its orders too. What a shop's webhook is about, and the shop's own name for this delivery, stand in its
-- headers; the signature covers neither, so both only say where to look and what came before.
ALTER TABLE inbound ADD COLUMN said_by TEXT NOT NULL DEFAULT 'webhook'
    CHECK (said_by IN ('webhook', 'gateway', 'shopify', 'woocommerce', 'generic'));
UPDATE inbound SET said_by = source WHERE source <> 'webhook';
ALTER TABLE inbound DROP COLUMN source;
ALTER TABLE inbound RENAME COLUMN said_by TO source;
ALTER TABLE inbound ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound ADD COLUMN delivery TEXT NOT NULL DEFAULT '';
CREATE INDEX inbound_delivery ON inbound (source, delivery) WHERE delivery <> '';
-- What came of each shop, and when: counted without looking into a body.
CREATE INDEX inbound_shop ON inbound (source, received_at) WHERE source IN ('shopify', 'woocommerce', 'generic');
