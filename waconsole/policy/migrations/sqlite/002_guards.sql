-- Versions are added, never changed, whatever the pragmas: a guard leans on no CHECK, no foreign key and no delete
-- trigger alone, because REPLACE deletes silently with recursive_triggers off. A ledger that is only being built has
-- no installation id and no key: its versions are sealed together when it gets one.
CREATE TRIGGER policy_version_not_updated BEFORE UPDATE ON policy_version
BEGIN SELECT RAISE(ABORT, 'A version of a policy is never changed: set another.'); END;
CREATE TRIGGER policy_version_not_deleted BEFORE DELETE ON policy_version
BEGIN SELECT RAISE(ABORT, 'A version of a policy is never taken out.'); END;
CREATE TRIGGER policy_version_next BEFORE INSERT ON policy_version
BEGIN
    SELECT RAISE(ABORT, 'A version of a policy is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_version), 0) + 1
        OR NEW.version <= coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0)
        OR (NEW.set_by <> 'preset'
            AND NEW.version <> coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0) + 1);
    SELECT RAISE(ABORT, 'A version of a policy is not whole.')
     WHERE NEW.name = '' OR NEW.set_by = '' OR NEW.value NOT GLOB '{*}' OR NEW.solo NOT IN (0, 1)
        OR NEW.second NOT IN (0, 1) OR (NEW.set_by <> 'preset' AND NEW.reason = '')
        OR (NEW.solo_seconds IS NOT NULL AND (NEW.name <> 'operators.solo' OR NEW.solo_seconds <= 0));
    SELECT RAISE(ABORT, 'A preset never takes the place of what an operator set.')
     WHERE NEW.set_by = 'preset'
       AND EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.name AND set_by <> 'preset');
    SELECT RAISE(ABORT, 'A version of a policy was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM policy_seal), 0);
    SELECT RAISE(ABORT, 'This policy is confirmed by a second operator before it is in force.')
     WHERE NEW.proposal_id IS NULL AND NEW.set_by <> 'preset'
       AND EXISTS (
           SELECT 1 FROM policy_version AS last
            WHERE last.name = NEW.name AND last.second = 1
              AND last.version = (SELECT max(version) FROM policy_version WHERE name = NEW.name))
       AND NOT (NEW.name = 'operators.solo'
                AND (NEW.solo_seconds IS NULL OR NEW.valid_from >= NEW.set_at + NEW.solo_seconds * 1000000));
    SELECT RAISE(ABORT, 'This is not what was proposed, or was not confirmed by somebody else.')
     WHERE NEW.proposal_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1
             FROM policy_proposal AS p
             JOIN policy_decision AS d ON d.proposal_id = p.id AND d.verb = 'confirm'
            WHERE p.id = NEW.proposal_id AND p.name = NEW.name AND p.version = NEW.version AND p.value = NEW.value
              AND p.reason = NEW.reason AND p.proposed_by = NEW.set_by AND d.decided_by = NEW.confirmed_by
              AND NEW.valid_from = coalesce(p.valid_from, d.decided_at) AND NEW.set_at = d.decided_at
              AND ((p.proposed_by <> d.decided_by AND NEW.solo = 0)
                   OR (NEW.solo = 1 AND EXISTS (
                       SELECT 1 FROM policy_in_force_row AS s
                        WHERE s.name = 'operators.solo' AND s.valid_from <= NEW.set_at
                          AND NEW.set_at >= p.proposed_at + s.solo_seconds * 1000000
                          AND NOT EXISTS (
                              SELECT 1 FROM policy_in_force_row AS later
                               WHERE later.name = s.name AND later.valid_from <= NEW.set_at
                                 AND (later.begins_at, later.version) > (s.begins_at, s.version))))));
    SELECT RAISE(ABORT, 'Nobody confirms what was never proposed.')
     WHERE NEW.proposal_id IS NULL AND (NEW.confirmed_by IS NOT NULL OR NEW.solo <> 0);
END;

CREATE TRIGGER policy_seal_not_updated BEFORE UPDATE ON policy_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER policy_seal_not_deleted BEFORE DELETE ON policy_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END;
CREATE TRIGGER policy_seal_next BEFORE INSERT ON policy_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_seal), 0) + 1
        OR NEW.first_id <> coalesce((SELECT max(last_id) FROM policy_seal), 0) + 1 OR NEW.last_id < NEW.first_id;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'version' AND row_id = NEW.last_id);
END;

CREATE TRIGGER policy_proposal_not_updated BEFORE UPDATE ON policy_proposal
BEGIN SELECT RAISE(ABORT, 'A proposal is never changed: withdraw it, and make another.'); END;
CREATE TRIGGER policy_proposal_not_deleted BEFORE DELETE ON policy_proposal
BEGIN SELECT RAISE(ABORT, 'A proposal is withdrawn, never taken out.'); END;
CREATE TRIGGER policy_proposal_next BEFORE INSERT ON policy_proposal
BEGIN
    SELECT RAISE(ABORT, 'A proposal is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_proposal), 0) + 1
        OR NEW.version <> coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0) + 1;
    SELECT RAISE(ABORT, 'A proposal is not whole.')
     WHERE NEW.name = '' OR NEW.proposed_by = '' OR NEW.reason = '' OR NEW.value NOT GLOB '{*}';
    SELECT RAISE(ABORT, 'This policy has a proposal that nobody has decided on.')
     WHERE EXISTS (SELECT 1 FROM policy_proposal AS p
                    WHERE p.name = NEW.name
                      AND NOT EXISTS (SELECT 1 FROM policy_decision AS d WHERE d.proposal_id = p.id));
    SELECT RAISE(ABORT, 'A proposal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'proposal' AND row_id = NEW.id);
END;

CREATE TRIGGER policy_decision_not_updated BEFORE UPDATE ON policy_decision
BEGIN SELECT RAISE(ABORT, 'What was decided on a proposal is never changed.'); END;
CREATE TRIGGER policy_decision_not_deleted BEFORE DELETE ON policy_decision
BEGIN SELECT RAISE(ABORT, 'What was decided on a proposal is never taken out.'); END;
CREATE TRIGGER policy_decision_next BEFORE INSERT ON policy_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision on a proposal is not the next one, or not whole.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_decision), 0) + 1
        OR NEW.verb NOT IN ('confirm', 'withdraw') OR NEW.decided_by = '';
    SELECT RAISE(ABORT, 'There is no such open proposal.')
     WHERE NOT EXISTS (SELECT 1 FROM policy_proposal WHERE id = NEW.proposal_id AND proposed_at <= NEW.decided_at)
        OR EXISTS (SELECT 1 FROM policy_decision WHERE proposal_id = NEW.proposal_id);
    SELECT RAISE(ABORT, 'A decision on a proposal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'decision' AND row_id = NEW.id);
END;
