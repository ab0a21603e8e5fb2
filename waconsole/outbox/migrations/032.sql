-- A batch that an operator took back: what of it had not left is cancelled, a part at a time, and none of it is queued.
ALTER TABLE outgoing_batch ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
