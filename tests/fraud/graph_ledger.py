"""A ledger with a graph of invites in memory, and a sweep of it: what the tests of suspicion stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tests.cashback import earnings
from tests.fraud import desk
from waconsole.clock import SECOND, parse_iso
from waconsole.database.connection import Transaction
from waconsole.fraud import service_findings, store_findings, store_swept
from waconsole.fraud.service_sweep import Watch

NOW: Final = earnings.NOW
DAY: Final = 86_400
# Seconds: long enough ago that nothing is fresh, recent enough for every window.
BEGAN: Final = parse_iso("2026-10-01") // SECOND


@contextmanager
def graph_ledger() -> Iterator[Transaction]:
    """An empty ledger with operators and a programme, within one transaction."""
    with desk.desk_ledger() as tx:
        yield tx


def phone(number: int) -> str:
    """The number of person `number`."""
    return f"+8529{1_000_000 + number}"


def person(tx: Transaction, number: int, **words: str) -> int:
    """The row of person `number`, with an address, payment handle or device where they are named."""
    row_id = earnings.person(tx, phone(number))
    for column, text in words.items():
        tx.execute(f"UPDATE member SET {column} = ? WHERE id = ?", (text, row_id))
    return row_id


def invite(
    tx: Transaction, who: int, whom: int, at: int, *, channel: str = "", recorded: int = NOW, **words: str
) -> int:
    """Person `who` invites person `whom` in second `at`; answers the row's id."""
    one, other = person(tx, who), person(tx, whom)
    columns = "".join(f", {name}" for name in words)
    return tx.insert(
        f"""
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence, origin,
                            recorded_at{columns})
        VALUES (?, 1, ?, ?, ?, ?, ?, 'exact', 'import', ?{", ?" * len(words)})
        """,
        (
            f"i-{who}-{whom}-{at}-{channel}",
            *(one, other, at * SECOND, at * SECOND, channel, recorded),
            *words.values(),
        ),
    )


def order(tx: Transaction, reference: str, number: int, at: int, total: str = "500.00 HKD") -> int:
    """Person `number` orders in second `at`."""
    row_id = earnings.order(tx, reference, phone(number), "2026-10-01", total)
    tx.execute('UPDATE "order" SET ordered_at = ? WHERE id = ?', (at * SECOND, row_id))
    return row_id


def sweep(tx: Transaction, *, now: int = NOW) -> list[dict[str, Any]]:
    """Sweep within the transaction; answers every undecided item."""
    planned, gone = service_findings.plan(tx, watch=Watch(), now=now)
    for one in planned:
        service_findings.keep(tx, one, now=now)
    store_findings.leave(tx, gone, now=now)
    return store_swept.items(tx)


def named(items: Sequence[dict[str, Any]]) -> dict[str, list[list[int]]]:
    """The people of the items by kind, as numbers."""
    found: dict[str, list[list[int]]] = {}
    for item in items:
        people = [int(one["phone"][5:]) - 1_000_000 for one in item["members"]]
        found.setdefault(item["kind"], []).append(people)
    return found
