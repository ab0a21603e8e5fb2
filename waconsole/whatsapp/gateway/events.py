"""What a gateway tells: one envelope of an event taken apart into `whatsapp.events`. WAHA 2026.8.2, engine GOWS.

The same thing has the same key whether it
came by webhook, by socket or out of the history: a message by its own id, an acknowledgement by what it says,
all else by the envelope's id. Of `_data`, which is the engine's own, only a name and a number behind a hidden id
are read, where they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from waconsole.whatsapp.events import (
    Event,
    GroupMemberChanged,
    GroupRoleChanged,
    GroupTold,
    Item,
    JoinRequested,
    Noted,
    SessionChanged,
    StatusChanged,
    Unplaced,
)
from waconsole.whatsapp.gateway import changes, messages
from waconsole.whatsapp.gateway.addresses import MessageId, is_group, plain
from waconsole.whatsapp.gateway.envelope import Told, envelope, is_word, key_of, moment_of, once
from waconsole.whatsapp.gateway.group_shapes import PEOPLE_MAX, group_seen, person_of
from waconsole.whatsapp.gateway.messages import Faulty
from waconsole.whatsapp.gateway.session import STATES

# What we write ourselves around what we asked for: a group as it stands, and who is in it.
GROUP_LOOKED_AT: Final = "waconsole.group"
PEOPLE_SEEN: Final = "waconsole.people"
LISTENED_TO: Final = (
    "session.status",
    "message.any",
    "message.ack",
    "message.ack.group",
    "message.reaction",
    "message.edited",
    "message.revoked",
    "poll.vote",
    "group.v2.join",
    "group.v2.leave",
    "group.v2.update",
    "group.v2.participants",
    "group.v2.participants.join-request",
)

# WAHA's acknowledgements: 0 has not left the phone, and says nothing that is not known.
_STATUSES: Final[Mapping[int, str]] = {-1: "failed", 1: "sent", 2: "delivered", 3: "read", 4: "played"}
_CHANNELS: Final = {"invite_link": "link"}
_ACTIONS: Final = {"created": "created", "revoked": "revoked", "rejected": "declined"}


# (what tells it apart, the event)
_Placed = tuple[str, Event]


def number_ref(session: str) -> str:
    """The ref of the number that stands for a gateway's session."""
    return f"number-gateway-{session}"


def items(body: bytes) -> list[Item]:
    """Everything one envelope says, in its order. Raises Unreadable when it is none of a gateway's."""
    told = envelope(body)
    raw = body.decode("utf-8", "replace")
    number = number_ref(told.session)
    found: list[Item] = []
    try:
        for key, event in _READERS.get(told.event, _unplaced)(told):
            found.append(Item(key_of(told, key), number, event, "", raw))
    except Faulty as error:
        found.append(Item(key_of(told, f"fault|{once(told)}"), number, None, f"{told.event}: {error}", raw))
    return found


def _message(told: Told) -> Iterator[_Placed]:
    if messages.is_no_chat(told.payload):
        yield f"message|{once(told)}", Noted("a status post or a channel")
        return
    named = messages.named(told.payload)
    scope = named.chat if is_group(named.chat) else ""
    if not named.ours:
        yield (
            f"message|{scope}|{named.short}",
            messages.received(told.payload, named, told.me, at=moment_of(told)),
        )
        return
    yield from _acknowledged(told, named)
    if told.payload.get("source") != changes.API:
        sent = messages.sent_by_phone(told.payload, named, told.me, at=moment_of(told))
        yield f"message|{scope}|{named.short}", sent


def _ack(told: Told) -> Iterator[_Placed]:
    named = messages.named(told.payload)
    if named.ours:
        yield from _acknowledged(told, named)
    else:
        yield f"ack|{once(told)}", Noted("an acknowledgement of ours")


def _acknowledged(told: Told, named: MessageId) -> Iterator[_Placed]:
    ack = told.payload.get("ack")
    status = _STATUSES.get(ack) if isinstance(ack, int) and not isinstance(ack, bool) else None
    if status is None:
        yield f"ack|{once(told)}", Noted("not sent yet")
        return
    by = ""
    if told.event == "message.ack.group":
        by = plain(told.payload.get("participant"))
        by = "" if by in told.me else by
    status_changed = StatusChanged(
        wamid=named.kept, status=status, at=told.at or moment_of(told), recipient=named.chat, participant=by or None,
        opaque=None, code=None, detail="The phone could not send it." if status == "failed" else "", pricing=None,
    )  # fmt: skip
    yield f"ack|{named.short}|{by}|{ack}", status_changed


