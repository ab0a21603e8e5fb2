"""What the gateway tells: messages and what becomes of them, groups, who comes, goes and asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.waha_hub import Hub
from waconsole.whatsapp.sandbox.waha_people import Asker, Circle, Said, Someone
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import ACKS, Shapes, group_info, participant, raw_address
from waconsole.whatsapp.sandbox.waha_world import WahaWorld, seconds

SERVER: Final = 1
DEVICE: Final = 2
READ: Final = 3
ROLES: Final[Mapping[str, str]] = {
    "join": "participant", "leave": "left", "promote": "admin", "demote": "participant",
}  # fmt: skip


class WahaTeller:
    """Puts what happens into WAHA's words, for every session that is at work."""

    def __init__(
        self, world: WahaWorld, hub: Hub, sessions: Sessions, shapes: Shapes, timeline: Timeline
    ) -> None:
        """Everything that happens goes through here, whoever caused it."""
        self._world = world
        self._hub = hub
        self._sessions = sessions
        self._shapes = shapes
        self._timeline = timeline

    def _tell(self, kind: str, payload: Mapping[str, Any]) -> None:
        for one in self._sessions.all():
            if one.status == "WORKING":
                self._hub.tell(one.name, kind, payload)

    def _at(self) -> int:
        """Seconds, as WAHA's documents say; the engine itself writes milliseconds in what is about groups."""
        now = self._world.now()
        return now // 1000 if self._world.faults.hits("gateway_other_shapes") else seconds(now)

    # -- messages

    def said(self, message: Said) -> None:
        """A message exists: `message` when others wrote it, `message.any` in any case."""
        payload = self._shapes.message(message)
        if not message.ours:
            self._tell("message", payload)
        self._tell("message.any", payload)

    def went_out(self, message: Said) -> None:
        """Plan what becomes of a message of ours: its echo, and what its readers' phones say."""
        dials, after = self._world.faults.dials, self._timeline.after
        after(dials.sent_after_seconds, partial(self.said, message))
        if not message.in_group:
            after(dials.sent_after_seconds, partial(self.acked, message, SERVER, None))
            after(dials.delivered_after_seconds, partial(self.acked, message, DEVICE, None))
            if self._world.faults.hits("read_share"):
                after(dials.read_after_seconds, partial(self.acked, message, READ, None))
            return
        readers = [one for one in self._world.group(message.chat).roles if one is not self._world.us]
        for reader in readers[: dials.gateway_readers]:
            after(dials.delivered_after_seconds, partial(self.acked, message, DEVICE, reader))
            after(dials.read_after_seconds, partial(self.acked, message, READ, reader))

    def acked(self, message: Said, ack: int, reader: Someone | None) -> None:
        """A message of ours got so far: `message.ack`, in a group `message.ack.group` for each reader."""
        if message.revoked:
            return
        message.ack = max(message.ack, ack)
        places = self._shapes.places(message, reader or message.author)
        payload = {
            "id": message.whole_id, **places, "fromMe": message.ours, "ack": ack, "ackName": ACKS[ack], "_data": {},
        }  # fmt: skip
        self._tell("message.ack.group" if message.in_group else "message.ack", payload)

    def reacted(self, target: Said, by: Someone, emoji: str) -> None:
        """Somebody reacts to a message; an empty emoji takes it away."""
        mine = self._passing(target, by)
        payload = {
            "id": mine.whole_id, "timestamp": seconds(mine.at), **self._shapes.places(mine, by),
            "fromMe": mine.ours, "source": "api" if mine.ours else "app",
            "reaction": {"text": emoji, "messageId": target.whole_id},
        }  # fmt: skip
        self._tell("message.reaction", payload)

    def edited(self, target: Said, by: Someone, body: str) -> None:
        """A message says something else from now on."""
        mine = self._passing(target, by)
        row = self._shapes.message(mine, body=body, with_media=False)
        self._tell("message.edited", row | {"editedMessageId": target.id})

    def revoked(self, target: Said, by: Someone) -> None:
        """A message was taken back, by its author or a group's admin."""
        mine = self._passing(target, by)
        after = self._shapes.message(mine, with_media=False) | {"body": None}
        author = raw_address(target.author.address)
        named = {"ID": target.id, "remoteJID": target.chat, "fromMe": target.ours, "participant": author}
        data = after["_data"] | {"Message": {"protocolMessage": {"type": 0, "key": named}}}
        after["_data"] = data
        payload = {"after": after, "before": None, "revokedMessageId": target.id, "_data": data}
        self._tell("message.revoked", payload)

    def voted(self, poll: Said, by: Someone, options: Sequence[str]) -> None:
        """Somebody chose among the options of a poll; none takes the vote back."""
        mine = self._passing(poll, by)
        of_poll = self._shapes.places(poll, poll.author)
        of_vote = self._shapes.places(mine, by)
        vote = {
            "id": mine.whole_id, **of_vote, "fromMe": mine.ours, "selectedOptions": list(options),
            "timestamp": mine.at // 1000,
        }  # fmt: skip
        about = {"id": poll.whole_id, **of_poll, "fromMe": poll.ours}
        self._tell("poll.vote", {"vote": vote, "poll": about, "_data": {}})

    def _passing(self, target: Said, by: Someone) -> Said:
        """A message that is not kept: what carries a reaction, a vote, a change."""
        ours = by is self._world.us
        by.shown = True
        return Said(self._world.new_id(), target.chat, by, ours, self._world.now(), "change", "")

    # -- groups

    def moved(
        self, group: Circle, kind: Literal["join", "leave", "promote", "demote"], people: Iterable[Someone]
    ) -> None:
        """Some came, went, became admin or are it no more."""
        rows = [participant(one, ROLES[kind]) for one in people]
        payload = {
            "type": kind, "timestamp": self._at(), "group": {"id": group.id}, "participants": rows, "_data": {},
        }  # fmt: skip
        if rows:
            self._tell("group.v2.participants", payload)

    def changed(self, group: Circle, **what: Any) -> None:
        """A group is called something else, or has other rules: only what changed stands there."""
        payload = {"timestamp": self._at(), "group": {"id": group.id, **what}, "_data": {}}
        self._tell("group.v2.update", payload)

    def entered(self, group: Circle) -> None:
        """We are in a group now."""
        self._tell("group.v2.join", {"timestamp": self._at(), "group": group_info(group), "_data": {}})

    def left(self, group: Circle) -> None:
        """We are in a group no more; it comes twice, as about us and as about one of its people."""
        self._tell("group.v2.leave", {"timestamp": self._at(), "group": {"id": group.id}, "_data": {}})
        self.moved(group, "leave", (self._world.us,))

    def asked(self, group: Circle, one: Asker, action: Literal["created", "rejected", "revoked"]) -> None:
        """Somebody asks to come in, was declined, or asks no more."""
        payload = {
            "group": {"id": group.id}, "action": action, "requesterId": one.person.address,
            "requesterPn": one.person.known_phone or None, "requestMethod": one.by, "timestamp": self._at(),
            "_data": {},
        }  # fmt: skip
        self._tell("group.v2.participants.join-request", payload)
