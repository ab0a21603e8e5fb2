-- What was earned lately, for whoever tells both sides.
CREATE INDEX reward_step_lately ON reward_step (step, effective_at);
