"""What changes a message a gateway told of: edits, taking back, reactions and votes, theirs and those of our phone. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from waconsole.whatsapp.events import Event, MessageChanged, Noted, PhoneChanged
from waconsole.whatsapp.gateway import messages
from waconsole.whatsapp.gateway.addresses import MessageId, is_group, message_id, plain
from waconsole.whatsapp.gateway.envelope import Told, moment_of, once
from waconsole.whatsapp.gateway.messages import Faulty
from waconsole.whatsapp.lenient import clean

API: Final = "api"  # what we did by it is known before it leaves; the rest was done on the phone
IN_MILLISECONDS: Final = 10**11  # a larger moment is said in these
OPTIONS_MAX: Final = 100
OPTION_LENGTH_MAX: Final = 256

# (what tells it apart, the event)
Placed = tuple[str, Event]


def reaction(told: Told) -> Iterator[Placed]:
    """Somebody put something under a message, or took it away. Raises Faulty."""
    named = messages.named(told.payload)
    put = told.payload.get("reaction")
    target = message_id(put.get("messageId")) if isinstance(put, dict) else None
    if target is None:
        raise Faulty("it names no message.")
    if named.ours and told.payload.get("source") == API:
        yield f"reaction|{once(told)}", Noted("a reaction of ours")
        return
    # The engine writes the key as the one who reacted sees it: what is theirs may be called ours.
    theirs = MessageId(False, named.chat, target.short, target.participant if is_group(named.chat) else "")
    first, other = (theirs.full, target.short) if not target.ours else (target.short, theirs.full)
    emoji = put.get("text") if isinstance(put, dict) else ""
    emoji = clean(emoji) if isinstance(emoji, str) else ""
    change = _change(told, named, "reaction", first, emoji)
    yield f"reaction|{named.short}", replace(change, also=(other,))


def edited(told: Told) -> Iterator[Placed]:
    """A message says something else. Raises Faulty."""
    named = messages.named(told.payload)
    target = replace(named, short=messages.short(told.payload.get("editedMessageId")))
    yield f"edit|{named.short}", _change(told, named, "edit", target.kept, messages.text_of(told.payload))


def revoked(told: Told) -> Iterator[Placed]:
    """A message was taken back: by who wrote it, or by an admin. Raises Faulty."""
    after, before = told.payload.get("after"), told.payload.get("before")
    if not isinstance(after, dict):
        raise Faulty("it does not say who took it back.")
    inner = replace(told, payload=after)
    named = messages.named(after)
    if named.ours and after.get("source") == API:
        yield f"revoke|{once(told)}", Noted("taken back by us")
        return
    known = message_id(before.get("id")) if isinstance(before, dict) else None
    if known is None:
        short = messages.short(told.payload.get("revokedMessageId"))
        author = messages.revoked_author(told.payload) if is_group(named.chat) else ""
        author = author or named.participant
        ours = named.ours and author in ("", named.participant, *told.me)
        known = MessageId(ours, named.chat, short, author)
    change = _change(inner, named, "revoke", known.kept, "")
    # An admin takes back what others wrote, ours too.
    also = (known.short,) if known.participant != named.participant and not known.ours else ()
    yield f"revoke|{named.short}", replace(change, also=also)


def vote(told: Told) -> Iterator[Placed]:
    """Somebody chose among the options of a poll; none takes the vote back. Raises Faulty."""
    cast, poll = told.payload.get("vote"), told.payload.get("poll")
    target = message_id(poll.get("id")) if isinstance(poll, dict) else None
    chosen = cast.get("selectedOptions") if isinstance(cast, dict) else None
    if target is None or not isinstance(cast, dict) or not isinstance(chosen, list):
        raise Faulty("it does not say which poll, or what was chosen.")
    if is_group(target.chat) and not (target.ours or target.participant):
        target = replace(target, participant=plain(poll.get("participant")) if isinstance(poll, dict) else "")
    named = messages.named(cast)
    options = [clean(one)[:OPTION_LENGTH_MAX] for one in chosen[:OPTIONS_MAX] if isinstance(one, str)]
    words = json.dumps(options, ensure_ascii=False)
    change = _change(replace(told, payload=cast), named, "vote", target.kept, words)
    change = replace(change, at=change.at + _part_of_second(cast.get("timestamp")))
    # A poll of ours may be called theirs, as the one who votes sees it.
    yield f"vote|{named.short}", change if target.ours else replace(change, also=(target.short,))


def _part_of_second(moment: Any) -> int:
    """The microseconds of a moment beyond its whole second: who taps another option does so within one."""
    if isinstance(moment, bool) or not isinstance(moment, int) or moment < IN_MILLISECONDS:
        return 0
    return moment % 1000 * 1000


def _change(told: Told, named: MessageId, kind: Any, target: str, text: str) -> MessageChanged | PhoneChanged:
    if named.ours:
        return PhoneChanged(kind=kind, target=target, wamid=named.full, at=moment_of(told), text=text)
    return MessageChanged(
        kind=kind,
        target=target,
        wamid=named.full,
        sender=messages.sender(told.payload, named),
        group_id=named.chat if is_group(named.chat) else None,
        at=moment_of(told),
        text=text,
    )
