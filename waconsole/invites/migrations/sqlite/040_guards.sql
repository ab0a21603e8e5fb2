-- Nobody is asked again within 30 days, whatever the group, the play or who asks, and by whichever of their merged rows
-- (mission INV-06 and TIM-08: the memory is no setting).
CREATE TRIGGER group_invitation_once BEFORE INSERT ON group_invitation
WHEN EXISTS (SELECT 1
               FROM member_root AS n
               JOIN member_root AS o ON o.root_id = n.root_id
               JOIN group_invitation AS i ON i.member_id = o.id
              WHERE n.id = NEW.member_id AND i.withdrawn = 0
                AND abs(NEW.invited_at - i.invited_at) < 2592000000000)
BEGIN
    SELECT RAISE(ABORT, 'Nobody is asked into a group again within 30 days.');
END;

-- What was asked stays asked; only what has not left can be taken back, and for good.
-- REPLACE takes rows out silently with recursive_triggers off.
CREATE TRIGGER group_invitation_next BEFORE INSERT ON group_invitation
WHEN EXISTS (SELECT 1 FROM group_invitation
              WHERE id = NEW.id OR ref = NEW.ref OR outgoing_id = NEW.outgoing_id)
BEGIN
    SELECT RAISE(ABORT, 'This invitation is there already.');
END;

CREATE TRIGGER group_invitation_stays BEFORE UPDATE ON group_invitation
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.group_id <> OLD.group_id OR NEW.member_id <> OLD.member_id
  OR NEW.play <> OLD.play OR NEW.channel <> OLD.channel OR NEW.round <> OLD.round OR NEW.outgoing_id <> OLD.outgoing_id
  OR NEW.operator_id <> OLD.operator_id OR NEW.invited_at <> OLD.invited_at
  OR (NEW.withdrawn <> OLD.withdrawn
      AND (OLD.withdrawn = 1
           OR (SELECT state FROM outgoing WHERE id = OLD.outgoing_id) IS NOT 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'An invitation stays as it was asked; only one that has not left is taken back.');
END;

CREATE TRIGGER group_invitation_kept BEFORE DELETE ON group_invitation
BEGIN
    SELECT RAISE(ABORT, 'An invitation is never taken out.');
END;
