"""What the evidence panel shows beside an item: its invites, what its people share, what happened when, how others like it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

INVITES_MAX: Final = 2_000
EVENTS_MAX: Final = 2_000
LINKED_MAX: Final = 2_000
CARRIERS_MAX: Final = 100_000
PRECEDENTS_MAX: Final = 10_000
ATTRIBUTES: Final = ("address", "payment", "device")
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def invites(tx: Transaction, review_id: int) -> list[Row]:
    """(ref, referrer_id, invitee_id, invited_at, arrived_at, channel, refusal, address, payment, device, programme)."""
    return tx.rows(
        """
        SELECT e.ref, e.referrer_id, e.invitee_id, e.invited_at, e.arrived_at, e.channel, e.refusal, e.address, e.payment,
               e.device, p.name AS programme
          FROM review_invite AS i
          JOIN invite_edge AS e ON e.id = i.invite_id
          JOIN known_programme AS p ON p.id = e.programme_id
         WHERE i.review_id = :review
         ORDER BY e.invited_at, e.id
         LIMIT :limit
        """,
        {"review": review_id, "limit": INVITES_MAX},
    )


def among(tx: Transaction, root_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(referrer, invitee) of every invite between these people, whatever programme it is of."""
    rows = tx.rows(
        f"""
        SELECT DISTINCT referrer_id, invitee_id FROM invite_edge
         WHERE referrer_id {_AMONG} AND invitee_id {_AMONG}
         LIMIT :limit
        """,
        {"ids": json.dumps(list(root_ids)), "limit": INVITES_MAX},
    )
    return [(row["referrer_id"], row["invitee_id"]) for row in rows]


def carried(tx: Transaction, root_ids: Sequence[int]) -> list[Row]:
    """(attribute, value, root_id) of what these people carry, by their invites and by themselves."""
    parts = " UNION ".join(
        f"""
        SELECT '{one}' AS attribute, {one} AS value, invitee_id AS root_id FROM invite_edge
         WHERE invitee_id {_AMONG} AND {one} <> ''
         UNION SELECT '{one}', {one}, id FROM member WHERE id {_AMONG} AND {one} <> ''
        """
        for one in ATTRIBUTES
    )
    return tx.rows(
        f"SELECT attribute, value, root_id FROM ({parts}) ORDER BY attribute, value, root_id LIMIT :limit",
        {"ids": json.dumps(list(root_ids)), "limit": LINKED_MAX},
    )


def carriers(tx: Transaction, attribute: str, values: Sequence[str]) -> list[Row]:
    """(value, root_id, ref, phone) of everybody who carries one of these values."""
    assert attribute in ATTRIBUTES
    return tx.rows(
        f"""
        SELECT c.value, m.id AS root_id, m.ref, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM (SELECT {attribute} AS value, invitee_id AS root_id FROM invite_edge
                 WHERE {attribute} IN (SELECT value FROM json_each(:values))
                 UNION
                SELECT o.{attribute}, r.root_id FROM member AS o JOIN member_root AS r ON r.id = o.id
                 WHERE o.{attribute} IN (SELECT value FROM json_each(:values))) AS c
          JOIN member AS m ON m.id = c.root_id
         ORDER BY c.value, m.id LIMIT :limit
        """,
        {"values": json.dumps(list(values)), "limit": CARRIERS_MAX},
    )


def events(tx: Transaction, review_id: int, root_ids: Sequence[int]) -> list[Row]:
    """(at, kind, ref, root_id, other_id, minor, currency, says) of all that happened, by when it happened."""
    return tx.rows(
        f"""
        SELECT e.invited_at AS at, 'invited' AS kind, e.ref, e.referrer_id AS root_id, e.invitee_id AS other_id, NULL AS minor,
               '' AS currency, e.channel AS says
          FROM review_invite AS i JOIN invite_edge AS e ON e.id = i.invite_id WHERE i.review_id = :review
         UNION ALL
        SELECT e.arrived_at, 'joined', e.ref, e.invitee_id, e.referrer_id, NULL, '', e.channel
          FROM review_invite AS i JOIN invite_edge AS e ON e.id = i.invite_id
         WHERE i.review_id = :review AND e.arrived_at IS NOT NULL
         UNION ALL
        SELECT o.ordered_at, 'ordered', o.reference, o.member_id, NULL, o.total_minor, o.currency, ''
          FROM visible_order AS o WHERE o.member_id {_AMONG}
         UNION ALL
        SELECT f.refunded_at, 'refunded', f.reference, f.member_id, NULL, f.amount_minor, f.currency, ''
          FROM visible_refund AS f WHERE f.member_id {_AMONG}
         UNION ALL
        SELECT s.began_at, s.kind, '', r.root_id, NULL, NULL, '', s.rule
          FROM standing AS s JOIN member_root AS r ON r.id = s.member_id WHERE s.review_id = :review
         UNION ALL
        SELECT d.decided_at, 'decided', d.ref, NULL, NULL, NULL, '', d.outcome || ' ' || d.reason
          FROM review_decision AS d WHERE d.review_id = :review
         ORDER BY 1, 2, 3
         LIMIT :limit
        """,
        {"review": review_id, "ids": json.dumps(list(root_ids)), "limit": EVENTS_MAX},
    )


def precedents(tx: Transaction, kind: str, review_id: int) -> list[Row]:
    """(ref, outcome, reason, decided_at, by) of decided items of a kind, the newest first."""
    return tx.rows(
        """
        SELECT v.ref, d.outcome, d.reason, d.decided_at, coalesce(o.name, d.rule) AS by
          FROM review AS v
          JOIN review_decision AS d ON d.id = v.decision_id
          LEFT JOIN operator AS o ON o.id = d.operator_id
         WHERE v.kind = :kind AND v.state = 'decided' AND v.id <> :review
         ORDER BY d.id DESC
         LIMIT :limit
        """,
        {"kind": kind, "review": review_id, "limit": PRECEDENTS_MAX},
    )
