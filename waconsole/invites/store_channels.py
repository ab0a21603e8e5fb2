"""What is counted of each way of coming in. Reads only.

An attempt is an invite (whatever became of it; not of oneself) or an invitation to a group. Somebody who came counts for
one channel: that of the earliest attempt of those they came after.
"""

from __future__ import annotations

from typing import Any, Final

from waconsole.database.connection import Row, Transaction

CHANNELS_MAX: Final = 10_000
COSTS_MAX: Final = 100_000
_ATTEMPT: Final = """
    attempt (person, channel, at, came_at, place) AS (
        SELECT e.invitee_id, e.channel, e.invited_at, CASE WHEN e.arrived_at <= :now THEN e.arrived_at END, e.id * 2
          FROM invite_edge AS e
         WHERE e.invited_at >= :since AND e.invited_at <= :now AND e.referrer_id <> e.invitee_id
           AND (:programme_id IS NULL OR e.programme_id = :programme_id)
         UNION ALL
        SELECT i.member_id, i.channel, i.invited_at, CASE WHEN s.joined_at <= :now THEN s.joined_at END, i.id * 2 + 1
          FROM known_invitation AS i LEFT JOIN membership AS s ON s.id = i.stay_id
         WHERE :programme_id IS NULL AND i.withdrawn = 0 AND i.invited_at >= :since AND i.invited_at <= :now)
"""
_CAME: Final = f"""
    WITH {_ATTEMPT},
    came (person, channel, at) AS (
        SELECT person, channel, at
          FROM (SELECT person, channel, at, row_number() OVER (PARTITION BY person ORDER BY at, place) AS n
                  FROM attempt WHERE came_at IS NOT NULL)
         WHERE n = 1)
"""


def _asked(since: int, now: int, programme_id: int | None, **more: Any) -> dict[str, Any]:
    return {"since": since, "now": now, "programme_id": programme_id, "limit": CHANNELS_MAX, **more}


def attempts(tx: Transaction, *, since: int, now: int, programme_id: int | None) -> list[Row]:
    """(channel, attempts, people) of everybody who was invited from `since` to `now`."""
    return tx.rows(
        f"""
        WITH {_ATTEMPT}
        SELECT channel, count(*) AS attempts, count(DISTINCT person) AS people
          FROM attempt GROUP BY channel ORDER BY channel LIMIT :limit
        """,
        _asked(since, now, programme_id),
    )


def joins(tx: Transaction, *, since: int, now: int, programme_id: int | None) -> list[Row]:
    """(channel, joins, orders, buyers): who came, and what they ordered since they were invited."""
    return tx.rows(
        f"""
        {_CAME}
        SELECT channel, count(*) AS joins, sum(orders) AS orders, sum(orders > 0) AS buyers
          FROM (SELECT c.channel, (SELECT count(*) FROM visible_order AS o
                                    WHERE o.member_id = c.person AND o.ordered_at >= c.at AND o.ordered_at <= :now) AS orders
                  FROM came AS c)
         GROUP BY channel ORDER BY channel LIMIT :limit
        """,
        _asked(since, now, programme_id),
    )


def leavers(tx: Transaction, *, since: int, now: int, programme_id: int | None, within: int) -> list[Row]:
    """(channel, stays, left): of those who came into a group, who left `within` of it; who is still in that time is not in."""
    return tx.rows(
        f"""
        {_CAME}
        SELECT channel, count(*) AS stays, sum(is_left) AS "left"
          FROM (SELECT c.channel, s.left_at IS NOT NULL AND s.left_at <= :now AND s.left_at - s.joined_at <= :within AS is_left,
                       s.joined_at
                  FROM came AS c
                  JOIN known_stay AS s
                    ON s.id = (SELECT f.id FROM known_stay AS f
                                WHERE f.member_id = c.person AND f.joined_at >= c.at AND f.joined_at <= :now
                                ORDER BY f.joined_at, f.id LIMIT 1))
         WHERE is_left OR joined_at + :within < :now
         GROUP BY channel ORDER BY channel LIMIT :limit
        """,
        _asked(since, now, programme_id, within=within),
    )


def given(tx: Transaction, *, since: int, now: int, programme_id: int | None) -> list[Row]:
    """(channel, is_coupon, currency, minor): rewards that were paid, and coupons that were used, at what each cost us."""
    return tx.rows(
        """
        SELECT e.channel, w.kind = 'coupon' AS is_coupon, w.cost_currency AS currency, sum(w.cost_minor) AS minor
          FROM invite_edge AS e
          JOIN reward AS w ON w.invite_id = e.id
          LEFT JOIN coupon AS c ON c.id = w.coupon_id
         WHERE e.invited_at >= :since AND e.invited_at <= :now AND w.cost_currency NOT IN ('', 'days')
           AND (:programme_id IS NULL OR e.programme_id = :programme_id)
           AND CASE WHEN w.kind = 'coupon' THEN coalesce(c.state, w.state) = 'redeemed'
                    ELSE w.state IN ('posted', 'issued', 'redeemed') END
         GROUP BY e.channel, is_coupon, w.cost_currency
        HAVING sum(w.cost_minor) > 0
         ORDER BY e.channel, is_coupon, w.cost_currency LIMIT :limit
        """,
        _asked(since, now, programme_id),
    )


def messages(tx: Transaction, *, since: int, now: int) -> list[Row]:
    """(channel, currency, minor, unpriced) of invitations that were sent, at the price WhatsApp told."""
    return tx.rows(
        """
        SELECT i.channel, coalesce(o.price_currency, '') AS currency, coalesce(sum(o.price_minor), 0) AS minor,
               sum(o.price_minor IS NULL) AS unpriced
          FROM known_invitation AS i
          JOIN outgoing AS o ON o.id = i.outgoing_id
         WHERE i.withdrawn = 0 AND i.invited_at >= :since AND i.invited_at <= :now AND o.state = 'accepted'
           AND o.driver <> 'human'
         GROUP BY i.channel, currency ORDER BY i.channel, currency LIMIT :limit
        """,
        {"since": since, "now": now, "limit": CHANNELS_MAX},
    )


def costs(tx: Transaction, *, since: int, now: int) -> list[Row]:
    """(kind, currency, minor) of what a costs file told was spent from `since` to `now`."""
    return tx.rows(
        """
        SELECT kind, currency, sum(amount_minor) AS minor FROM visible_cost
         WHERE spent_at >= :since AND spent_at <= :now
         GROUP BY kind, currency ORDER BY kind, currency LIMIT :limit
        """,
        {"since": since, "now": now, "limit": COSTS_MAX},
    )
