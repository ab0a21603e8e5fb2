-- Who added a number: it sends whatever number the settings name. NULL: the settings named it, and it sends while they do.
ALTER TABLE number ADD COLUMN added_by INTEGER REFERENCES operator (id);
