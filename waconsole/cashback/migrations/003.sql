-- The lists of the pane, in the order in which lines were earned.
CREATE INDEX line_state_listed ON line_state (state, held, id);
