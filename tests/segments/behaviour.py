"""What members did, made at random: written into a ledger in memory, and kept as plain rows for a model that knows no SQL.

Instants lie on the edges of windows and a second beside them. One person is known in two rows, somebody was erased,
and some facts belong to an import that nobody may see yet.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND, parse_iso
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
ZONE: Final = ZoneInfo("Asia/Hong_Kong")
MIDNIGHTS: Final = tuple(
    parse_iso(text)
    for text in (
        "2026-11-25T16:00:00Z",
        "2026-11-22T16:00:00Z",
        "2026-10-31T16:00:00Z",
        "2026-11-09T16:00:00Z",
    )
)
"""Of today, of Monday, of the first and of 10 November, in Hong Kong."""
AGES: Final = (0, HOUR, 24 * HOUR, 36 * HOUR, *(days * DAY for days in (7, 14, 30, 60, 90, 180, 400)))
CATEGORIES: Final = ("sunscreen", "serum", "化粧水", "")
PRODUCTS: Final = ("spf50", "vitc", "gold", "")
OF_PRODUCT: Final = {"spf50": "sunscreen", "vitc": "serum"}
"""The shop's own list of products; gold stands in none."""
CURRENCIES: Final = ("HKD", "HKD", "JPY")
GROUPS: Final = ("Alpha", "Été 2")
PEOPLE: Final = 24
MERGED: Final = (PEOPLE, PEOPLE - 1)
"""The row of the first is one with that of the second."""
ERASED: Final = PEOPLE + 1
HIDDEN_RUN: Final = 7

Row = dict[str, Any]


@dataclass
class Facts:
    """What happened, by kind; `member` is the row it came under, `hidden` what belongs to an import that is not sealed."""

    orders: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    clicks: list[Row] = field(default_factory=list)
    carts: list[Row] = field(default_factory=list)
    pushes: list[Row] = field(default_factory=list)
    said: list[Row] = field(default_factory=list)
    invites: list[Row] = field(default_factory=list)
    reviewed: list[Row] = field(default_factory=list)


def instant(dice: random.Random) -> int:
    """On an edge of a window, a second beside it, or in between; now and then after now."""
    edges = (*(NOW - age for age in AGES), *MIDNIGHTS, NOW + 5 * SECOND)
    if dice.random() < 0.3:
        return NOW - dice.randrange(0, 200 * 86_400) * SECOND
    return dice.choice(edges) + dice.choice((-1, 0, 0, 1)) * SECOND


def made(seed: int) -> Facts:
    """Facts of `PEOPLE` members; nobody did nothing but the last ones."""
    dice = random.Random(seed)
    facts = Facts()
    who = range(1, PEOPLE - 3)

    def somebody() -> Row:
        member = (
            dice.choice((*who, MERGED[0], MERGED[1], ERASED)) if dice.random() < 0.2 else dice.choice(who)
        )
        return {"member": member, "hidden": dice.random() < 0.04}

    for place in range(130):
        one = somebody() | {
            "reference": f"O{place}",
            "at": instant(dice),
            "currency": dice.choice(CURRENCIES),
        }
        one["total"] = dice.choice((0, 1, 19_900, 19_901, 5_000, 100_000))
        one["lines"] = sorted({_line(dice) for _ in range(dice.choice((1, 1, 2, 3)))}, key=str)
        facts.orders.append(one)
        if one["total"] and dice.random() < 0.3:
            back = dice.choice((1, one["total"]))
            facts.refunds.append(
                {
                    "order": place,
                    "at": one["at"] + dice.choice((0, SECOND, DAY)),
                    "amount": back,
                    "hidden": False,
                }
            )
    for _ in range(120):
        one = somebody() | {"at": instant(dice), "category": dice.choice(CATEGORIES)}
        facts.clicks.append(one | {"product": dice.choice(PRODUCTS)})
    facts.carts += [
        somebody() | {"at": instant(dice), "state": dice.choice(("open", "abandoned", "recovered"))}
        for _ in range(60)
    ]
    facts.pushes += [
        somebody() | {"at": instant(dice), "purpose": dice.choice(("marketing", "utility"))}
        for _ in range(60)
    ]
    facts.said += [
        somebody() | {"at": instant(dice), "group": dice.choice((None, *GROUPS))} for _ in range(60)
    ]
    facts.invites += [somebody() | {"at": instant(dice), "invitee": dice.choice(who)} for _ in range(40)]
    facts.reviewed += [
        {
            "member": dice.choice(who),
            "at": instant(dice),
            "state": dice.choice(("open", "snoozed", "decided")),
        }
        for _ in range(6)
    ]
    return facts


def _line(dice: random.Random) -> tuple[str, str, str, int, int | None]:
    """category, product, coupon, quantity, unit price."""
    if dice.random() < 0.1:
        return "", "", "", 0, None
    price = dice.choice((None, 100, 333, 1_000, 99_999))
    return (
        dice.choice(CATEGORIES),
        dice.choice(PRODUCTS),
        dice.choice(("", "", "SAVE")),
        dice.choice((1, 2, 7)),
        price,
    )


@cache
def _image() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, catalogue.migrations())
    # Reviews and messages are written as they came to stand: how they came there is not asked about here.
    guards = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('review', 'review_member', 'outgoing', 'attempt')"
    for row in tx.rows(guards):
        tx.execute(f"DROP TRIGGER {row['name']}")
    connection.execute("COMMIT")
    return connection.serialize()


