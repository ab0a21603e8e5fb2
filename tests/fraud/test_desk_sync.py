"""What the desk owes without anybody at it: neutral words through the outbox, time-outs, what an erasure leaves; filters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cashback.earnings import first_bad
from tests.fraud.desk import NOW, desk_ledger, done, item, operator, person, phone, set_policy, undo
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased
from waconsole.fraud import service_deciding, service_standings, service_taking, store_erasing
from waconsole.fraud.fields import SUBJECT, vocabulary
from waconsole.fraud.service_standings import Frozen
from waconsole.members import store_erasing as people
from waconsole.operators import store_erasing as acts
from waconsole.outbox import store as outbox
from waconsole.query.compile import compile_query, ids_sql
from waconsole.settings import Settings
from waconsole.sync import desk


@pytest.fixture(scope="module")
def items() -> Iterator[Transaction]:
    with desk_ledger() as tx:
        item(tx, "a", [2, 3], held=1800)
        item(tx, "b", [4, 5])
        item(tx, "c", [6, 7])
        item(tx, "d", [8, 9], kind="velocity", found_at=NOW - HOUR)
        done(tx, "kim", "freeze", "b", reason="ring")
        done(tx, "kim", "snooze", "c", until=NOW + DAY)
        service_taking.take(tx, operator(tx, "zoe"), "a", now=NOW)
        yield tx


def told(tx: Transaction) -> list[tuple[str, str]]:
    return [
        (row["rule"], row["body"]) for row in tx.rows("SELECT rule, text AS body FROM outgoing ORDER BY id")
    ]


def test_who_is_frozen_or_asked_is_told_once_and_nothing_of_the_evidence() -> None:
    with desk_ledger() as tx:
        outbox.ensure_hand(tx, now=NOW)
        row = item(tx, "v", [2, 3], kind="velocity", role="invitee")
        service_standings.freeze(tx, [Frozen(row, person(tx, 2), "velocity", 1, NOW - HOUR)], now=NOW)
        assert desk.tell(tx, Settings(), now=NOW) == 1
        done(tx, "kim", "ask", "v")
        assert desk.tell(tx, Settings(), now=NOW) == 2
        done(tx, "kim", "release", "v")
        undo(tx, "kim")
        done(tx, "kim", "freeze", "v")

        assert desk.tell(tx, Settings(), now=NOW) == 0, "frozen again by the same item: told already"

        said = told(tx)
        assert [rule for rule, _ in said] == ["fraud.freeze_text", "fraud.ask_text", "fraud.ask_text"]
        assert all("velocity" not in text and "fraud" not in text.lower() for _, text in said)
        assert tx.value("SELECT count(*) FROM act WHERE verb = 'send'") == 0, (
            "a rule writes: undo finds the decision"
        )


def test_a_time_out_is_due_once() -> None:
    with desk_ledger() as tx:
        item(tx, "a", [2, 3], found_at=NOW - 30 * HOUR)
        assert service_deciding.timed_out(tx, now=NOW) == []
        set_policy(tx, "fraud.timeout", "void")
        assert [one.ref for one in service_deciding.timed_out(tx, now=NOW)] == ["a"]
        assert service_deciding.time_out(tx, NOW) == ["a"]
        assert service_deciding.timed_out(tx, now=NOW) == []


def test_who_is_erased_leaves_no_words_and_the_seals_hold() -> None:
    with desk_ledger() as tx:
        item(tx, "a", [2, 3])
        item(tx, "b", [4, 5])
        tx.execute(
            "UPDATE signal SET evidence = replace(evidence, 'invited', ?) WHERE review_id = 1",
            (f"{phone(2)} invited",),
        )
        done(tx, "kim", "void", "a", reason="ring", note="same kitchen")
        done(tx, "kim", "void", "b", reason="ring", note=f"cousin of {phone(2)}")
        erased = Erased()
        traces = people.traces_of(tx, person(tx, 2))

        acts.begin(
            tx, operator(tx, "ann"), member_id=traces.root_id, member_ref=traces.ref, stroke="s", now=NOW
        )
        store_erasing.erase(tx, traces, erased)

        assert tx.value("SELECT count(*) FROM review_words") == 0
        assert tx.value("SELECT count(*) FROM signal WHERE evidence LIKE ?", (f"%{phone(2)}%",)) == 0
        assert erased.rows == {"review_words": 2, "signal": 2}
        assert [one["what"] for one in erased.left] == ["reviews"]
        assert first_bad(tx) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:waiting", [1, 4]), ("is:mine", [1]), ("is:taken", [1]), ("is:own", []), ("is:frozen", [2]), ("is:blocked", []),
        ("state:open", [1, 4]), ("state:decided", [2]), ("state:snoozed", [3]), ("kind:ring", [1, 2, 3]),
        ("outcome:freeze", [2]), ("reason:ring", [2]), ("signal:old_customers", [1, 2, 3, 4]), (f'member:"{phone(4)}"', [2]),
        ("held>=18 HKD", [1]), ("held>18 HKD", []), ("held>=1 EUR", []), ("weight>=40", [1, 2, 3, 4]), ("age>4h", [1, 2, 3]),
        ("age>5h", []), ("velocity", [4]), ("b", [2]), ("-kind:ring", [4]),
    ],
)  # fmt: skip
def test_items_are_found_by_what_they_are(items: Transaction, query: str, found: list[int]) -> None:
    compiled = compile_query(
        query, SUBJECT.name, vocabulary(), now=NOW, operator_id=operator(items, "zoe").id
    )
    assert sorted(row[0] for row in items.rows(ids_sql(compiled, SUBJECT), compiled.parameters)) == found
