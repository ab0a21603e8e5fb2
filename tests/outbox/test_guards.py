"""The database itself says no: raw SQL against everything that must never happen to a message."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.outbox.road import Wire, add_number, add_thread, beside, queue, queue_many
from waconsole.database.connection import Database, Transaction
from waconsole.sync.drain import drain
from waconsole.whatsapp.driver import Action, Message, Verdict

# Rows of the attacked ledger: 1 accepted, 2 unknown, 3 failed, 4 queued (refused once), 5 queued, 6 sending.
ATTEMPT = "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at{}) VALUES ({}, {}, 'x', 'me', 1{})"
KEPT = "number_id, conversation_id, driver, kind, text, purpose, origin"
ATTACKS = [
    # nothing is sent again by itself
    ATTEMPT.format("", 1, 2, ""),
    ATTEMPT.format("", 2, 2, ""),
    ATTEMPT.format("", 3, 2, ""),
    ATTEMPT.format("", 6, 2, ""),
    ATTEMPT.format("", 4, 1, ""),
    ATTEMPT.format("", 4, 3, ""),
    ATTEMPT.format(", outcome, ended_at, wamid", 5, 1, ", 'accepted', 1, 'w'"),
    "UPDATE outgoing SET state = 'queued' WHERE id = 1",
    "UPDATE outgoing SET state = 'queued' WHERE id = 2",
    "UPDATE outgoing SET state = 'queued' WHERE id = 3",
    "UPDATE outgoing SET state = 'queued' WHERE id = 6",
    "UPDATE outgoing SET state = 'held', state_reason = 'number' WHERE id = 6",
    "UPDATE outgoing SET state = 'queued', state_reason = 'resend' WHERE id = 1",
    "UPDATE outgoing SET state = 'sending' WHERE id = 1",
    "UPDATE outgoing SET state = 'sending' WHERE id = 2",
    "UPDATE outgoing SET state = 'sending' WHERE id = 5",
    "UPDATE outgoing SET state = 'cancelled' WHERE id = 6",
    "UPDATE outgoing SET state = 'cancelled' WHERE id = 1",
    "UPDATE outgoing SET state = 'draft' WHERE id = 2",
    "UPDATE outgoing SET state = 'refused' WHERE id = 2",
    "UPDATE outgoing SET state = 'sent' WHERE id = 5",
    # only WhatsApp's id makes a message accepted
    "UPDATE outgoing SET state = 'accepted' WHERE id = 5",
    "UPDATE outgoing SET state = 'accepted', driver = 'human' WHERE id = 5",
    "UPDATE outgoing SET wamid = NULL WHERE id = 1",
    "UPDATE outgoing SET wamid = 'another' WHERE id = 1",
    "UPDATE outgoing SET wamid = (SELECT wamid FROM outgoing WHERE id = 1) WHERE id = 2",
    "UPDATE OR REPLACE outgoing SET wamid = (SELECT wamid FROM outgoing WHERE id = 1) WHERE id = 2",
    "UPDATE attempt SET outcome = 'accepted', ended_at = 1 WHERE outgoing_id = 6",
    # what was written stays
    "UPDATE outgoing SET text = 'other words' WHERE id = 5",
    "UPDATE outgoing SET ref = 'out-other' WHERE id = 5",
    "UPDATE outgoing SET id = 99 WHERE id = 2",
    "DELETE FROM outgoing WHERE id = 2",
    f"INSERT OR REPLACE INTO outgoing (id, ref, state, written_at, {KEPT}) SELECT id, ref, state, written_at, {KEPT} FROM outgoing WHERE id = 2",
    f"REPLACE INTO outgoing (id, ref, state, written_at, {KEPT}) SELECT 2, 'new', 'queued', 1, {KEPT} FROM outgoing WHERE id = 2",
    f"INSERT INTO outgoing (ref, state, written_at, {KEPT}) SELECT 'new', 'accepted', 1, {KEPT} FROM outgoing WHERE id = 2",
    "DELETE FROM attempt",
    "DELETE FROM attempt WHERE outgoing_id = 2",
    "INSERT OR REPLACE INTO attempt SELECT * FROM attempt WHERE outgoing_id = 2",
    "REPLACE INTO attempt (id, outgoing_id, n, opaque, owner, started_at) VALUES (2, 5, 1, 'x', 'me', 1)",
    "UPDATE attempt SET outcome = 'unsent' WHERE outgoing_id = 2",
    "UPDATE attempt SET outcome = 'refused' WHERE outgoing_id = 1",
    "UPDATE attempt SET outcome = '', ended_at = NULL WHERE outgoing_id = 2",
    "UPDATE attempt SET n = 7 WHERE outgoing_id = 2",
    "UPDATE attempt SET outgoing_id = 5 WHERE outgoing_id = 2",
    "UPDATE attempt SET opaque = 'other' WHERE outgoing_id = 2",
    "UPDATE attempt SET started_at = 0 WHERE outgoing_id = 2",
    "UPDATE attempt SET wamid = 'another' WHERE outgoing_id = 1",
    "UPDATE attempt SET recipient = 'm9' WHERE outgoing_id = 6",
    "UPDATE attempt SET number_id = 1 WHERE outgoing_id = 6",
    "UPDATE attempt SET chosen_id = 'mine' WHERE outgoing_id = 2",
    "UPDATE attempt SET owner = 'somebody' WHERE outgoing_id = 6",
    # WhatsApp's word never goes back
    "UPDATE delivery SET status = 'sent', rank = 1",
    "UPDATE delivery SET rank = 1",
    "UPDATE delivery SET rank = 4",
    "UPDATE delivery SET failed_at = NULL, error_code = NULL",
    "UPDATE delivery SET wamid = 'another'",
    "DELETE FROM delivery",
    "INSERT OR REPLACE INTO delivery (wamid, status, rank) SELECT wamid, 'sent', 1 FROM delivery",
]


async def _prepare(database: Database) -> None:
    """A ledger with a row of every kind."""
    number_id = await queue_many(database, 4)
    passing = Verdict("refused", action=Action.PAIR, code=131056)

    def answer(message: Message, number: int) -> Verdict:
        return {
            1: Verdict("accepted", wamid="wamid.ONE"),
            2: Verdict("unknown", action=Action.UNKNOWN),
            3: Verdict("refused", action=Action.FIX, code=100),
        }.get(number, passing)

    await drain(
        database, number_id, Wire(answer), clock=lambda: NOW, owner="t:1", once=True, chance=lambda: 1.0
    )  # fmt: skip

    def work(tx: Transaction) -> None:
        tx.execute("UPDATE outgoing SET not_before = 0 WHERE id = 4")
        thread = add_thread(tx, add_number(tx), 50)
        queue(tx, number_id, thread, "five")
        queue(tx, number_id, add_thread(tx, number_id, 51), "six")
        tx.execute(ATTEMPT.format("", 6, 1, "").replace("'x'", "'six:1'"))
        tx.execute("UPDATE outgoing SET state = 'sending' WHERE id = 6")
        tx.execute(
            "INSERT INTO delivery (wamid, status, rank, failed_at, error_code) VALUES ('wamid.ONE', 'read', 3, 1, 0)"
        )

    await database.write(work)
    states = await database.read(
        lambda tx: [it["state"] for it in tx.rows("SELECT state FROM outgoing ORDER BY id")]
    )
    assert states == ["accepted", "unknown", "failed", "queued", "queued", "sending"]


@pytest.mark.parametrize(
    "pragmas", ["", "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = OFF"], ids=["ours", "none"]
)
async def test_every_attack_is_refused_and_changes_nothing(
    database: Database, ledger_path: Path, pragmas: str, impatient: None
) -> None:
    await _prepare(database)
    with contextlib.closing(beside(ledger_path)) as attacker:
        attacker.isolation_level = None
        attacker.executescript(pragmas)
        before = _content(attacker)
        let_in = []
        for attack in ATTACKS:
            attacker.execute("BEGIN")
            try:
                attacker.execute(attack)
            except sqlite3.IntegrityError:
                pass
            else:
                let_in.append(attack)
            attacker.execute("ROLLBACK")
        assert let_in == []
        assert _content(attacker) == before


def _content(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for table in ("outgoing", "attempt", "delivery")
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()
    ]
