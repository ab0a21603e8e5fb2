-- A segment that was dropped has a last version that says so: what was true before stays to be asked.
ALTER TABLE segment_version ADD COLUMN is_dropped INTEGER NOT NULL DEFAULT 0 CHECK (is_dropped IN (0, 1));
ALTER TABLE segment_version ADD COLUMN report TEXT NOT NULL DEFAULT '';  -- JSON: what an imported list found and what not
CREATE INDEX segment_version_saved ON segment_version (segment_id, saved_at, version);

-- Each version with the name it is called by.
CREATE VIEW saved_segment AS
SELECT v.id, s.id AS segment_id, s.ref, s.name, s.folded, v.version, v.rule, v.members, v.owner, v.purpose, v.review_on,
       v.operator_id, v.saved_at, v.is_dropped, v.report
  FROM segment_version AS v
  JOIN segment AS s ON s.id = v.segment_id;
