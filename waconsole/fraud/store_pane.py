"""What the fraud pane lists: items by how they stand, in the order of what is at stake, and what stands above them. Reads only."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.fraud import store_reviews
from waconsole.fraud.stakes import Amounts
from waconsole.fraud.store_reviews import Item

ITEMS_MAX: Final = 1_000_000
RULES_MAX: Final = 50
RULES_OF_AN_ITEM_MAX: Final = 6
ROUNDS_MAX: Final = 100  # of going on from item to item to those that hang together
WAITING, MINE, ESCALATED, SNOOZED, FROZEN, DECIDED, ALL = (
    "waiting", "mine", "escalated", "snoozed", "frozen", "decided", "all",
)  # fmt: skip
TABS: Final = (WAITING, MINE, ESCALATED, SNOOZED, FROZEN, DECIDED, ALL)
BY_DECISION: Final = frozenset({FROZEN, DECIDED, ALL})
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_MONEY: Final = (
    "CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END"
)
_MINOR: Final = (
    "CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END"
)


class ItemView(NamedTuple):
    """One row of the list. `people` counts persons, `rules` are those that speak for it, the heaviest first, `counters`
    those against; `proposed` is an outcome that `proposed_by` wants and another operator has to confirm; `name` and
    `phone` are the first person's.
    """

    item: Item
    people: int
    rules: tuple[str, ...]
    counters: tuple[str, ...]
    proposed: str
    proposed_by: str
    decided_by: str
    frozen: int
    blocked: int
    name: str
    phone: str | None


def is_in(item: Item, tab: str, operator_id: int, *, now: int) -> bool:
    """Whether an item stands in a tab; `operator_id` is whose tab `mine` is."""
    if tab == WAITING:
        return item.is_waiting(now)
    if tab == MINE:
        return item.state != DECIDED and item.taken_by_id == operator_id
    if tab == SNOOZED:
        return item.state == SNOOZED and not item.is_waiting(now)
    if tab == FROZEN:
        return item.state == DECIDED and item.outcome == "freeze"
    return tab == ALL or item.state == tab


def items(tx: Transaction, tab: str, operator_id: int, *, now: int) -> list[Item]:
    """The items of a tab, oldest first."""
    is_decided = None if tab == ALL else tab in BY_DECISION
    found = store_reviews.items(tx, now=now, is_decided=is_decided)
    return [one for one in found if is_in(one, tab, operator_id, now=now)]


def counts(tx: Transaction, operator_id: int, *, now: int) -> dict[str, int]:
    """How many items stand in each tab."""
    found = dict.fromkeys(TABS, 0)
    rows = tx.execute(
        """
        SELECT v.state, v.state = 'snoozed' AND v.snoozed_until <= :now AS is_back, coalesce(d.outcome, ''), count(*)
          FROM review AS v
          LEFT JOIN review_decision AS d ON d.id = v.decision_id
         WHERE v.state = 'decided' OR v.gone_at IS NULL
         GROUP BY 1, 2, 3
        """,
        {"now": now},
    )
    for state, is_back, outcome, count in rows:
        found[ALL] += count
        found[WAITING if state == "open" or is_back else state] += count
        if state == DECIDED and outcome == "freeze":
            found[FROZEN] += count
    found[MINE] = int(
        tx.value(
            """
            SELECT count(*) FROM lease AS l JOIN review AS v ON v.id = l.object_id
             WHERE l.object_kind = 'review' AND l.expires_at > :now AND l.operator_id = :operator
               AND v.state <> 'decided' AND v.gone_at IS NULL
            """,
            {"now": now, "operator": operator_id},
        )
    )
    return found


def held(tx: Transaction, ids: Collection[int]) -> dict[int, Amounts]:
    """What waits for each of these items, by currency; those for which nothing waits are left out."""
    found: dict[int, Amounts] = {}
    rows = tx.execute(
        f"""
        SELECT i.review_id, {_MONEY} AS money, sum({_MINOR})
          FROM review_invite AS i
          JOIN invite_reward AS w ON w.invite_id = i.invite_id
         WHERE i.review_id {_AMONG} AND w.state = 'pending'
         GROUP BY i.review_id, money
         LIMIT :limit
        """,
        {"ids": json.dumps(list(ids)), "limit": ITEMS_MAX},
    )
    for review_id, money, minor in rows:
        if money not in ("", "days"):  # days of membership are no money
            found.setdefault(review_id, {})[money] = minor
    return found


def views(tx: Transaction, ids: Sequence[int], *, now: int) -> list[ItemView]:
    """Items as rows, in the order of `ids`; what is gone is left out."""
    people = _people(tx, ids)
    more = {
        row["id"]: row
        for row in tx.rows(
            f"""
            SELECT v.id, coalesce(p.outcome, '') AS proposed, coalesce(a.name, '') AS proposed_by,
                   coalesce(o.name, d.rule, '') AS decided_by,
                   (SELECT group_concat(s.rule) FROM (SELECT rule FROM signal WHERE review_id = v.id AND weight >= 0
                                                       ORDER BY weight DESC, rule LIMIT :rules) AS s) AS rules,
                   (SELECT group_concat(s.rule) FROM (SELECT rule FROM signal WHERE review_id = v.id AND weight < 0
                                                       ORDER BY weight, rule LIMIT :rules) AS s) AS counters,
                   (SELECT count(*) FROM standing WHERE review_id = v.id AND kind = 'frozen' AND ended_at IS NULL) AS frozen,
                   (SELECT count(*) FROM standing WHERE review_id = v.id AND kind = 'blocked' AND ended_at IS NULL) AS blocked
              FROM review AS v
              LEFT JOIN review_decision AS d ON d.id = v.decision_id
              LEFT JOIN operator AS o ON o.id = d.operator_id
              LEFT JOIN review_decision AS p
                ON p.is_proposal = 1 AND p.stamp = v.stamp
               AND p.id = (SELECT max(s.id) FROM review_decision_standing AS s
                            WHERE s.review_id = v.id AND s.outcome <> 'ask')
              LEFT JOIN operator AS a ON a.id = p.operator_id
             WHERE v.id {_AMONG}
             LIMIT :limit
            """,
            {"ids": json.dumps(list(ids)), "limit": ITEMS_MAX, "rules": RULES_OF_AN_ITEM_MAX},
        )
    }
    found: list[ItemView] = []
    for key in ids:
        item, row = store_reviews.item_by_id(tx, key, now=now), more.get(key)
        if item is None or row is None:
            continue
        count, name, phone = people.get(key, (0, "", None))
        found.append(
            ItemView(
                item, count, _split(row["rules"]), _split(row["counters"]), row["proposed"], row["proposed_by"],
                row["decided_by"], row["frozen"], row["blocked"], name, phone,
            )
        )  # fmt: skip
    return found


def _split(rules: str | None) -> tuple[str, ...]:
    return tuple(rules.split(",")) if rules else ()


def _people(tx: Transaction, ids: Sequence[int]) -> dict[int, tuple[int, str, str | None]]:
    """(persons, the first one's name, their number) of each item."""
    rows = tx.rows(
        f"""
        SELECT g.review_id, g.count, m.name, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM (SELECT p.review_id, count(DISTINCT r.root_id) AS count, r.root_id, min(p.place)
                  FROM review_member AS p JOIN member_root AS r ON r.id = p.member_id
                 WHERE p.review_id {_AMONG}
                 GROUP BY p.review_id) AS g
          JOIN member AS m ON m.id = g.root_id
         LIMIT :limit
        """,
        {"ids": json.dumps(list(ids)), "limit": ITEMS_MAX},
    )
    return {row["review_id"]: (row["count"], row["name"], row["phone"]) for row in rows}


def present(tx: Transaction, ids: Collection[int]) -> set[int]:
    """Those of these items that are still there: decided on, or found by the last sweep."""
    rows = tx.rows(
        f"SELECT id FROM review WHERE id {_AMONG} AND (state = 'decided' OR gone_at IS NULL) LIMIT :limit",
        {"ids": json.dumps(list(ids)), "limit": ITEMS_MAX},
    )
    return {row["id"] for row in rows}


def among(tx: Transaction, within: str, parameters: Mapping[str, object]) -> set[int]:
    """The items that a condition selects."""
    return {row[0] for row in tx.execute(within, parameters)}


def connected(tx: Transaction, review_id: int) -> array[int]:
    """Every undecided item that hangs together with one, however far, and the item itself."""
    seen, fresh = {review_id}, {review_id}
    for _round in range(ROUNDS_MAX):
        fresh = store_reviews.beside(tx, sorted(fresh)) - seen
        if not fresh:
            break
        seen |= fresh
    return array("q", sorted(seen))


def traffic(tx: Transaction, *, since: int) -> list[tuple[str, int]]:
    """(rule, how many items it spoke for) of what was found since an instant, the busiest first."""
    rows = tx.rows(
        """
        SELECT rule, count(*) FROM signal WHERE found_at >= :since AND weight >= 0
         GROUP BY rule ORDER BY count(*) DESC, rule LIMIT :limit
        """,
        {"since": since, "limit": RULES_MAX},
    )
    return [(row[0], row[1]) for row in rows]


def id_named(tx: Transaction, ref: str) -> int | None:
    """The id of the item called `ref`, or None."""
    found = tx.value("SELECT id FROM review WHERE ref = ?", (ref,))
    return None if found is None else int(found)
