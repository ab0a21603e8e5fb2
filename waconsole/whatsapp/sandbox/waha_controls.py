"""What a test or a rehearsal may let the people of the gateway's groups do, and see of it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.samples import SAMPLES
from waconsole.whatsapp.sandbox.waha_cast import BIG
from waconsole.whatsapp.sandbox.waha_doors import WahaDoors
from waconsole.whatsapp.sandbox.waha_hub import Hub
from waconsole.whatsapp.sandbox.waha_lines import Lines
from waconsole.whatsapp.sandbox.waha_people import LINK, Circle, Said, Someone
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_wire import TEXT_MAX, WahaError
from waconsole.whatsapp.sandbox.waha_world import WahaWorld
from waconsole.whatsapp.sandbox.wanted import Document, choice, instant, only, text

ROWS_MAX: Final = 10_000
PEOPLE_SHOWN_MAX: Final = 1024
EMOJI_MAX: Final = 32
METHODS: Final = ("invite_link", "linked_group_join", "non_admin_add")


class WahaControls:
    """Everything under `/_sandbox/gateway/`."""

    def __init__(
        self,
        world: WahaWorld,
        teller: WahaTeller,
        doors: WahaDoors,
        sessions: Sessions,
        hub: Hub,
        lines: Lines,
    ) -> None:
        """All of them are shared with the gateway's paths."""
        self._world = world
        self._teller = teller
        self._doors = doors
        self._sessions = sessions
        self._hub = hub
        self._lines = lines

    def acts(self) -> Mapping[str, Any]:
        """Every control that does something, by its name."""
        acts = {
            "say": self._say, "react": self._react, "vote": self._vote, "edit": self._edit, "revoke": self._revoke,
            "join": self._join, "withdraw": self._withdraw, "leave": self._leave, "role": self._role,
            "session": self._session, "cut": lambda wanted: {"cut": self._lines.cut()},
        }  # fmt: skip
        return {f"gateway/{name}": _plain(act) for name, act in acts.items()}

    def shown(self) -> Mapping[str, Any]:
        """Every control that only shows, by its name."""
        return {
            "gateway/state": lambda _: self._state(),
            "gateway/record": lambda wanted: [one.row() for one in self._rows(self._world.taken, wanted)],
            "gateway/told": lambda wanted: self._rows(list(self._hub.told), wanted),
        }

    # -- what they say

    def _say(self, wanted: Document) -> Document:
        only(wanted, "from", "text", "group", "at", "type", "reply_to", "name")
        kind = choice(wanted, "type", "text", *SAMPLES) or "text"
        said = text(wanted, "text", needed=kind == "text")
        if len(said) > TEXT_MAX:
            raise Refused(f"text has at most {TEXT_MAX:,} characters.")
        person, group = self._person(wanted), self._group(wanted) if "group" in wanted else None
        if group is not None and person not in group.roles:
            raise Refused("They are not in that group.")
        if group is not None and group.announce and not group.is_admin(person):
            raise Refused("Only admins may write there.")
        at, ours = instant(wanted), person is self._world.us
        person.shown = True  # before the chat gets its name: by the phone, once it is known
        file, quoted = None, text(wanted, "reply_to")
        if kind != "text":
            mime, made = SAMPLES[kind]
            file = ("", mime, made(f"{self._world.seed}:{self._world.count('files')}"))
        message = self._world.keep(
            Said(
                self._world.new_id(), group.id if group else person.chat, person, ours,
                self._world.now() if at is None else at, kind, said, file=file, ack=1 if ours else 2,
                reply_to=self._message(quoted) if quoted else None, by_hand=ours,
            )
        )  # fmt: skip
        self._teller.said(message)
        return {"id": message.id, "whole_id": message.whole_id}

    def _react(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "emoji")
        emoji = text(wanted, "emoji")
        if len(emoji) > EMOJI_MAX:
            raise Refused("emoji is one emoji, or empty to take it away.")
        target = self._message(text(wanted, "message", needed=True))
        self._teller.reacted(target, self._person(wanted), emoji)
        return {"id": target.id}

    def _vote(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "options")
        poll, chosen = self._message(text(wanted, "message", needed=True)), wanted.get("options")
        if not isinstance(chosen, list) or any(one not in poll.options for one in chosen):
            raise Refused(f"options is a list of some of {', '.join(poll.options) or 'none: it is no poll'}.")
        if len(chosen) > 1 and not poll.many:
            raise Refused("Only one option may be chosen in that poll.")
        self._teller.voted(poll, self._person(wanted), chosen)
        return {"id": poll.id}

    def _edit(self, wanted: Document) -> Document:
        only(wanted, "message", "text")
        target = self._message(text(wanted, "message", needed=True))
        target.body = text(wanted, "text", needed=True)
        self._teller.edited(target, target.author, target.body)
        return {"id": target.id}

    def _revoke(self, wanted: Document) -> Document:
        only(wanted, "message", "from")
        target = self._message(text(wanted, "message", needed=True))
        target.revoked = True
        self._teller.revoked(target, self._person(wanted) if "from" in wanted else target.author)
        return {"id": target.id}

    # -- coming and going

    def _join(self, wanted: Document) -> Document:
        only(wanted, "from", "group", "link", "method", "name")
        link = text(wanted, "link")
        group = self._world.behind(link) if link else self._group(wanted)
        if group is None:
            raise Refused("That link leads nowhere (any more).")
        asker = self._doors.follow(
            group, self._person(wanted), choice(wanted, "method", *METHODS) or METHODS[0]
        )
        return {"group": group.id, "asks": asker is not None}

    def _withdraw(self, wanted: Document) -> Document:
        only(wanted, "from", "group")
        group = self._group(wanted)
        self._doors.withdraw(group, self._person(wanted))
        return {"group": group.id}

    def _leave(self, wanted: Document) -> Document:
        only(wanted, "from", "group")
        group = self._group(wanted)
        self._doors.leave(group, self._person(wanted))
        return {"group": group.id}

    def _role(self, wanted: Document) -> Document:
        only(wanted, "from", "group", "role")
        group, person = self._group(wanted), self._person(wanted)
        role = choice(wanted, "role", "participant", "admin")
        if not role or person not in group.roles:
            raise Refused("role is one of participant, admin, and from somebody in the group.")
        group.roles[person] = "admin" if role == "admin" else "participant"
        self._teller.moved(group, "promote" if role == "admin" else "demote", (person,))
        return {"group": group.id, "role": role}

    # -- the phone itself

    def _session(self, wanted: Document) -> Document:
        only(wanted, "name", "do")
        one = self._sessions.find(text(wanted, "name") or "default")
        act = choice(wanted, "do", "scan", "ban", "disconnect", "reconnect")
        if not act:
            raise Refused("do is one of scan, ban, disconnect, reconnect.")
        if act == "scan":
            self._sessions.scanned(one)
        elif act == "ban":
            self._sessions.thrown_out(one)
        elif one.paired and one.status in ("WORKING", "STARTING"):
            self._sessions.turn(one, "STARTING" if act == "disconnect" else "WORKING")
        return self._sessions.document(one)

    # -- what there is

    def _rows(self, rows: list[Any], wanted: Document) -> list[Any]:
        said = str(wanted.get("after", "0"))
        if not said.isascii() or not said.isdecimal() or len(said) > 9:
            raise Refused("after takes how many rows are known already.")
        return rows[int(said) : int(said) + ROWS_MAX]

    def _state(self) -> Document:
        world, lines = self._world, self._lines
        world.grow()
        return {
            "now": clock.iso(world.now()), "phone": f"+{world.us.phone}", "lid": world.us.lid,
            "sessions": [{"name": one.name, "status": one.status, "paired": one.paired} for one in self._sessions.all()],
            "messages": len(world.said), "accepted": len(world.taken), "seen": len(world.seen),
            "typing": sorted(world.typing), "events": len(self._hub.told), "swallowed": self._hub.swallowed,
            "sockets": {"open": len(lines.listeners), "cuts": lines.cuts},
            "webhooks": {"waiting": len(lines), "posted": lines.posted, "tries": lines.tries, "given_up": lines.given_up},
            "groups": [_about(one) for one in world.groups.values()],
        }  # fmt: skip

    def _person(self, wanted: Document) -> Someone:
        written = wanted.get("from")
        written = str(written) if isinstance(written, int) and not isinstance(written, bool) else written
        if not isinstance(written, str) or not written.strip():
            raise Refused("from says who: a phone number, a hidden id with @lid, or a name of the cast.")
        try:
            person = self._world.person(written.strip())
        except WahaError:
            raise Refused(
                "from is nobody: a phone number, a hidden id with @lid, or a name of the cast."
            ) from None
        person.name = text(wanted, "name") or person.name
        return person

    def _group(self, wanted: Document) -> Circle:
        self._world.grow()
        group = self._world.groups.get(text(wanted, "group") or BIG)
        if group is None:
            raise Refused("There is no such group.")
        return group

    def _message(self, written: str) -> Said:
        found = self._world.message(written)
        if found is None:
            raise Refused("message is not the id of a message.")
        return found


def _plain(act: Any) -> Any:
    def acting(wanted: Document) -> Any:
        try:
            return act(wanted)
        except WahaError as error:
            raise Refused(error.message) from None

    return acting


def _about(group: Circle) -> Document:
    people = list(group.roles.items())[:PEOPLE_SHOWN_MAX]
    return {
        "id": group.id, "subject": group.subject, "count": len(group.roles), "link": LINK + group.code,
        "approval": group.approval, "announce": group.announce, "locked": group.locked, "pins": list(group.pins),
        "asking": [one.person.address for one in group.askers.values()],
        "people": [
            {"id": one.address, "phone": f"+{one.phone}" if one.phone else None, "lid": one.lid, "name": one.name,
             "role": role, "known": bool(one.known_phone)}
            for one, role in people
        ],
    }  # fmt: skip
