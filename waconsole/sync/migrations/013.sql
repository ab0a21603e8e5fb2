-- A member is a thing to be told of too: who ends marketing in WhatsApp's own settings does it unseen.
ALTER TABLE notice DROP COLUMN subject;
ALTER TABLE notice ADD COLUMN subject TEXT NOT NULL DEFAULT 'account'
    CHECK (subject IN ('template', 'account', 'number', 'group', 'request', 'error', 'member'));