def _participants(told: Told) -> Iterator[_Placed]:
    group_id = _group_id(told)
    people, act = told.payload.get("participants"), told.payload.get("type")
    if not isinstance(people, list) or act not in ("join", "leave", "promote", "demote"):
        raise Faulty("it does not say who came or went.")
    for place, one in enumerate(people[:PEOPLE_MAX]):
        who = messages.participant(one)
        key = f"participants|{once(told)}|{place}"
        at = moment_of(told)
        if who is None:
            yield key, Unplaced("gateway", "a participant without a number")
        elif act in ("join", "leave"):
            yield key, GroupMemberChanged(group_id, who, "joined" if act == "join" else "left", "", at)
        else:
            yield key, GroupRoleChanged(group_id, who, "admin" if act == "promote" else "member", at)


def _people(told: Told) -> Iterator[_Placed]:
    """Who is in a group, whoever saw them come."""
    group_id = _group_id(told)
    people = told.payload.get("participants")
    for place, one in enumerate(people[:PEOPLE_MAX] if isinstance(people, list) else []):
        who, seen = messages.participant(one), person_of(one)
        if who is not None and seen is not None:
            yield (
                f"people|{once(told)}|{place}",
                GroupRoleChanged(group_id, who, seen.role, moment_of(told)),
            )


def _join_request(told: Told) -> Iterator[_Placed]:
    group_id = _group_id(told)
    requester, number = plain(told.payload.get("requesterId")), plain(told.payload.get("requesterPn"))
    who = messages.participant({"id": requester, "pn": number})
    action = _ACTIONS.get(str(told.payload.get("action")))
    if who is None or action is None:
        raise Faulty("it does not say who asked, or what became of that.")
    method = told.payload.get("requestMethod")
    channel = _CHANNELS.get(method, method) if isinstance(method, str) and is_word(method) else ""
    yield (
        f"join-request|{once(told)}",
        JoinRequested(group_id, requester, who, action, channel, moment_of(told)),  # type: ignore[arg-type]
    )


def _group(told: Told) -> Iterator[_Placed]:
    seen = group_seen(told.payload.get("group"))
    if seen is None:
        raise Faulty("it names no group.")
    yield f"group|{once(told)}", GroupTold(seen, moment_of(told))


def _we_joined(told: Told) -> Iterator[_Placed]:
    for key, event in _group(told):
        if isinstance(event, GroupTold):
            yield key, replace(event, group=replace(event.group, suspended=False))


def _we_left(told: Told) -> Iterator[_Placed]:
    seen = group_seen(told.payload.get("group"))
    if seen is None:
        raise Faulty("it names no group.")
    yield f"group|{once(told)}", GroupTold(replace(seen, suspended=True), moment_of(told))


def _session(told: Told) -> Iterator[_Placed]:
    state = told.payload.get("status")
    if not isinstance(state, str) or state not in STATES:
        raise Faulty("it names no state.")
    yield f"session|{once(told)}", SessionChanged(told.session, state, told.at)


def _unplaced(told: Told) -> Iterator[_Placed]:
    yield once(told), Unplaced("gateway", told.event)


def _group_id(told: Told) -> str:
    group = told.payload.get("group")
    found = plain(group.get("id")) if isinstance(group, dict) else ""
    if not is_group(found):
        raise Faulty("it names no group.")
    return found


_READERS: Final[Mapping[str, Callable[[Told], Iterator[_Placed]]]] = {
    "message": _message,
    "message.any": _message,
    "message.ack": _ack,
    "message.ack.group": _ack,
    "message.reaction": changes.reaction,
    "message.edited": changes.edited,
    "message.revoked": changes.revoked,
    "poll.vote": changes.vote,
    "group.v2.join": _we_joined,
    "group.v2.update": _group,
    GROUP_LOOKED_AT: _group,
    "group.v2.leave": _we_left,
    "group.v2.participants": _participants,
    PEOPLE_SEEN: _people,
    "group.v2.participants.join-request": _join_request,
    "session.status": _session,
}
