"""Invites, orders and refunds in a ledger in memory, settled at any instant: what the tests of earning stand on."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tests.cashback.earnings import refund as _refund
from tests.invites.programmes import order, person, who
from waconsole.clock import DAY, parse_iso
from waconsole.database.connection import Transaction
from waconsole.invites import service_programmes, service_settling, store_invites, store_settling
from waconsole.invites.model import InviteRow, invite_ref
from waconsole.invites.service_giving import Settled
from waconsole.invites.store_programmes import programme_named

START: Final = parse_iso("2026-09-01T00:00:00Z")
NOW: Final = parse_iso("2026-11-26T12:00:00Z")
REFERRER: Final = "+85291234567"
TERMS: Final = {
    "counted_action": "first_order",
    "minimum": "199.00 HKD",
    "return_window": "14d",
    "cap": "10",
    "mode": "cumulative",
    "attribution": "first",
    "attribution_window": "30d",
    "reward.each": "cashback 8.00 HKD",
}
FRIENDS: Final = tuple(f"+852910000{number:02}" for number in range(40))


def programme(tx: Transaction, name: str = "spring", **terms: Any) -> None:
    """An active programme; `reward_5` is `reward.5`, None leaves a key out."""
    value = TERMS | {key.replace("_", ".", 1) if key.startswith(("reward_", "invitee_", "cost_")) else key: said
                     for key, said in terms.items()}  # fmt: skip
    value = {key: said for key, said in value.items() if said is not None}
    service_programmes.create(tx, who(tx), name, value, valid_from=None, is_draft=False, now=START)


def invite(
    tx: Transaction,
    invitee: str,
    *,
    by: str = REFERRER,
    at: int = START,
    name: str = "spring",
    channel: str = "",
    run: int = 0,
) -> str:
    """An invite as a file tells it; answers its name."""
    found = programme_named(tx, name)
    ref = invite_ref(found.ref, by, invitee, at, channel)
    row = InviteRow(
        ref,
        found.id,
        person(tx, by),
        person(tx, invitee),
        at,
        at,
        channel,
        "exact",
        "",
        "",
        "",
        "import",
        NOW,
        run,
    )
    store_invites.add_invites(tx, [row])
    return ref


def buys(
    tx: Transaction, invitee: str, total: str = "250.00 HKD", *, at: int = START + DAY, ref: str = ""
) -> str:
    """An order of a friend; answers its reference."""
    from waconsole.clock import iso

    reference = ref or f"O-{invitee}-{at}"
    order(tx, reference, invitee, iso(at), total)
    return reference


def refund(tx: Transaction, reference: str, amount: str, *, at: int) -> None:
    """A refund that counts."""
    from waconsole.clock import iso

    _refund(tx, reference, amount, iso(at), name=f"{amount}-{at}")


def settle(tx: Transaction, now: int = NOW) -> Settled:
    """Everything that is due at `now`."""
    done = Settled()
    while service_settling.follow_coupons(tx, done, now=now):
        pass
    found = service_settling.look(tx, now=now)
    service_settling.settle(tx, found.changed, done, now=now)
    assert store_settling.facts_key(tx) == found.facts
    return done


class Stands(NamedTuple):
    """What is asked of an invite: its state, why, and what its referrer has of it in money."""

    state: str
    reason: str
    minor: int


def stands(tx: Transaction, ref: str) -> Stands:
    """How an invite stands."""
    row = tx.one(
        """
        SELECT s.state, s.reason,
               coalesce((SELECT sum(w.amount_minor) FROM reward AS w
                          WHERE w.invite_id = i.id AND w.side = 'referrer' AND w.state IN ('pending', 'posted')), 0) AS minor
          FROM invite AS i JOIN invite_standing AS s ON s.id = i.id
         WHERE i.ref = ?
        """,
        (ref,),
    )
    assert row is not None
    return Stands(*row)


def balances(tx: Transaction) -> dict[str, tuple[int, int]]:
    """(posted, held) of every account that is not empty, by name and currency; budgets' sides left out."""
    rows = tx.rows(
        """
        SELECT name || ' ' || currency AS name, credits_posted - debits_posted AS posted,
               credits_pending - debits_pending AS held
          FROM account_balance ORDER BY name
        """
    )
    return {row["name"]: (row["posted"], row["held"]) for row in rows if row["posted"] or row["held"]}
