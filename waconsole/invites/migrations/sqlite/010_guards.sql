-- Programmes and their steps only come, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete
-- trigger alone, because REPLACE deletes silently with recursive_triggers off.
CREATE TRIGGER programme_not_updated BEFORE UPDATE ON programme
BEGIN SELECT RAISE(ABORT, 'A programme is never changed: its terms are policy.'); END;
CREATE TRIGGER programme_not_deleted BEFORE DELETE ON programme
BEGIN SELECT RAISE(ABORT, 'A programme is never taken out: let it end.'); END;
CREATE TRIGGER programme_next BEFORE INSERT ON programme
BEGIN
    SELECT RAISE(ABORT, 'A programme is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM programme), 0) + 1
        OR EXISTS (SELECT 1 FROM programme WHERE ref = NEW.ref OR folded = NEW.folded);
    SELECT RAISE(ABORT, 'A programme needs a name, terms that are policy, and an operator.')
     WHERE NEW.ref = '' OR NEW.name = '' OR NEW.folded = ''
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = 'invites.programme.' || NEW.name)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
END;

CREATE TRIGGER programme_step_not_updated BEFORE UPDATE ON programme_step
BEGIN SELECT RAISE(ABORT, 'A step of a programme is never changed.'); END;
CREATE TRIGGER programme_step_not_deleted BEFORE DELETE ON programme_step
BEGIN SELECT RAISE(ABORT, 'A step of a programme is never taken out.'); END;
CREATE TRIGGER programme_step_next BEFORE INSERT ON programme_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a programme is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM programme_step), 0) + 1;
    SELECT RAISE(ABORT, 'A step of a programme is not whole.')
     WHERE NEW.step NOT IN ('asked', 'activated', 'ended') OR NEW.is_over NOT IN (0, 1) OR NEW.solo NOT IN (0, 1)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR NOT EXISTS (SELECT 1 FROM programme AS p
                         JOIN policy_version AS v ON v.name = 'invites.programme.' || p.name
                        WHERE p.id = NEW.programme_id AND v.version = NEW.rule_version);
    SELECT RAISE(ABORT, 'A programme that has ended takes no further step.')
     WHERE EXISTS (SELECT 1 FROM programme_step WHERE programme_id = NEW.programme_id AND step = 'ended');
    SELECT RAISE(ABORT, 'This version of the programme is active already.')
     WHERE NEW.step <> 'ended'
       AND EXISTS (SELECT 1 FROM programme_step
                    WHERE programme_id = NEW.programme_id AND step = 'activated' AND rule_version = NEW.rule_version);
    SELECT RAISE(ABORT, 'Its worst case is over its budget: another operator than who asked activates it.')
     WHERE NEW.step = 'activated' AND NEW.is_over = 1
       AND (NEW.asked_by IS NULL
            OR NOT EXISTS (SELECT 1 FROM programme_step
                            WHERE programme_id = NEW.programme_id AND step = 'asked'
                              AND rule_version = NEW.rule_version AND operator_id = NEW.asked_by)
            OR (NEW.asked_by = NEW.operator_id
                AND (NEW.solo = 0
                     OR NOT EXISTS (
                         SELECT 1 FROM policy_in_force_row AS s
                          WHERE s.name = 'operators.solo' AND s.solo_seconds IS NOT NULL
                            AND s.valid_from <= NEW.recorded_at
                            AND EXISTS (
                                SELECT 1 FROM programme_step AS a
                                 WHERE a.programme_id = NEW.programme_id AND a.step = 'asked'
                                   AND a.rule_version = NEW.rule_version AND a.operator_id = NEW.asked_by
                                   AND a.recorded_at + s.solo_seconds * 1000000 <= NEW.recorded_at)
                            AND NOT EXISTS (
                                SELECT 1 FROM policy_in_force_row AS later
                                 WHERE later.name = s.name AND later.valid_from <= NEW.recorded_at
                                   AND (later.begins_at, later.version) > (s.begins_at, s.version))))));
END;
