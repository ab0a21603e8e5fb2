"""Items to decide on, in memory: operators who may and may not, a programme, invites whose rewards wait."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from tests.cashback import earnings
from tests.cashback.ledger_lines import KEPT
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.fraud import service_deciding, store_reviews
from waconsole.fraud.service_deciding import Outcome, Wanted
from waconsole.operators import service as operators
from waconsole.operators import store_known, store_sign_in
from waconsole.operators.store import Operator
from waconsole.policy import library
from waconsole.policy import service as policy

NOW: Final = earnings.NOW
FOUND: Final = NOW - 5 * HOUR
# name: (role, the number of the member they are)
PEOPLE: Final = {
    "ann": ("owner", None),
    "zoe": ("owner", None),
    "kim": ("moderator", None),
    "lee": ("moderator", 1),
    "abe": ("ambassador", None),
}


def phone(number: int) -> str:
    """The number of the n-th person."""
    return f"+8529100{number:04}"


def person(tx: Transaction, number: int) -> int:
    """The n-th person's row."""
    return earnings.person(tx, phone(number))


def lay_programme(tx: Transaction, owner_id: int) -> None:
    """A programme, and no guards of its room: what is at stake is laid down here as it stands, not as it came about."""
    for trigger in tx.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('programme', 'invite', 'reward')"
    ):
        tx.execute(f"DROP TRIGGER {trigger['name']}")
    tx.execute(
        "INSERT INTO programme (id, ref, name, folded, operator_id, added_at) VALUES (1, 'p-1', 'spring', 'spring', ?, ?)",
        (owner_id, NOW - DAY),
    )


@cache
def _image() -> bytes:
    with earnings.shop_ledger() as tx:
        library.seed(tx, now=NOW - DAY)
        owner = earnings.ann(tx)
        for name, (role, number) in PEOPLE.items():
            member = None if number is None else person(tx, number)
            one = owner if name == "ann" else operators.add(tx, name, role, now=NOW - DAY, member_id=member)
            store_sign_in.add_passphrase(tx, one.id, KEPT, set_by=owner.id, now=NOW - DAY)
        lay_programme(tx, owner.id)
        tx.execute("COMMIT")
        image = tx._connection.serialize()
        tx.execute("BEGIN")
    return image


@contextmanager
def desk_ledger() -> Iterator[Transaction]:
    """A ledger with operators, a programme and no item yet, within one transaction."""
    image = _image()
    earnings._keep_key()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(image)
    connection.row_factory = sqlite3.Row
    for pragma in earnings.FOREIGN_KEYS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def operator(tx: Transaction, name: str) -> Operator:
    """An operator of `PEOPLE`."""
    found = store_known.known_by_name(tx, name)
    assert found is not None
    return found.operator


