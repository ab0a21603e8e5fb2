-- In solo mode one owner alone activates what is over its budget, once it has cooled off; the step says so.
DROP INDEX programme_step_programme;
ALTER TABLE programme_step RENAME TO programme_step_before;
CREATE TABLE programme_step (
    id           INTEGER PRIMARY KEY,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    step         TEXT    NOT NULL CHECK (step IN ('asked', 'activated', 'ended')),
    rule_version INTEGER NOT NULL CHECK (rule_version > 0),
    exposure     TEXT    NOT NULL DEFAULT '{}',     -- JSON: the worst case that was shown
    is_over      INTEGER NOT NULL DEFAULT 0 CHECK (is_over IN (0, 1)),   -- the worst case is over the budget
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    asked_by     INTEGER REFERENCES operator (id),  -- whoever asked for what is over budget
    solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),
    reason       TEXT    NOT NULL DEFAULT '',
    recorded_at  INTEGER NOT NULL,
    CHECK (step <> 'activated' OR is_over = 0 OR (asked_by IS NOT NULL AND (asked_by <> operator_id OR solo = 1)))
) STRICT;
INSERT INTO programme_step (id, programme_id, step, rule_version, exposure, is_over, operator_id, asked_by, reason, recorded_at)
SELECT id, programme_id, step, rule_version, exposure, is_over, operator_id, asked_by, reason, recorded_at
  FROM programme_step_before;
DROP TABLE programme_step_before;
CREATE INDEX programme_step_programme ON programme_step (programme_id, id);
