"""A crowd at random, with everything that makes a count go wrong: ties, merges, refunds, open imports, facts to come."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND, parse_iso
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate

NOW: Final = parse_iso("2026-11-26T12:00:00Z")
CATEGORIES: Final = ("", "serum", "sunscreen", "mask", ") or 1=1 --")
PRODUCTS: Final = ("", "P1", "P2", "P3", "P4")
CURRENCIES: Final = ("HKD", "EUR")
LANGUAGES: Final = ("", "pt", "pt-BR", "PT_br", "fr", "ja")
ZONES: Final = ("", "Europe/Paris", "Asia/Tokyo")
AGES: Final = (0, SECOND, HOUR, 36 * HOUR, DAY, 7 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY)
SEALED_RUN, OPEN_RUN = 1, 2


@cache
def _image() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("BEGIN")
    migrate(Transaction(connection, lambda: False), catalogue.migrations())
    connection.execute("COMMIT")
    return connection.serialize()


@contextmanager
def empty_ledger() -> Iterator[Transaction]:
    """A ledger in memory without a row."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image())
    connection.row_factory = sqlite3.Row
    for place, state in ((SEALED_RUN, "sealed"), (OPEN_RUN, "open")):
        _add_run(connection, place, state)
    connection.execute(
        "INSERT INTO number (id, ref, name, driver, added_at) VALUES (1, 'n', 'Shop', 'human', 0)"
    )
    connection.execute(
        "INSERT INTO operator (id, ref, name, role, added_at) VALUES (1, 'o', 'ann', 'owner', 0)"
    )
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def _add_run(connection: sqlite3.Connection | Transaction, place: int, state: str) -> None:
    connection.execute(
        "INSERT INTO import_run (id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at)"
        " VALUES (?, ?, 'orders', 'x', 'x', 'x', ?, 'released', 0, 0)",
        (place, f"run-{place}", state),
    )


