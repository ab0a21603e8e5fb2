-- Who was asked to come into a group: by whom, which play and channel, in which message. What came of it is read from
-- the stays of the group. A round is one act of asking.
CREATE TABLE group_invitation (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    group_id     INTEGER NOT NULL REFERENCES "group" (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    play         TEXT    NOT NULL CHECK (play IN ('high_value', 'new', 'dormant', 'other')),
    channel      TEXT    NOT NULL CHECK (channel <> ''),
    round        TEXT    NOT NULL CHECK (round <> ''),
    outgoing_id  INTEGER NOT NULL UNIQUE REFERENCES outgoing (id),
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    inputs       TEXT    NOT NULL DEFAULT '{}',      -- JSON: what the play saw of the person, and its policies
    invited_at   INTEGER NOT NULL,
    withdrawn    INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)) -- taken back before it left: it never was
) STRICT;
CREATE INDEX group_invitation_member ON group_invitation (member_id, invited_at);
CREATE INDEX group_invitation_round ON group_invitation (group_id, invited_at, round);

-- An invitation that stands, of the person, with the first stay it led to.
CREATE VIEW known_invitation AS
SELECT i.id, i.ref, i.group_id, r.root_id AS member_id, i.play, i.channel, i.round, i.outgoing_id, i.operator_id,
       i.inputs, i.invited_at, i.withdrawn,
       (SELECT s.id
          FROM member_root AS o
         CROSS JOIN membership AS s  -- by the person first: a group has more people than a person has groups
         WHERE o.root_id = r.root_id AND s.member_id = o.id AND s.group_id = i.group_id AND s.joined_at >= i.invited_at
           AND i.withdrawn = 0
         ORDER BY s.joined_at, s.id LIMIT 1) AS stay_id
  FROM group_invitation AS i
  JOIN member_root AS r ON r.id = i.member_id;
