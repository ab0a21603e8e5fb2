"""A programme, people who bring friends, and friends who write: what the tests of arrivals stand on."""

from __future__ import annotations

from typing import Any, Final

from tests.conftest import NOW
from tests.invites.programmes import LIN, person, who
from waconsole.clock import HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.invites import service_codes, service_programmes, store_arrivals
from waconsole.invites.service_arrivals import Taken, look
from waconsole.invites.store_codes import Code
from waconsole.members import store as members
from waconsole.outbox import store_numbers
from waconsole.policy import store as policy
from waconsole.policy.service import set_version
from waconsole.sync import arriving, intake_live, process_rules
from waconsole.whatsapp.events import MessageReceived, Sender

TERMS: Final = {"reward.each": "cashback 8.00 HKD", "budget": "4000.00 HKD"}
FRIEND, OTHER = "+85260000001", "+85260000002"


def number(tx: Transaction) -> int:
    """Our number, with a phone."""
    return store_numbers.ensure_number(
        tx, phone_number_id="100000000000001", waba_id="2", name="shop", phone="+85230000000", now=NOW
    )


def programme(tx: Transaction, name: str = "spring", *, now: int = NOW, **terms: str) -> None:
    """A programme that earns."""
    value: dict[str, Any] = TERMS | {key.replace("__", "."): text for key, text in terms.items()}
    service_programmes.create(tx, who(tx, "ann"), name, value, valid_from=None, is_draft=False, now=now)


def code(
    tx: Transaction, phone: str = LIN, name: str = "spring", *, now: int = NOW, channel: str = ""
) -> Code:
    """The code of a member, who is made where they are new."""
    person(tx, phone)
    return service_codes.give(tx, phone, name, channel=channel, now=now)[0]


def writes(
    tx: Transaction,
    text: str,
    phone: str = FRIEND,
    *,
    at: int = NOW + HOUR,
    wamid: str = "",
    group: str | None = None,
    ad: bool = False,
) -> int:
    """A friend writes to us; answers the message's id."""
    event = MessageReceived(
        wamid=wamid or f"wamid.{phone}.{at}.{text[:8]}", sender=Sender(phone, None), group_id=group, at=at, type="text",
        text=text, media=None, reply_to=None, forwarded=False,
        referral={"source_type": "ad", "source_id": "7", "headline": "Sale"} if ad else None, raw={},
    )  # fmt: skip
    intake_live.take(tx, event, number(tx), process_rules.rules_in_force(tx, now=at), now=at + SECOND)
    return int(tx.value("SELECT max(id) FROM message"))


def arrive(tx: Transaction, *, now: int = NOW + 2 * HOUR) -> Taken:
    """What sync does, within the transaction of the test."""
    done = Taken()
    found, through = look(tx)
    for one in found:
        arriving.take(tx, [one], done, now=now)
    store_arrivals.set_mark(tx, through)
    return done


def invites(tx: Transaction) -> list[tuple[str, str, str, str, str]]:
    """Every invite as (referrer, invitee, channel, confidence, refusal), in the order in which it was written."""
    rows = tx.rows("SELECT referrer_id, invitee_id, channel, confidence, refusal FROM invite ORDER BY id")
    return [
        (_phone(tx, row["referrer_id"]), _phone(tx, row["invitee_id"]), row["channel"], row["confidence"], row["refusal"])
        for row in rows
    ]  # fmt: skip


def _phone(tx: Transaction, member_id: int) -> str:
    return members.member_by_id(tx, member_id).phone or ""


def outcomes(tx: Transaction) -> list[str]:
    """What messages said, in order."""
    return [row["outcome"] for row in tx.rows("SELECT outcome FROM arrival ORDER BY id")]


def sent(tx: Transaction) -> list[str]:
    """The texts that wait to be sent."""
    return [row["text"] for row in tx.rows("SELECT text FROM outgoing ORDER BY id")]


def ask_who(tx: Transaction, *, now: int = NOW) -> None:
    """The shop wants friends to be asked who sent them."""
    value, _ = policy.in_force(tx, "referral.ask_who", now=now)
    set_version(
        tx, "referral.ask_who", {**value, "value": "on"}, says=value["says"], reason="we want to know", valid_from=now,
        set_by=who(tx, "ann"), now=now,
    )  # fmt: skip
