"""Posts of ours in groups, counted. Reads only."""

from __future__ import annotations

from waconsole.database.connection import Row, Transaction


def posts(tx: Transaction, outgoing_id: int, *, since: int) -> Row | None:
    """(name, today) of the group that a message is for: how many were posted or wait since then, up to that one.

    None where it goes to no group, quotes something, or is a reaction.
    """
    return tx.one(
        """
        SELECT g.name,
               1 + (SELECT count(*) FROM visible_outgoing AS s
                     WHERE s.conversation_id = o.conversation_id AND s.id <> o.id AND s.written_at >= :since
                       AND s.answers_id IS NULL AND s.kind <> 'reaction'
                       AND (s.state IN ('sending', 'accepted', 'unknown', 'closed')
                            OR (s.id < o.id AND s.state IN ('scheduled', 'queued', 'held')))) AS today
          FROM outgoing AS o
          JOIN conversation AS c ON c.id = o.conversation_id
          JOIN "group" AS g ON g.id = c.group_id
         WHERE o.id = :id AND o.answers_id IS NULL AND o.kind <> 'reaction'
        """,
        {"id": outgoing_id, "since": since},
    )
