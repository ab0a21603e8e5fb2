-- Who was erased is nobody that is asked about: found without looking at everybody.
CREATE INDEX member_erased ON member (id) WHERE erased_at IS NOT NULL;
CREATE VIEW erased_member AS SELECT id FROM member WHERE erased_at IS NOT NULL;
