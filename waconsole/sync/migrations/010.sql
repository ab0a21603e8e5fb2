-- Which bodies still hold what people wrote, the oldest first: they are emptied when their time is over.
CREATE INDEX inbound_whole ON inbound (received_at) WHERE state = 'done' AND body <> x'';
