"""A message to a member or a group, wherever it is typed: find who is meant, write it, queue it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.groups import store as groups
from waconsole.groups import store_live as live_groups
from waconsole.groups import store_standing
from waconsole.inbox import service_reply
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox.store_live import message_of
from waconsole.members import store as members
from waconsole.members.model import e164, looks_like_phone
from waconsole.operators import service as operators
from waconsole.outbox import store as outbox
from waconsole.outbox import store_numbers as numbers
from waconsole.outbox.service_limits import limits_in_force
from waconsole.settings import Settings
from waconsole.whatsapp.content import Content, Reaction, Template, Text, file_of
from waconsole.whatsapp.driver import RecipientKind
from waconsole.whatsapp.gateway.addresses import is_group as is_gateway_group
from waconsole.whatsapp.limits import fault

# Meta's forms: a BSUID is a country code, a dot and up to 128 letters and digits (since 2026); a group id of
# the Cloud API one long word with digits in it.
_BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_GROUP_ID: Final = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9+/=_@.-]{15,256}")

BY_HAND: Final = "by hand"
REPLY: Final = "reply"


@dataclass(frozen=True, slots=True)
class Sending:
    """A message as it was queued: its outgoing row's ref, the state it came to and why.

    `quotes` says that it answers a message of its thread, `file` is the SHA-256 of our copy that goes with it.
    """

    outgoing: str
    state: str
    reason: str
    quotes: bool
    file: str = ""


def our_number(tx: Transaction, settings: Settings, *, now: int) -> int | None:
    """The number that sends: the one of the settings, else the first this ledger knows; None: a human hand."""
    cloud, gateway = settings.cloud, settings.gateway
    if gateway.enabled:
        numbers.add_gateway(
            tx, session=gateway.session, name=f"gateway {gateway.session}", phone=None, now=now
        )
    if not cloud.phone_number_id:
        return outbox.cloud_number(tx)
    return outbox.ensure_number(
        tx, phone_number_id=cloud.phone_number_id, waba_id=cloud.waba_id, name=f"WhatsApp {cloud.phone_number_id}",
        phone=None, now=now,
    )  # fmt: skip


async def send_text(
    database: Database,
    settings: Settings,
    to: str,
    text: str,
    *,
    reply_to: str | None,
    operator: str | None,
    now: int,
) -> Sending:
    """Queue a text, as `send_content`: by hand written, it is a reply."""
    return await send_content(
        database, settings, to, Text(text), purpose=REPLY, reply_to=reply_to, operator=operator, now=now
    )


async def send_content(
    database: Database,
    settings: Settings,
    to: str,
    content: Content | Callable[[Transaction, int | None], Content],
    *,
    purpose: str,
    reply_to: str | None,
    operator: str | None,
    now: int,
) -> Sending:
    """Queue a content in one transaction: who is meant, the thread, the message, its outgoing row, the act.

    `to` is a phone number, a BSUID, WhatsApp's id of a group, or whatever else names a member or a
    group. `reply_to` is the wamid that is quoted; one that is not of this thread is left out. A content that
    must be looked up is a function of the transaction and our number; a template's purpose is that of its category.
    Without a number of the Cloud API it becomes a task for a human hand. Raises Refused and NotFound.
    """

    def work(tx: Transaction) -> Sending:
        number_id = our_number(tx, settings, now=now)
        conversation_id = thread_with(tx, to, number_id, now=now)
        said = content(tx, number_id) if callable(content) else content
        driver = service_reply.driver_of(tx, conversation_id)
        _must_fit(tx, conversation_id, said, driver, now=now)
        wanted = said.target if isinstance(said, Reaction) else reply_to
        answers = _answered(tx, wanted, conversation_id, must=isinstance(said, Reaction))
        acting = operators.acting(tx, operator, now=now)
        outgoing_id = service_reply.write_out(
            tx, acting, conversation_id, said, answers=answers, verb="send", now=now,
            purpose=purpose_of(said, purpose),
        )  # fmt: skip
        row = outbox.outgoing_rows(tx, [outgoing_id])[0]
        is_task = outbox.task_of_outgoing(tx, outgoing_id) is not None
        reason = BY_HAND if is_task else row["reason"]
        return Sending(row["outgoing"], row["state"], reason, answers is not None, file_of(said))

    return await database.write(work)


def purpose_of(content: Content, purpose: str) -> str:
    """A template is what WhatsApp takes it for: marketing, or a service; anything else is what it was asked as."""
    if not isinstance(content, Template):
        return purpose
    return "marketing" if content.category == "MARKETING" else "service"


def _must_fit(tx: Transaction, conversation_id: int, content: Content, driver: str, *, now: int) -> None:
    """Raise Refused for what WhatsApp would not take there."""
    recipient: RecipientKind = "phone"
    row = conversations.conversation(tx, conversation_id)
    if row["group_id"] is not None:
        recipient = "group"
    elif members.member_by_id(tx, row["member_id"]).phone is None:
        recipient = "bsuid"
    if wrong := fault(content, recipient, limits_in_force(tx, now=now), driver=driver):
        raise Refused(wrong)


def _answered(tx: Transaction, wamid: str | None, conversation_id: int, *, must: bool) -> int | None:
    """The message of that wamid in this thread; None for another one, which a reaction `must` not be."""
    found = message_of(tx, wamid) if wamid else None
    if found is not None and found["conversation_id"] == conversation_id:
        return int(found["id"])
    if found is not None and must:
        raise Refused(
            "That message stands in another thread: name whom it is from or to, or the group, with --to."
        )
    return None


def thread_with(tx: Transaction, to: str, number_id: int | None, *, now: int) -> int:
    """The conversation with whom `to` names, made when there is none. Raises NotFound and Refused."""
    to = to.strip()
    known = live_groups.group_by_whatsapp_id(tx, to)
    if known is not None:
        return _with_group(tx, known["id"], number_id)
    phone = e164(to) if looks_like_phone(to) else None
    if phone is not None:
        return _with_member(tx, _ensured(tx, phone=phone, bsuid=None, now=now), number_id)
    if _BSUID.fullmatch(to):
        return _with_member(tx, _ensured(tx, phone=None, bsuid=to, now=now), number_id)
    group = groups.group_by_name(tx, to)
    member_id = _named(tx, to)
    if group is not None and member_id is not None:
        raise Refused(f"{to} names a group ({group.ref}) and a member: name one by its ref or number.")
    if member_id is not None:
        return _with_member(tx, member_id, number_id)
    if group is not None:
        return _with_group(tx, group.id, number_id)
    if _GROUP_ID.fullmatch(to):
        driver = "gateway" if is_gateway_group(to) else "cloud"
        return _with_group(tx, live_groups.ensure_group(tx, to, now=now, driver=driver)["id"], number_id)
    raise NotFound(
        f"Nobody is known as {to}: name a number with +, a BSUID, a group's id, a member or a group."
    )


def _ensured(tx: Transaction, *, phone: str | None, bsuid: str | None, now: int) -> int:
    return members.ensure_member(tx, phone=phone, bsuid=bsuid, origin="live", now=now, seen_at=now)


def _named(tx: Transaction, who: str) -> int | None:
    """The member of that ref or name; None when there is none. Raises NotFound when there are several."""
    try:
        return members.member_named(tx, who).id
    except NotFound as error:
        if "more than one" in str(error):
            raise
        return None


def _with_member(tx: Transaction, member_id: int, number_id: int | None) -> int:
    number = outbox.hand_number_id(tx) if number_id is None else number_id
    known = conversations.with_member(tx, number_id=number, member_id=member_id)
    if known is not None:
        return known
    # Where no number of the Cloud API is, who wrote to a gateway's phone is answered by it; it opens no conversation.
    linked = _gateway_of(tx) if number_id is None else None
    if linked is not None:
        answered = conversations.with_member(tx, number_id=linked, member_id=member_id)
        if answered is not None:
            return answered
    ref = members.member_by_id(tx, member_id).ref
    return conversations.add_member_conversation(tx, number_id=number, member_id=member_id, member_ref=ref)


def _with_group(tx: Transaction, group_id: int, number_id: int | None) -> int:
    """A group that the API reaches is written to with our number, a gateway's with its phone; any other as it always was."""
    group = groups.group_by_id(tx, group_id)
    if group.driver == "gateway":
        number_id = _gateway_of(tx, group_id)
    if group.driver in ("cloud", "gateway") and number_id is not None:
        number, known_id = number_id, conversations.with_group(tx, number_id=number_id, group_id=group_id)
    else:
        number, known_id = outbox.hand_number_id(tx), conversations.conversation_of_group(tx, group_id)
    if known_id is not None:
        return known_id
    return conversations.add_group_conversation(
        tx, number_id=number, group_id=group_id, group_ref=group.ref, read_through_at=0, run_id=0
    )


def _gateway_of(tx: Transaction, group_id: int | None = None) -> int | None:
    """The number of the phone that reaches a gateway's group, else the first phone of a gateway; None without one."""
    if group_id is not None and (known := store_standing.standing(tx, group_id)["number_id"]) is not None:
        return int(known)
    return next((row["id"] for row in numbers.all_numbers(tx) if row["driver"] == "gateway"), None)
