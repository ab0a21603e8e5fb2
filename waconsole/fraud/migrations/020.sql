-- What a decision saw and what was said with it. The words stand beside the sealed row, as a salted hash in it, so that
-- they can be erased; `review_decision.note` stays empty.
ALTER TABLE review_decision ADD COLUMN state_before TEXT NOT NULL DEFAULT 'open';
ALTER TABLE review_decision ADD COLUMN until_at INTEGER;                     -- snoozed until then
ALTER TABLE review_decision ADD COLUMN inputs TEXT NOT NULL DEFAULT '[]';    -- JSON: [rule, version, weight, hash of its evidence]
ALTER TABLE review_decision ADD COLUMN rule_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE review_decision ADD COLUMN words_hash TEXT;
CREATE TABLE review_words (
    id    INTEGER PRIMARY KEY REFERENCES review_decision (id),
    salt  BLOB NOT NULL,
    words TEXT NOT NULL
) STRICT;

ALTER TABLE standing ADD COLUMN chain_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX standing_review ON standing (review_id, id);
CREATE INDEX standing_chain ON standing (chain_seq);
CREATE INDEX review_decision_chain ON review_decision (chain_seq);

-- What was written to somebody because of an item: once for each freeze and each question.
CREATE TABLE review_notice (
    id         INTEGER PRIMARY KEY,
    review_id  INTEGER NOT NULL REFERENCES review (id),
    member_id  INTEGER NOT NULL REFERENCES member (id),
    cause      TEXT    NOT NULL CHECK (cause IN ('freeze', 'ask')),
    cause_id   INTEGER NOT NULL,                 -- the standing that began, or the decision that asks
    outgoing   TEXT    NOT NULL,                 -- the outgoing row's ref; empty where nothing could be written
    said       TEXT    NOT NULL DEFAULT '',
    written_at INTEGER NOT NULL,
    UNIQUE (cause, cause_id, member_id)
) STRICT;

-- Whose eyes are the same: operators by the persons they are or ever were.
CREATE VIEW deciding_member AS
SELECT o.id AS operator_id, r.root_id
  FROM operator AS o
  JOIN member_root AS r ON r.id = o.member_id
 UNION
SELECT k.operator_id, r.root_id
  FROM operator_link AS k
  JOIN member_root AS r ON r.id = k.member_id;

-- Everybody an item is about: who it names, and who invited or came by its invites.
CREATE VIEW review_person AS
SELECT m.review_id, r.root_id
  FROM review_member AS m
  JOIN member_root AS r ON r.id = m.member_id
 UNION
SELECT i.review_id, e.referrer_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id
 UNION
SELECT i.review_id, e.invitee_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id;

-- Decisions that stand: no proposal, not undone, no undo themselves.
CREATE VIEW review_decision_standing AS
SELECT d.id, d.review_id, d.outcome, d.reason, d.stamp, d.until_at, d.operator_id, d.decided_at, d.is_proposal
  FROM review_decision AS d
 WHERE d.outcome <> 'undo'
   AND NOT EXISTS (SELECT 1 FROM review_decision AS u WHERE u.undoes_id = d.id);

-- How an item stands by the last of its decisions that says so. Evidence that grew since opens it again.
CREATE VIEW review_derived AS
SELECT v.id, coalesce(d.id, 0) AS decision_id,
       CASE WHEN d.id IS NULL OR d.outcome = 'appeal' THEN 'open'
            WHEN d.outcome = 'escalate' THEN 'escalated'
            WHEN d.outcome = 'snooze' THEN 'snoozed'
            WHEN d.stamp <> v.stamp THEN 'open'
            ELSE 'decided' END AS state,
       CASE WHEN d.outcome = 'snooze' THEN d.until_at END AS snoozed_until
  FROM review AS v
  LEFT JOIN review_decision AS d
    ON d.id = (SELECT max(s.id) FROM review_decision_standing AS s
                WHERE s.review_id = v.id AND s.is_proposal = 0 AND s.outcome <> 'ask');
