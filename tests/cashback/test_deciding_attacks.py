"""Whoever has the file and a SQL prompt is refused, in words and in every position of the pragmas."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import NOW
from waconsole.cashback import service_attack
from waconsole.cashback.attacks import Attack, attacks, decision_statements, named
from waconsole.cashback.deciding import FROM, KINDS
from waconsole.database.connection import Transaction
from waconsole.ledger import attacks as ledger_attacks
from waconsole.ledger.attacks import POSITIONS, PRAGMAS
from waconsole.ledger.service_attack import got_through


@pytest.fixture(scope="module")
def staged() -> Iterator[sqlite3.Connection]:
    with earnings.shop_ledger() as tx:
        service_attack.stage(tx, now=NOW)
        service_attack.stage(tx, now=NOW)
        tx.execute("COMMIT")
        yield tx._connection


def test_the_rows_to_attack_are_sound_but_for_where_they_come_from(staged: sqlite3.Connection) -> None:
    states = dict(
        staged.execute("SELECT l.ref, s.state FROM line_state AS s JOIN cashback_line AS l ON l.id = s.id")
    )

    assert {ref.removeprefix("attacked-"): state for ref, state in states.items()} == {
        **dict.fromkeys(("proposed", "held", "early", "undone"), "proposed"),
        **{
            word: word
            for word in ("accrued", "approved", "rejected", "batched", "exported", "confirmed", "failed")
        },
    }


@pytest.mark.parametrize("position", POSITIONS, ids="-".join)
def test_every_attack_is_refused_in_every_position_of_the_pragmas(
    staged: sqlite3.Connection, position: tuple[str, ...]
) -> None:
    for name, value in zip(PRAGMAS, position, strict=True):
        staged.execute(f"PRAGMA {name} = {value}")
    staged.execute("BEGIN")
    try:
        leaked = [one.name for one in attacks() if got_through(staged, ledger_attacks.Attack(*one[:2]))]
    finally:
        staged.execute("ROLLBACK")

    assert leaked == []


def test_each_attack_is_refused_for_what_is_wrong_with_it(staged: sqlite3.Connection) -> None:
    staged.execute("PRAGMA ignore_check_constraints = ON")
    staged.execute("BEGIN")
    try:
        odd = [
            (one.name, said) for one in attacks() if not (said := _refusal(staged, one)).startswith(one.says)
        ]
    finally:
        staged.execute("ROLLBACK")
        staged.execute("PRAGMA ignore_check_constraints = OFF")

    assert odd == []


def _refusal(connection: sqlite3.Connection, attack: Attack) -> str:
    connection.execute("SAVEPOINT attack")
    try:
        for statement in attack.statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.execute("ROLLBACK TO attack")
        connection.execute("RELEASE attack")
    return "it got through"


def test_an_approval_by_hand_is_taken_only_once_the_books_moved(staged: sqlite3.Connection) -> None:
    """What the attacks differ from is really one that would be taken."""
    staged.execute("BEGIN")
    try:
        tx = Transaction(staged, lambda: False)
        from waconsole.cashback import model
        from waconsole.ledger import service as ledger

        ledger.settle(
            tx,
            model.post_ref("attacked-proposed", 1),
            model.accrual_ref("attacked-proposed", 1),
            effective_at=NOW,
            actor="a",
            approved_by="b",
            now=NOW,
        )
        for statement in decision_statements({}):
            staged.execute(named(statement))
        found = staged.execute(named("SELECT state FROM line_state WHERE id = {line proposed}")).fetchone()
    finally:
        staged.execute("ROLLBACK")

    assert found[0] == "approved"


WORDS = {
    "accrued": "accrued", "proposed": "proposed", "approved": "approved", "rejected": "rejected", "batched": "batched",
    "exported": "exported", "confirmed": "confirmed", "failed": "failed", "early": "proposed", "undone": "proposed",
}  # fmt: skip
AMOUNTS = {
    "batched": "unpaid_minor", "again": "unpaid_minor", "held": "0", "asked": "0", "released": "0", "netted": "0", "undone": "0",
    "exported": "100", "confirmed": "100", "failed": "100", "returned": "100",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_lets_a_line_go_only_from_the_states_drawn(
    staged: sqlite3.Connection, kind: str
) -> None:
    taken: set[str] = set()
    staged.execute("BEGIN")
    try:
        for word, state in WORDS.items():
            of = f"FROM line_state WHERE id = {{line {word}}}"
            with_batch = kind in ("batched", "netted", "exported", "confirmed", "failed", "returned")
            changed = {
                "kind": f"'{kind}'",
                "line_id": f"{{line {word}}}",
                "state_before": f"'{state}'",
                "round": f"(SELECT round {of})",
                "amount_minor": f"(SELECT {AMOUNTS.get(kind, 'open_minor')} {of})",
                "batch_id": f"(SELECT batch_id {of})" if with_batch else "NULL",
                "undoes_id": f"(SELECT coalesce(max(id), -1) FROM line_decision WHERE line_id = {{line {word}}})"
                if kind == "undone"
                else "NULL",
            }
            if kind == "approved":
                changed["proposed_at"] = f"(SELECT proposed_at {of})"
            if kind == "rejected":
                changed["words_hash"] = "hex(randomblob(32))"
            tried = Attack("", tuple(named(sql) for sql in decision_statements(changed)), "")
            if not _refusal(staged, tried).startswith("A line does not go that way."):
                taken.add(state)
    finally:
        staged.execute("ROLLBACK")

    wanted = FROM.get(kind, frozenset())
    if kind in ("proposed", "released", "batched", "netted", "again", "undone"):
        # These ask for more than a state: something open after a split, a hold, a batch, somebody's own decision.
        assert taken <= wanted | {"proposed", "approved", "rejected"}
        return
    assert taken == wanted - {"returned"}


def test_there_are_many_attacks() -> None:
    assert len(attacks()) > 150
