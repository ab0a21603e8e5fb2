"""`invites add|correct|dispute|read …`: what an operator says of who brought whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.invites import reading, service_codes, service_words, store_codes
from waconsole.invites.days import first_instant
from waconsole.invites.service_senders import programme_by_id
from waconsole.invites.service_words import Said
from waconsole.invites.share import DASH
from waconsole.invites.store_invites import Standing
from waconsole.members import store as members
from waconsole.members.model import masked
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.text import safe

ACT: Final = "invites.correct"


def _row(tx: Transaction, one: Standing) -> dict[str, Any]:
    """An invite as `invites list` says it, as far as a word on it goes."""
    referrer, invitee = (members.member_by_id(tx, who) for who in (one.referrer_id, one.invitee_id))
    return {
        "invite": one.ref,
        "referrer": {"member": referrer.ref, "phone": referrer.phone},
        "invitee": {"member": invitee.ref, "phone": invitee.phone},
        "programme": programme_by_id(tx, one.programme_id).name,
        "confidence": one.confidence,
        "refusal": one.refusal or None,
        "channel": one.channel or None,
        "invited_at": iso(one.invited_at),
        "arrived_at": None if one.arrived_at is None else iso(one.arrived_at),
    }


def _shown(who: Mapping[str, Any]) -> str:
    return masked(who["phone"]) if who["phone"] else str(who["member"])


async def _said(
    database: Database, call: Invocation, work: Callable[[Transaction, Operator], Said]
) -> Answer:
    """Somebody's word on an invite, by whoever may say it."""

    def decide(tx: Transaction) -> dict[str, Any]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        authority.authorize(tx, actor, ACT, now=call.now)
        said = work(tx, actor)
        instead = None if said.instead_of is None else said.instead_of.ref
        return _row(tx, said.invite) | {"instead_of": instead, "changed": said.changed}

    row = await database.write(decide)
    brought = " brought ".join(_shown(who) for who in (row["referrer"], row["invitee"]))
    line = f"{row['invite']}  {brought}  {row['confidence']}"
    return Answer(row, (safe(f"{line}  {row['refusal'] or ''}".rstrip()),))


async def _correct(database: Database, call: Invocation) -> Answer:
    values = call.values
    return await _said(
        database,
        call,
        lambda tx, actor: service_words.correct(
            tx, actor, values["invite"], values["referrer"], reason=values["reason"], now=call.now
        ),
    )


async def _dispute(database: Database, call: Invocation) -> Answer:
    return await _said(
        database,
        call,
        lambda tx, actor: service_words.dispute(
            tx, actor, call.values["invite"], reason=call.values["reason"], now=call.now
        ),
    )


async def _add(database: Database, call: Invocation) -> Answer:
    values = call.values

    def work(tx: Transaction, actor: Operator) -> Said:
        zone = call.settings.shop.timezone or facts.fact(tx, facts.SHOP_ZONE) or "UTC"
        return service_words.add(
            tx, actor, values["referrer"], values["invitee"], values["programme"],
            at=None if values["at"] is None else first_instant(values["at"], zone), reason=values["reason"] or "",
            now=call.now,
        )  # fmt: skip

    return await _said(database, call, work)


async def _read(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        found = reading.read(call.values["text"], service_codes.known_at(tx, call.now))
        row: dict[str, Any] = {
            "code": found.code or None, "confidence": found.confidence or None, "fault": found.fault or None,
            "referrer": None, "programme": None, "channel": None, "in_force": None,
        }  # fmt: skip
        if not found.confidence:
            return row
        codes = store_codes.codes_named(tx, [found.code, found.code + DASH + found.suffix])
        own, place = codes[found.code], codes.get(found.code + DASH + found.suffix)
        member = members.member_by_id(tx, own.member_id)
        return row | {
            "referrer": {"member": member.ref, "phone": member.phone}, "programme": own.programme, "in_force": own.is_in_force(call.now),
            "channel": None if place is None else place.channel,
        }  # fmt: skip

    row = await database.read(work)
    if not row["confidence"]:
        return Answer(row, (SENTENCES[row["fault"]],))
    line = f"{row['code']} ({row['confidence']}): {_shown(row['referrer'])}, {row['programme']}"
    return Answer(row, (safe(line if row["in_force"] else f"{line}, no longer in force"),))


SENTENCES: Final = {
    "none": "No code stands there.",
    "unknown": "What stands there has the form of a code and was never given out.",
    "several": "More than one code could be meant: nothing is guessed.",
}
_INVITE: Final = Argument("invite", "its name, as `invites list` shows it")
_WHO: Final = "a ref, a phone number with + or a name"

COMMANDS: Final[list[Command]] = [
    Command(("invites", "add"), "Write by hand who brought whom.", _add, (
        Argument("referrer", f"{_WHO}, or a code of theirs"), Argument("invitee", _WHO),
        Argument("--programme", "under which programme", required=True, metavar="P"),
        Argument("--at", "when they came: 2026-11-01, or an instant; without it, now", metavar="T"),
        Argument("--reason", "how you know"),
    )),
    Command(("invites", "correct"), "Say who really brought the friend of an invite.", _correct, (
        _INVITE, Argument("--referrer", _WHO, required=True, metavar="MEMBER"),
        Argument("--reason", "how you know", required=True),
    )),
    Command(("invites", "dispute"), "Hold what an invite earns until it is corrected.", _dispute, (
        _INVITE, Argument("--reason", "what is wrong with it", required=True),
    )),
    Command(("invites", "read"), "Which code a text holds, as a friend's first message is read.", _read, (
        Argument("text", "what they wrote"),
    ), writes=False),
]  # fmt: skip
