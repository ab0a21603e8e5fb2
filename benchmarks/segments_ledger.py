"""The baseline's members, orders and events as rows of a ledger: the same arrays, so that every count must be equal.

Written as the imports write them, in one transaction each: what is measured is the asking. Kinds of events are clicks,
pushes, carts and messages; who shares a device in the baseline stands in one undecided item of the review desk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from waconsole.clock import SECOND

LANGUAGES: Final = ("en", "fr", "pt-BR", "ja", "de")
CART_STATES: Final = ("open", "abandoned", "recovered")
CURRENCY: Final = "HKD"


def write(connection: sqlite3.Connection, people: Any, orders: Any, events: Any) -> None:
    """Write all of it. `people`, `orders` and `events` are dicts of arrays, as the baseline's `gen.arrays` makes them."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("BEGIN")
    _people(connection, people)
    _orders(connection, orders)
    _events(connection, events)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")


def _people(connection: sqlite3.Connection, people: Any) -> None:
    rows = list(zip(people["lang"].tolist(), people["vip"].tolist(), strict=True))
    connection.executemany(
        "INSERT INTO member (id, ref, language, origin, added_at) VALUES (?, ?, ?, 'import', 0)",
        ((place, f"m{place}", LANGUAGES[lang]) for place, (lang, _) in enumerate(rows, 1)),
    )
    connection.executemany(
        "INSERT INTO alias (member_id, kind, value, folded, origin) VALUES (?, 'phone', ?, ?, 'import')",
        (
            (place, number, number)
            for place in range(1, len(rows) + 1)
            for number in (f"+81{9_000_000_000 + place}",)
        ),
    )
    connection.executemany(
        "INSERT INTO own_tag (member_id, name, tagged_at) VALUES (?, 'vip', 0)",
        ((place,) for place, (_, vip) in enumerate(rows, 1) if vip),
    )
    connection.execute(
        "INSERT INTO review (id, ref, kind, state, happened_at, found_at) VALUES (1, 'v', 'ring', 'open', 0, 0)"
    )
    devices: dict[int, list[int]] = {}
    for place, device in enumerate(people["dev"].tolist(), 1):
        devices.setdefault(device, []).append(place)
    connection.executemany(
        "INSERT INTO review_member (review_id, member_id) VALUES (1, ?)",
        ((place,) for places in devices.values() if len(places) > 1 for place in places),
    )


def _orders(connection: sqlite3.Connection, orders: Any) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        names = ("contact", "ts", "cat", "amount", "coupon")
        return zip(*(orders[name].tolist() for name in names), strict=True)

    connection.executemany(
        'INSERT INTO "order" (id, reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)'
        " VALUES (?, ?, ?, ?, ?, ?, 'import', 0)",
        (
            (place, f"R{place}", who, at * SECOND, CURRENCY, amount)
            for place, (who, at, _, amount, _) in enumerate(rows(), 1)
        ),
    )
    connection.executemany(
        "INSERT INTO order_line (order_id, category, product, coupon, quantity, unit_price_minor)"
        " VALUES (?, ?, ?, ?, 1, ?)",
        (
            (place, f"c{category}", f"P{category}", "C" if coupon else "", amount)
            for place, (_, _, category, amount, coupon) in enumerate(rows(), 1)
        ),
    )


def _events(connection: sqlite3.Connection, events: Any) -> None:
    """The unique indexes of the imports would take out a second event of one second: they are not what is measured."""
    for index in ("click_fact", "cart_fact", "elsewhere_push_fact", "elsewhere_message_fact"):
        connection.execute(f"DROP INDEX {index}")
    wanted = (
        (1, "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (?, ?, ?, 0)"),
        (2, "INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at) VALUES (?, ?, ?, 0)"),
        (3, "INSERT INTO cart (member_id, changed_at, state, recorded_at) VALUES (?, ?, ?, 0)"),
        (4, "INSERT INTO elsewhere_message (member_id, said_at, group_id, recorded_at) VALUES (?, ?, ?, 0)"),
    )
    for kind, sql in wanted:
        which = events["kind"] == kind
        rows = zip(*(events[name][which].tolist() for name in ("contact", "ts", "cat")), strict=True)
        connection.executemany(sql, ((who, at * SECOND, _word(kind, category)) for who, at, category in rows))


def _word(kind: int, category: int) -> str | None:
    if kind == 1:
        return f"c{category}"
    if kind == 2:
        return "marketing"
    return CART_STATES[category % len(CART_STATES)] if kind == 3 else None
