-- What there is of each column is found without turning over what it holds.
CREATE INDEX column_segment_catalogue ON column_segment (run_id, column, part, chunk, rows, kind);
