-- A message of ours is found by the id it was to have: an echo of the phone names nothing else.
CREATE INDEX attempt_chosen ON attempt (chosen_id) WHERE chosen_id IS NOT NULL;
