"""What a test or a rehearsal may let people do: write, react, tap, read, come to a group and go, change their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.bodies import TEXT_MAX
from waconsole.whatsapp.sandbox.doors import Doors
from waconsole.whatsapp.sandbox.members import Members
from waconsole.whatsapp.sandbox.people import Accepted, Group, Person
from waconsole.whatsapp.sandbox.tapping import tapped
from waconsole.whatsapp.sandbox.teller import SAYABLE, Teller
from waconsole.whatsapp.sandbox.wanted import Document, choice, instant, number_of, only, text
from waconsole.whatsapp.sandbox.world import World

SAY: Final = (
    "from", "text", "group", "at", "name", "username", "reply_to", "type", "body", "forwarded", "referral", "number",
)  # fmt: skip
REFERRAL: Final = {
    "source_url": "https://fb.me/sandbox", "source_id": "400000000000005", "source_type": "ad",
    "headline": "Chat with us", "body": "Something new", "media_type": "image", "ctwa_clid": "SANDBOXCLID",
}  # fmt: skip


class PeopleControls:
    """What people may be made to do."""

    def __init__(self, world: World, teller: Teller, members: Members, doors: Doors) -> None:
        """All of them are shared with the Graph paths."""
        self._world = world
        self._teller = teller
        self._members = members
        self._doors = doors

    def acts(self) -> Mapping[str, Any]:
        """Every control by its name."""
        return {
            "say": self._say, "react": self._react, "edit": self._edit, "revoke": self._revoke, "tap": self._tap,
            "read": self._read, "join": self._join, "withdraw": self._withdraw, "leave": self._leave,
            "prefer": self._prefer, "renumber": self._renumber,
        }  # fmt: skip

    def _say(self, wanted: Document) -> Document:
        only(wanted, *SAY)
        number = number_of(wanted, self._world.account)
        person = self._writer(wanted, number)
        kind = text(wanted, "type") or "text"
        said = text(wanted, "text")
        if kind not in SAYABLE and "body" not in wanted:
            raise Refused(f"type is one of {', '.join(SAYABLE)}; any other needs its body too.")
        if kind == "text" and not said and "body" not in wanted:
            raise Refused("text says what is written: it is missing.")
        if len(said) > 16 * TEXT_MAX:
            raise Refused(f"text has at most {16 * TEXT_MAX:,} characters.")
        at, group = instant(wanted), self._group(wanted, person)
        body = wanted["body"] if "body" in wanted else self._teller.body_for(kind, said, person)
        reply_to = text(wanted, "reply_to") or None
        extra: Document = {"context": {"forwarded": True}} if wanted.get("forwarded") and not reply_to else {}
        if referral := wanted.get("referral"):
            extra["referral"] = referral if isinstance(referral, dict) else REFERRAL
        return {"id": self._teller.message(
            person, kind, body, group=group, at=at, reply_to=reply_to, extra=extra, number=number,
        )}  # fmt: skip

    def _react(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "emoji", "at", "group")
        target = text(wanted, "message", needed=True)
        body = {"message_id": target} | ({"emoji": wanted["emoji"]} if text(wanted, "emoji") else {})
        return self._change(wanted, "reaction", body, target)

    def _edit(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "text", "at", "group")
        target = text(wanted, "message", needed=True)
        words = {"type": "text", "text": {"body": text(wanted, "text", needed=True)}}
        return self._change(wanted, "edit", {"original_message_id": target, "message": words}, target)

    def _revoke(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "at", "group")
        target = text(wanted, "message", needed=True)
        return self._change(wanted, "revoke", {"original_message_id": target}, target)

    def _change(self, wanted: Document, kind: str, body: Document, target: str) -> Document:
        kept = self._world.messages.get(target)
        if "from" in wanted:
            person = self._writer(wanted)
        elif kept is not None and kept.author is not None:
            person = kept.author
        else:
            raise Refused("Nobody here wrote that message: say who does this with from.")
        group = self._group(wanted, person)
        if group is None and kept is not None and "group" not in wanted:
            group = kept.group
        return {"id": self._teller.message(person, kind, body, group=group, at=instant(wanted))}

    # -- what they do with ours

    def _tap(self, wanted: Document) -> Document:
        only(wanted, "from", "message", "choice", "at")
        message = self._ours(wanted)
        person = self._writer(wanted) if "from" in wanted else message.person
        if person is None:
            raise Refused("A group cannot tap: say who does with from.")
        kind, body = tapped(message, text(wanted, "choice", needed=True))
        at = instant(wanted)
        return {
            "id": self._teller.message(
                person, kind, body, group=message.group, at=at, reply_to=message.id, number=message.number
            )
        }

    def _read(self, wanted: Document) -> Document:
        only(wanted, "message")
        message = self._ours(wanted)
        self._teller.read(message, self._members.hear)
        return {"id": message.id}

    def _ours(self, wanted: Document) -> Accepted:
        kept = self._world.messages.get(text(wanted, "message", needed=True))
        if kept is None or kept.sent is None:
            raise Refused("message is not the id of a message that we sent.")
        return kept.sent

    # -- groups

    def _join(self, wanted: Document) -> Document:
        only(wanted, "from", "group", "link", "name", "username")
        person = self._writer(wanted)
        link = text(wanted, "link")
        group = (
            self._doors.behind(link) if link else self._world.groups.get(text(wanted, "group", needed=True))
        )
        if group is None:
            raise Refused("That link leads nowhere (any more)." if link else "There is no such group.")
        request = self._doors.follow(group, person)
        return {"group": group.id, "join_request": request.id if request else None}

    def _withdraw(self, wanted: Document) -> Document:
        only(wanted, "from", "group")
        group = self._known(wanted)
        return {"group": group.id, "join_request": self._doors.take_back(group, self._person(wanted)).id}

    def _leave(self, wanted: Document) -> Document:
        only(wanted, "from", "group")
        group = self._known(wanted)
        self._doors.leave(group, self._person(wanted))
        return {"group": group.id}

    def _known(self, wanted: Document) -> Group:
        group = self._world.groups.get(text(wanted, "group", needed=True))
        if group is None:
            raise Refused("There is no such group.")
        return group

    # -- themselves

    def _prefer(self, wanted: Document) -> Document:
        only(wanted, "from", "marketing", "number")
        person = self._person(wanted)
        value = choice(wanted, "marketing", "stop", "resume")
        if not value:
            raise Refused("marketing is one of stop, resume.")
        number = number_of(wanted, self._world.account)
        (person.no_marketing.add if value == "stop" else person.no_marketing.discard)(number)
        self._teller.preference(person, value, number)
        return {"marketing": value}

    def _renumber(self, wanted: Document) -> Document:
        only(wanted, "from", "to", "at")
        person, before = self._person(wanted), self._person(wanted).bsuid
        if not self._world.renumber(person, text(wanted, "to", needed=True)):
            raise Refused("to is a phone number with its country code that nobody has.")
        return {"id": self._teller.number_changed(person, before, instant(wanted)), "bsuid": person.bsuid}

    # -- who and where

    def _writer(self, wanted: Document, number: str = "") -> Person:
        person = self._person(wanted)
        if (number or self._world.account.phone_number_id) in person.blocked:
            raise Refused("We have blocked them: nothing they write comes through.")
        return person

    def _person(self, wanted: Document) -> Person:
        written = wanted.get("from")
        if isinstance(written, int) and not isinstance(written, bool):
            written = str(written)
        if not isinstance(written, str) or not written.strip():
            raise Refused("from says who writes: a phone number or a business-scoped id.")
        person = self._world.person(
            written.strip(), name=text(wanted, "name"), username=text(wanted, "username")
        )
        if person is None:
            raise Refused("from is neither a phone number with its country code nor a business-scoped id.")
        if person.phone in self._world.account.numbers.values():
            raise Refused("from is the number of the business itself.")
        return person

    def _group(self, wanted: Document, person: Person) -> Group | None:
        group_id = text(wanted, "group")
        if not group_id:
            return None
        known = self._world.groups.get(group_id)
        if known is not None and person in known.removed:
            raise Refused("They were removed from that group.")
        group = self._world.join(group_id[:128], person)
        if group is None:
            raise Refused("The group is full: official groups have at most eight participants.")
        return group
