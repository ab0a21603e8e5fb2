-- What was set stays as it was: a tag's history says by which version it was put on.
CREATE TRIGGER tag_rule_changes_never BEFORE UPDATE ON tag_rule
BEGIN
    SELECT raise(ABORT, 'a version of a tag''s rule never changes');
END;

CREATE TRIGGER tag_rule_stays BEFORE DELETE ON tag_rule
BEGIN
    SELECT raise(ABORT, 'a version of a tag''s rule stays');
END;