def invite(
    tx: Transaction,
    referrer: int,
    invitee: int,
    *,
    held: int = 0,
    address: str = "",
    currency: str = "HKD",
    at: int = 0,
) -> int:
    """An invite between two people, by their numbers, with a reward of `held` minor units that waits; answers its id."""
    at = at or NOW - 9 * HOUR
    row_id = tx.insert(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, confidence, address, origin,
                            recorded_at)
        VALUES (?, 1, ?, ?, ?, ?, 'exact', ?, 'import', ?)
        """,
        (f"i-{referrer}-{invitee}", person(tx, referrer), person(tx, invitee), at, at + HOUR, address, at),
    )  # fmt: skip
    if held:
        tx.execute(
            """
            INSERT INTO reward (ref, programme_id, invite_id, member_id, side, slot, kind, amount_minor, currency, cost_minor,
                                cost_currency, rule, rule_version, state, effective_at, recorded_at)
            VALUES (?, 1, ?, ?, 'referrer', 'each', 'cashback', ?, ?, ?, ?, 'invites.programme.spring', 1, 'pending', ?, ?)
            """,
            (f"w-{row_id}", row_id, person(tx, referrer), held, currency, held, currency, at, at),
        )
    return row_id


def item(
    tx: Transaction, ref: str, numbers: Sequence[int], *, kind: str = "ring", held: int = 0, currency: str = "HKD",
    role: str = "", found_at: int = FOUND, address: str = "",
) -> int:  # fmt: skip
    """An item about people, by their numbers, whose invites go round among them; `held` waits on the first."""
    row_id = tx.insert(
        "INSERT INTO review (ref, kind, stamp, state, weight, happened_at, found_at) VALUES (?, ?, 's1', 'open', 40, ?, ?)",
        (ref, kind, found_at, found_at),
    )
    for place, number in enumerate(numbers):
        tx.execute(
            "INSERT INTO review_member (review_id, member_id, role, place) VALUES (?, ?, ?, ?)",
            (row_id, person(tx, number), role if place else "", place),
        )
    evidence = []
    for place, number in enumerate(numbers):
        onward = numbers[(place + 1) % len(numbers)]
        known = tx.value("SELECT id FROM invite WHERE ref = ?", (f"i-{number}-{onward}",))
        one = known or invite(
            tx, number, onward, held=0 if place else held, currency=currency, address=address
        )
        tx.execute("INSERT INTO review_invite (review_id, invite_id) VALUES (?, ?)", (row_id, one))
        evidence.append({"kind": "invite", "id": f"i-{number}-{onward}", "at": FOUND, "says": "invited"})
    for rule, weight in (("ring", 60), ("old_customers", -20)):
        tx.execute(
            """
            INSERT INTO signal (review_id, rule, rule_version, weight, says, evidence, found_at)
            VALUES (?, ?, 1, ?, ?, ?, ?)
            """,
            (row_id, rule, weight, f"{rule} says so", json.dumps(evidence), found_at),
        )
    return row_id


def decide(
    tx: Transaction, name: str, outcome: str, *refs: str, reason: str = "other", note: str = "", now: int = NOW,
    until: int | None = None, cascade: bool = False,
) -> Outcome:  # fmt: skip
    """What an operator decides."""
    wanted = Wanted(outcome, reason, note, until)
    return service_deciding.decide(tx, operator(tx, name), wanted, refs, now=now, cascade=cascade)


def done(tx: Transaction, name: str, outcome: str, *refs: str, **said: object) -> None:
    """The same, where nothing is refused."""
    found = decide(tx, name, outcome, *refs, **said)  # type: ignore[arg-type]
    assert (found.refused, found.proposed) == ([], [])


def why(tx: Transaction, name: str, outcome: str, ref: str, **said: object) -> str:
    """The same, where the item is refused: why."""
    found = decide(tx, name, outcome, ref, **said)  # type: ignore[arg-type]
    assert found.done == [] and found.proposed == []
    return found.refused[0].reason


def undo(tx: Transaction, name: str, *, now: int = NOW) -> tuple[str, int]:
    """An operator takes back their last act."""
    return operators.undo(tx, operator(tx, name), service_deciding.restores(name, now=now), now=now)


def stands(tx: Transaction, ref: str, *, now: int = NOW) -> tuple[str, str]:
    """(state, outcome) of an item."""
    found = store_reviews.item(tx, ref, now=now)
    assert found is not None
    return found.state, found.outcome


def gate(tx: Transaction, number: int, onward: int) -> set[str]:
    """What the desk says of an invite."""
    rows = tx.rows(
        "SELECT verdict FROM invite_gate WHERE invite_id = (SELECT id FROM invite WHERE ref = ?)",
        (f"i-{number}-{onward}",),
    )
    return {row["verdict"] for row in rows}


def kept_from(tx: Transaction) -> dict[int, set[str]]:
    """Who is frozen or blocked now, by their row."""
    found: dict[int, set[str]] = {}
    for row in tx.rows("SELECT member_id, kind FROM member_gate"):
        found.setdefault(row["member_id"], set()).add(row["kind"])
    return found


def set_policy(tx: Transaction, name: str, value: object, *, now: int = NOW) -> None:
    """A policy of one value, as an owner sets it."""
    policy.set_version(
        tx, name, {"value": value}, says="x", reason="x", valid_from=0, set_by=operator(tx, "ann"), now=now
    )
