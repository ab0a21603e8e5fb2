-- The pane of outgoing messages lists and counts by state; what WhatsApp could not deliver is found without a scan.
CREATE INDEX outgoing_by_state ON outgoing (state, written_at, id);
CREATE INDEX delivery_failed ON delivery (wamid) WHERE failed_at IS NOT NULL;
