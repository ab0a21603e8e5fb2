-- A gateway tells its events too: one of them is one body.
ALTER TABLE inbound DROP COLUMN source;
ALTER TABLE inbound ADD COLUMN source TEXT NOT NULL DEFAULT 'webhook' CHECK (source IN ('webhook', 'gateway'));