@contextmanager
def empty() -> Iterator[Transaction]:
    """A ledger in memory with every table and nothing in them."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image())
    connection.row_factory = sqlite3.Row
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def add_people(tx: Transaction, count: int = PEOPLE) -> None:
    """Members 1 to `count`, each with a number."""
    for one in range(1, count + 1):
        tx.execute(
            "INSERT INTO member (id, ref, origin, added_at) VALUES (?, ?, 'import', ?)",
            (one, f"m-{one}", NOW),
        )
        tx.execute(
            "INSERT INTO alias (member_id, kind, value, folded, origin) VALUES (?, 'phone', ?, ?, 'import')",
            (one, phone(one), phone(one)),
        )


def phone(member: int) -> str:
    """The number of a member."""
    return f"+8529{member:07}"


def write(tx: Transaction, facts: Facts) -> None:
    """Write facts of `made` into an empty ledger."""
    add_people(tx, PEOPLE + 1)
    tx.execute("INSERT INTO merge (member_id, into_id, merged_at) VALUES (?, ?, 0)", MERGED)
    tx.execute("UPDATE member SET merged_into = ?, one_since = 0 WHERE id = ?", (MERGED[1], MERGED[0]))
    tx.execute(
        "UPDATE alias SET member_id = ?, moved_from = ? WHERE member_id = ?",
        (MERGED[1], MERGED[0], MERGED[0]),
    )
    tx.execute("UPDATE member SET erased_at = ? WHERE id = ?", (NOW, ERASED))
    tx.execute(
        """
        INSERT INTO import_run (id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at)
        VALUES (?, 'run', 'orders', 'orders', 'f', 'x', 'open', 'w', 0, 0)
        """,
        (HIDDEN_RUN,),
    )
    for product, category in OF_PRODUCT.items():
        tx.execute(
            "INSERT INTO product (product, category, recorded_at) VALUES (?, ?, 0)", (product, category)
        )
    for place, name in enumerate(GROUPS, 1):
        tx.execute(
            "INSERT INTO \"group\" (id, ref, name, folded, driver, origin, added_at) VALUES (?, ?, ?, ?, 'human', 'import', 0)",
            (place, f"g-{place}", name, name.casefold()),
        )
    _bought(tx, facts)
    for one in facts.clicks:
        _row(tx, "click", one, clicked_at=one["at"], category=one["category"], product=one["product"])
    for one in facts.carts:
        _row(tx, "cart", one, changed_at=one["at"], state=one["state"])
    for one in facts.pushes:
        _row(tx, "elsewhere_push", one, sent_at=one["at"], purpose=one["purpose"])
    for one in facts.said:
        group_id = GROUPS.index(one["group"]) + 1 if one["group"] else None
        _row(tx, "elsewhere_message", one, said_at=one["at"], group_id=group_id)
    _invited(tx, facts)


def _run(one: Row) -> int:
    return HIDDEN_RUN if one["hidden"] else 0


def _row(tx: Transaction, table: str, one: Row, **values: object) -> None:
    row = {"member_id": one["member"], "recorded_at": NOW, "import_run_id": _run(one), **values}
    places = ", ".join(f":{name}" for name in row)
    found = tx.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({places})", row)
    one["is_twice"] = found.rowcount == 0


def _bought(tx: Transaction, facts: Facts) -> None:
    for place, one in enumerate(facts.orders, 1):
        tx.execute(
            "INSERT INTO \"order\" VALUES (?, ?, ?, ?, ?, ?, 'import', ?, ?)",
            (
                place,
                one["reference"],
                one["member"],
                one["at"],
                one["currency"],
                one["total"],
                NOW,
                _run(one),
            ),
        )
        for line in one["lines"]:
            tx.execute(
                """
                INSERT INTO order_line (order_id, category, product, coupon, quantity, unit_price_minor, import_run_id)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                (place, *line, _run(one)),
            )
    for place, one in enumerate(facts.refunds):
        tx.execute(
            """
            INSERT INTO refund (reference, refund_ref, refunded_at, amount, amount_minor, order_id, line, origin, recorded_at)
            VALUES (?, ?, ?, 'x', ?, ?, 1, 'import', ?)
            """,
            (f"O{one['order']}", f"R{place}", one["at"], one["amount"], one["order"] + 1, NOW),
        )


def _invited(tx: Transaction, facts: Facts) -> None:
    """Their programme is not asked about: there is none, and no key of this ledger is looked after."""
    for place, one in enumerate(facts.invites):
        tx.execute(
            """
            INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, channel, confidence, origin,
                                recorded_at, import_run_id)
            VALUES (?, 1, ?, ?, ?, ?, 'exact', 'import', ?, ?)
            """,
            (f"i-{place}", one["member"], one["invitee"], one["at"], str(place), NOW, _run(one)),
        )
    for place, one in enumerate(facts.reviewed, 1):
        tx.execute(
            "INSERT INTO review (id, ref, kind, state, happened_at, found_at) VALUES (?, ?, 'ring', ?, 0, ?)",
            (place, f"r-{place}", one["state"], one["at"]),
        )
        tx.execute("INSERT INTO review_member (review_id, member_id) VALUES (?, ?)", (place, one["member"]))
