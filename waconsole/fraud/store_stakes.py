"""What of rewards and programmes hangs on items, read through the views of whoever keeps them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.fraud.stakes import Amounts, Stakes, added, worst_of
from waconsole.policy import store as policy

PROGRAMME: Final = "invites.programme."
INVITES_MAX: Final = 1_000_000
IDS_AT_ONCE: Final = 10_000
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def stakes(tx: Transaction, review_ids: Sequence[int], *, now: int) -> dict[int, Stakes]:
    """What hangs on each of these items: (held, paid, worst)."""
    held, paid = _rewards(tx, review_ids)
    worst = _worst(tx, review_ids, now=now)
    found: dict[int, Stakes] = {}
    for one in review_ids:
        known = added(held[one], paid[one])
        most = {
            currency: max(worst[one].get(currency, 0), known.get(currency, 0))
            for currency in worst[one].keys() | known.keys()
        }
        found[one] = Stakes(held[one], paid[one], most)
    return found


def paid(tx: Transaction, review_ids: Sequence[int]) -> dict[int, Amounts]:
    """What was given by the invites of each of these items."""
    return _rewards(tx, review_ids)[1]


def held_together(tx: Transaction, review_ids: Sequence[int]) -> Amounts:
    """What is held by any of these items; a reward that two of them hold counts once."""
    return _together(tx, review_ids, "pending")


def given_together(tx: Transaction, review_ids: Sequence[int]) -> Amounts:
    """What was given by any of these items and can be taken back; a code that was used cannot."""
    return added(_together(tx, review_ids, "posted"), _together(tx, review_ids, "issued"))


def _together(tx: Transaction, review_ids: Sequence[int], state: str) -> Amounts:
    ids = {"ids": json.dumps(list(review_ids)), "state": state, "limit": INVITES_MAX}
    rows = tx.rows(
        f"""
        SELECT CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END AS money,
               sum(CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END) AS minor
          FROM invite_reward AS w
         WHERE w.state = :state AND w.invite_id IN (SELECT invite_id FROM review_invite WHERE review_id {_AMONG})
         GROUP BY money
         LIMIT :limit
        """,
        ids,
    )
    return {row["money"]: row["minor"] for row in rows if _is_counted(row["money"])}


def _rewards(
    tx: Transaction, review_ids: Sequence[int]
) -> tuple[defaultdict[int, Amounts], defaultdict[int, Amounts]]:
    held: defaultdict[int, Amounts] = defaultdict(dict)
    paid: defaultdict[int, Amounts] = defaultdict(dict)
    rows = _many(
        tx,
        f"""
        SELECT i.review_id, w.state = 'pending' AS waits,
               CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END AS money,
               sum(CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END) AS minor
          FROM review_invite AS i
          JOIN invite_reward AS w ON w.invite_id = i.invite_id
         WHERE i.review_id {_AMONG} AND w.state IN ('pending', 'posted', 'issued', 'redeemed')
         GROUP BY i.review_id, waits, money
         LIMIT :limit
        """,
        review_ids,
    )
    for row in rows:
        if _is_counted(row["money"]):
            into = (held if row["waits"] else paid)[row["review_id"]]
            into[row["money"]] = into.get(row["money"], 0) + row["minor"]
    return held, paid


def _is_counted(currency: str) -> bool:
    """Days of membership are no money and no points."""
    return currency not in ("", "days")


def _worst(tx: Transaction, review_ids: Sequence[int], *, now: int) -> defaultdict[int, Amounts]:
    counts: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    rows = _many(
        tx,
        f"""
        SELECT i.review_id, p.name, e.referrer_id, count(*) AS count
          FROM review_invite AS i
          JOIN invite_edge AS e ON e.id = i.invite_id
          JOIN known_programme AS p ON p.id = e.programme_id
         WHERE i.review_id {_AMONG} AND e.refusal = ''
         GROUP BY i.review_id, p.name, e.referrer_id
         LIMIT :limit
        """,
        review_ids,
    )
    for row in rows:
        counts[row["review_id"], row["name"]][row["referrer_id"]] = row["count"]
    terms: dict[str, dict[str, Any]] = {}
    found: defaultdict[int, Amounts] = defaultdict(dict)
    for (review_id, name), by_referrer in counts.items():
        if name not in terms:
            terms[name] = _terms(tx, name, now=now)
        found[review_id] = added(found[review_id], worst_of(terms[name], by_referrer))
    return found


def _terms(tx: Transaction, name: str, *, now: int) -> dict[str, Any]:
    try:
        value = policy.in_force(tx, f"{PROGRAMME}{name}", now=now)[0]
    except NotFound:
        return {}
    return value if isinstance(value, dict) else {}


def _many(tx: Transaction, sql: str, review_ids: Sequence[int]) -> Iterator[Any]:
    for start in range(0, len(review_ids), IDS_AT_ONCE):
        ids = json.dumps(list(review_ids[start : start + IDS_AT_ONCE]))
        yield from tx.rows(sql, {"ids": ids, "limit": INVITES_MAX})
