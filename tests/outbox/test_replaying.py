"""What other caps, gaps and quiet hours would have held back: every message of a period asked about again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import pytest

from tests.conftest import NOW
from tests.outbox.road import add_number, add_thread
from tests.policies import change
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, parse_iso
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.errors import Refused
from waconsole.outbox import service
from waconsole.policy import library
from waconsole.policy.service_replaying import Replayed, replay
from waconsole.whatsapp.content import Text

NOON: Final = parse_iso("2026-10-05T12:00:00Z")  # a Monday
DAYS: Final = 30


@cache
def _image() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, catalogue.migrations())
    library.seed(tx, now=NOW)
    for row in tx.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'outgoing'"):
        tx.execute(
            f"DROP TRIGGER {row['name']}"
        )  # how a message comes to leave is not what these tests are about
    connection.execute("COMMIT")
    return connection.serialize()


@contextmanager
def sent_ledger() -> Iterator[tuple[Transaction, int, int]]:
    """A number and one member's thread: (transaction, number, conversation)."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image())
    connection.row_factory = sqlite3.Row
    connection.execute("BEGIN")
    tx = Transaction(connection, lambda: False)
    try:
        number_id = add_number(tx)
        yield tx, number_id, add_thread(tx, number_id, 1)
    finally:
        connection.close()


def send(
    tx: Transaction,
    number_id: int,
    thread: int,
    at: int,
    *,
    state: str = "accepted",
    reason: str = "",
    price: int = 0,
) -> None:
    """A marketing message that left, or was put off, at an instant."""
    row_id = service.enqueue(
        tx, number_id=number_id, conversation_id=thread, message_id=None, driver="gateway", content=Text("news"),
        purpose="marketing", answers_id=None, operator_id=None, now=at,
    )  # fmt: skip
    tx.execute(
        """
        UPDATE outgoing SET state = :state, state_reason = :reason, price_minor = :price, price_currency = 'EUR'
         WHERE id = :id
        """,
        {"state": state, "reason": reason, "price": price or None, "id": row_id},
    )


def hear(tx: Transaction, thread: int, at: int) -> None:
    """They wrote."""
    tx.execute(
        """
        INSERT INTO message (conversation_id, direction, kind, text, sent_at, search_key, origin, import_run_id)
        VALUES (:thread, 'in', 'text', 'hello', :at, :at, 'live', 0)
        """,
        {"thread": thread, "at": at},
    )


def tried(
    tx: Transaction, name: str, *words: str, begins: int = NOON - HOUR, ends: int = NOON + DAYS * DAY
) -> Replayed:
    before = tx._connection.total_changes
    found = replay(tx, name, words, catalogue.replayers(), {}, begins=begins, ends=ends)[1]
    assert tx._connection.total_changes == before
    return found


def said(found: Replayed) -> list[tuple[str, str]]:
    return [(one.before, one.after) for one in found.members]


def test_what_is_in_force_changes_nothing() -> None:
    with sent_ledger() as (tx, number_id, thread):
        for day in range(10):
            send(tx, number_id, thread, NOON + day * DAY)
        assert tried(tx, "send.gap", "36") == Replayed(seen=10)
        assert tried(tx, "send.caps", "count=3") == Replayed(seen=10)


def test_a_longer_gap_would_have_held_back_and_a_shorter_one_let_out() -> None:
    with sent_ledger() as (tx, number_id, thread):
        hear(tx, thread, NOON - 2 * DAY)  # not silent: three in a week
        send(tx, number_id, thread, NOON, price=5)
        send(tx, number_id, thread, NOON + 46 * HOUR, price=5)
        send(tx, number_id, thread, NOON + 70 * HOUR, state="refused", reason="gap")
        found = tried(tx, "send.gap", "48h")
        assert said(found) == [("1 sent, 1 gap", "1 sent, 1 gap")], (
            "the second would not have left, and so the third would"
        )
        assert [(one.before, one.after, one.before_minor, one.after_minor) for one in found.money] == [
            ("sent", "gap", 5, 0)
        ]
        assert said(tried(tx, "send.gap", "12")) == [("1 gap", "1 sent")]


def test_caps_count_what_left_before_the_period_and_know_who_is_silent() -> None:
    with sent_ledger() as (tx, number_id, thread):
        hear(tx, thread, NOON - 8 * DAY)
        for days in (-4, -2, 0):
            send(tx, number_id, thread, NOON + days * DAY)
        found = tried(tx, "send.caps", "silent_after_days=9")
        assert said(found) == [("1 capped", "1 sent")], "silent for eight days: one in a fortnight"
        assert tried(tx, "send.caps", "silent_after_days=9", "count=2").members == ()


def test_quiet_hours_are_those_of_the_member() -> None:
    with sent_ledger() as (tx, number_id, thread):
        tx.execute("UPDATE member SET timezone = 'Asia/Hong_Kong'")
        send(tx, number_id, thread, NOON)  # 20:00 there
        assert said(tried(tx, "send.quiet_hours", "20:00-09:00")) == [("1 sent", "1 quiet_hours")]
        assert said(tried(tx, "send.quiet_hours", "20:01-09:00")) == []


def test_what_was_in_force_is_read_at_each_messages_own_instant() -> None:
    with sent_ledger() as (tx, number_id, thread):
        hear(tx, thread, NOON - DAY)
        send(tx, number_id, thread, NOON)
        send(tx, number_id, thread, NOON + 30 * HOUR)
        change(tx, "send.gap", now=NOON + 20 * HOUR, hours=24)  # counts from the beginning
        assert said(tried(tx, "send.gap", "36")) == [("1 sent", "1 gap")]


def test_what_nobody_decided_by_is_refused_in_a_sentence() -> None:
    with sent_ledger() as (tx, _, _), pytest.raises(Refused, match="a replay knows cashback"):
        tried(tx, "referral.review_days", "9")