class Crowd:
    """Writes a crowd into a ledger, and goes on writing."""

    def __init__(self, tx: Transaction, seed: int) -> None:
        """Nobody is there yet."""
        self.tx, self.random = tx, random.Random(seed)
        self.members = 0
        self.open_run = OPEN_RUN
        self.orders: list[int] = []

    def when(self) -> int:
        """An instant: often on the edge of a window, sometimes to come."""
        age = self.random.choice(AGES) if self.random.random() < 0.5 else self.random.randrange(200) * DAY
        shift = self.random.choice((0, 0, SECOND, -SECOND, HOUR, -2 * DAY))
        return NOW - age + shift

    def run(self) -> int:
        """The run a row came in: mostly one that is sealed."""
        return self.random.choice((0, 0, 0, SEALED_RUN, self.open_run))

    def member(self) -> int:
        """One of the members."""
        return self.random.randint(1, self.members)

    def add_members(self, count: int) -> None:
        """So many more people."""
        for _ in range(count):
            self.members += 1
            self.tx.execute(
                "INSERT INTO member (id, ref, language, timezone, origin, added_at, import_run_id)"
                " VALUES (?, ?, ?, ?, 'import', 0, ?)",
                (
                    self.members, f"m{self.members}", self.random.choice(LANGUAGES), self.random.choice(ZONES),
                    self.random.choice((0, 0, 0, 0, 0, self.open_run)),
                ),
            )  # fmt: skip
            self.tx.execute(
                "INSERT INTO alias (member_id, kind, value, folded, origin) VALUES (?, 'phone', ?, ?, 'import')",
                (self.members, f"+8529{self.members:07d}", f"+8529{self.members:07d}"),
            )
            if self.random.random() < 0.3:
                self.tx.execute(
                    "INSERT INTO own_tag (member_id, name, tagged_at) VALUES (?, 'vip', 0)", (self.members,)
                )

    def add_facts(self, count: int) -> None:
        """So many more facts of every kind."""
        for one in (
            self._order, self._order, self._order, self._refund, self._click, self._click, self._cart, self._invite,
            self._push, self._heard, self._message, self._send, self._consent,
        ):  # fmt: skip
            for _ in range(self.random.randrange(count)):
                one()

    def _order(self) -> None:
        row = self.tx.insert(
            'INSERT INTO "order" (reference, member_id, ordered_at, currency, total_minor, origin, recorded_at, import_run_id)'
            " VALUES (?, ?, ?, ?, ?, 'import', 0, ?)",
            (
                f"R{len(self.orders)}", self.member(), self.when(), self.random.choice(CURRENCIES[: 1 + len(self.orders) % 5 // 4]),
                self.random.choice((0, 100, 100, 250, 19_900, 10**12)), self.run(),
            ),
        )  # fmt: skip
        self.orders.append(row)
        for _ in range(self.random.randrange(4)):
            self.tx.execute(
                "INSERT INTO order_line (order_id, category, product, coupon, quantity, unit_price_minor, import_run_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    row, self.random.choice(CATEGORIES), self.random.choice(PRODUCTS), self.random.choice(("", "", "C")),
                    self.random.randrange(4), self.random.choice((None, 0, 50, 100, 400)), self.run(),
                ),
            )  # fmt: skip

    def _refund(self) -> None:
        if not self.orders:
            return
        order, waits = self.random.choice(self.orders), self.random.random() < 0.2
        self.tx.execute(
            "INSERT INTO refund (reference, refunded_at, amount, amount_minor, order_id, refusal, line, origin, recorded_at, import_run_id)"
            " VALUES (?, ?, '1', ?, ?, ?, 1, 'import', 0, ?) ON CONFLICT DO NOTHING",
            (
                f"r{order}", self.when(), None if waits else self.random.choice((1, 100)), None if waits else order,
                "" if waits else self.random.choice(("", "", "", "too much")), self.run(),
            ),
        )  # fmt: skip

    def _click(self) -> None:
        self.tx.execute(
            "INSERT INTO click (member_id, clicked_at, category, product, recorded_at, import_run_id)"
            " VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING",
            (
                self.member(),
                self.when(),
                self.random.choice(CATEGORIES),
                self.random.choice(PRODUCTS),
                self.run(),
            ),
        )

    def _cart(self) -> None:
        self.tx.execute(
            "INSERT INTO cart (member_id, changed_at, state, recorded_at, import_run_id) VALUES (?, ?, ?, 0, ?)"
            " ON CONFLICT DO NOTHING",
            (self.member(), self.when(), self.random.choice(("open", "abandoned", "recovered")), self.run()),
        )

    def _invite(self) -> None:
        self.tx.execute(
            "INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, confidence, origin, recorded_at, import_run_id)"
            " VALUES (?, 1, ?, ?, ?, 'exact', 'import', 0, ?) ON CONFLICT DO NOTHING",
            (f"i{self.random.random()}", self.member(), self.member(), self.when(), self.run()),
        )

    def _push(self) -> None:
        self.tx.execute(
            "INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at, import_run_id)"
            " VALUES (?, ?, ?, 0, ?) ON CONFLICT DO NOTHING",
            (self.member(), self.when(), self.random.choice(("marketing", "utility")), self.run()),
        )

    def _heard(self) -> None:
        self.tx.execute(
            "INSERT INTO elsewhere_message (member_id, said_at, recorded_at, import_run_id) VALUES (?, ?, 0, ?)"
            " ON CONFLICT DO NOTHING",
            (self.member(), self.when(), self.run()),
        )

    def _conversation(self) -> int:
        member = self.member()
        found = self.tx.value("SELECT id FROM conversation WHERE member_id = ?", (member,))
        return found or self.tx.insert(
            "INSERT INTO conversation (ref, number_id, member_id) VALUES (?, 1, ?)", (f"c{member}", member)
        )

    def _message(self) -> None:
        self.tx.execute(
            "INSERT INTO message (conversation_id, alias_id, direction, kind, text, sent_at, origin, import_run_id)"
            " VALUES (?, ?, ?, ?, 'x', ?, 'live', ?)",
            (
                self._conversation(), self.random.choice((None, self.member())), self.random.choice(("in", "in", "out")),
                self.random.choice(("text", "text", "system")), self.when(), self.run(),
            ),
        )  # fmt: skip

    def _send(self) -> None:
        row = self.tx.insert(
            "INSERT INTO outgoing (ref, number_id, conversation_id, driver, text, purpose, state, written_at, origin)"
            " VALUES (?, 1, ?, 'human', 'x', ?, 'queued', ?, 'live')",
            (f"s{self.random.random()}", self._conversation(), self.random.choice(("marketing", "service")), self.when()),
        )  # fmt: skip
        if self.random.random() < 0.7:
            self.tx.execute("UPDATE outgoing SET state = 'accepted' WHERE id = ?", (row,))

    def _consent(self) -> None:
        self.tx.execute(
            "INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)"
            " VALUES (?, 'marketing', ?, 'file', ?, 0, 'import') ON CONFLICT DO NOTHING",
            (self.member(), self.random.choice(("yes", "yes", "no", "stop", "resume")), self.when()),
        )

    def add_products(self) -> None:
        """Products, which give their category to lines without one."""
        for product in PRODUCTS[1:]:
            self.tx.execute(
                "INSERT INTO product (product, category, recorded_at, import_run_id) VALUES (?, ?, 0, ?)"
                " ON CONFLICT (product) DO UPDATE SET category = excluded.category",
                (product, self.random.choice(CATEGORIES), self.random.choice((0, 0, self.open_run))),
            )

    def seal_import(self) -> None:
        """What the open import brought comes to count."""
        self.tx.execute("UPDATE import_run SET state = 'sealed' WHERE id = ?", (self.open_run,))

    def change(self) -> None:
        """Something that was there becomes something else, is taken out, or comes to count."""
        random, tx = self.random, self.tx
        what = random.randrange(10)
        if what == 0:
            row, into = self.member(), self.member()
            if (
                row != into
                and tx.value(
                    "SELECT count(*) FROM member WHERE id IN (?, ?) AND merged_into IS NULL", (row, into)
                )
                == 2
            ):
                tx.execute("INSERT INTO merge (member_id, into_id, merged_at) VALUES (?, ?, 0)", (row, into))
                tx.execute(
                    "UPDATE member SET merged_into = ? WHERE id = ? OR merged_into = ?", (into, row, row)
                )
                tx.execute(
                    "UPDATE alias SET moved_from = coalesce(moved_from, member_id), member_id = ? WHERE member_id = ?",
                    (into, row),
                )
        elif what == 1:
            tx.execute("DELETE FROM click WHERE id % 7 = ?", (random.randrange(7),))
        elif what == 2:
            self.seal_import()
            self.open_run += 1
            _add_run(tx, self.open_run, "open")
        elif what == 3:
            tx.execute(
                "UPDATE member SET language = ?, timezone = ? WHERE id = ?",
                (random.choice(LANGUAGES), random.choice(ZONES), self.member()),
            )
        elif what == 4:
            tx.execute(
                "UPDATE member SET erased_at = 1, language = '', timezone = '' WHERE id = ?", (self.member(),)
            )
        elif what == 5:
            tx.execute(
                "UPDATE refund SET order_id = ?, amount_minor = 5 WHERE order_id IS NULL AND id % 2 = 0",
                (random.choice(self.orders or [None]),),
            ) if self.orders else None
        elif what == 6:
            self.add_products()
        elif what == 7:
            tx.execute("DELETE FROM order_line WHERE id % 11 = ?", (random.randrange(11),))
        elif what == 8:
            tx.execute(
                'UPDATE "order" SET total_minor = total_minor + 7, ordered_at = ordered_at - ? WHERE id % 5 = ?',
                (random.choice((0, DAY)), random.randrange(5)),
            )
        else:
            self.add_members(1)
            self.add_facts(3)
