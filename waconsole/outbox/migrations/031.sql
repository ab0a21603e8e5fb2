-- Many messages that leave at an instant to come: nothing of the batch is queued before.
ALTER TABLE outgoing_batch ADD COLUMN not_before INTEGER;
