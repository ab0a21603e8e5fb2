-- Who wrote what, and when: what is asked of one person's messages, or of everybody's in a window, reads these alone.
CREATE INDEX message_author ON message (alias_id, sent_at, direction, kind, conversation_id, import_run_id);
