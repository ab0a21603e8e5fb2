-- What a group is called, says of itself, how it lets people in and its link are told apart, late and in any order:
-- each has the instant of the latest word about it.
ALTER TABLE "group" ADD COLUMN subject_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "group" ADD COLUMN description_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "group" ADD COLUMN approval_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "group" ADD COLUMN link_told_at INTEGER NOT NULL DEFAULT 0;
UPDATE "group"
   SET subject_told_at = settings_told_at, description_told_at = settings_told_at, approval_told_at = settings_told_at;
