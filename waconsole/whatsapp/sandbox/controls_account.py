"""What a test or a rehearsal may do to the sandbox itself: dials, clock, windows, templates, groups, the number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.account_paths import LEVELS, LIMITS, RATINGS, AccountPaths
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.dials import read_dials
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.group_words import GroupTeller
from waconsole.whatsapp.sandbox.members import CHATTER_MAX, Members
from waconsole.whatsapp.sandbox.people import Person
from waconsole.whatsapp.sandbox.record import ROWS_MAX, record_row
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.template_paths import TemplatePaths
from waconsole.whatsapp.sandbox.templates import CATEGORIES, NAME, QUALITIES, STATUSES
from waconsole.whatsapp.sandbox.wanted import (
    YEAR_2100,
    Document,
    choice,
    flag,
    instant,
    number_of,
    only,
    text,
)  # fmt: skip
from waconsole.whatsapp.sandbox.world import World

PEOPLE_SHOWN_MAX: Final = 1000
ACCOUNT_EVENTS: Final = (
    "ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE", "ACCOUNT_DELETED", "VERIFIED_ACCOUNT",
)  # fmt: skip


class AccountControls:
    """What may be done to the sandbox itself."""

    def __init__(
        self, world: World, faults: Faults, members: Members, courier: Courier, teller: Teller,
        *, account: AccountPaths, templates: TemplatePaths, groups: GroupTeller,
    ) -> None:  # fmt: skip
        """All of them are shared with the Graph paths."""
        self._world = world
        self._faults = faults
        self._members = members
        self._courier = courier
        self._teller = teller
        self._number = account
        self._templates = templates
        self._groups = groups

    def acts(self) -> Mapping[str, Any]:
        """Every control that changes something, by its name."""
        return {
            "faults": self._set_faults, "clock": self._set_clock, "chatter": self._set_chatter,
            "expire": self._expire, "template": self._template, "group": self._group, "account": self._account,
        }  # fmt: skip

    def shown(self) -> Mapping[str, Any]:
        """Every control that only shows, by its name."""
        world = self._world
        return {
            "accepted": lambda _: [one.row() for one in world.accepted],
            "marked": lambda _: [one.row() for one in world.marked],
            "faults": lambda _: self._faults.dials.document(),
            "record": self._record,
            "state": lambda _: self._state(),
        }

    def _set_faults(self, wanted: Document) -> Document:
        self._faults.turn(read_dials(wanted))
        self._courier.look_again()
        return self._faults.dials.document()

    def _set_clock(self, wanted: Document) -> Document:
        only(wanted, "at", "ahead_seconds")
        ahead = wanted.get("ahead_seconds", 0)
        if isinstance(ahead, bool) or not isinstance(ahead, int | float) or abs(ahead) > YEAR_2100:
            raise Refused("ahead_seconds takes the seconds our clock goes before the machine's.")
        at = instant(wanted)
        self._world.ahead = round(ahead * clock.SECOND) if at is None else at - clock.now()
        return {"now": clock.iso(self._world.now())}

    def _set_chatter(self, wanted: Document) -> Document:
        only(wanted, "per_minute")
        rate = wanted.get("per_minute")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= CHATTER_MAX:
            raise Refused(f"per_minute takes a number from 0 to {CHATTER_MAX:,}.")
        self._members.chatter(rate)
        return {"per_minute": rate}

    def _expire(self, wanted: Document) -> Document:
        only(wanted, "of", "number")
        written = text(wanted, "of", needed=True)
        place = self._world.groups.get(written) or self._world.person(written)
        if place is None:
            raise Refused("of is a phone number, a business-scoped id or the id of a group.")
        number = number_of(wanted, self._world.account)
        place.wrote.pop(number, None)
        return {"open": self._world.is_open(place, number)}

    def _template(self, wanted: Document) -> Document:
        only(wanted, "name", "language", "status", "category", "quality", "reason", "components", "named")
        name, language = text(wanted, "name", needed=True), text(wanted, "language") or "en_US"
        if not NAME.fullmatch(name):
            raise Refused("name has only small letters, digits and underscores.")
        status = choice(wanted, "status", *STATUSES)
        category, quality = choice(wanted, "category", *CATEGORIES), choice(wanted, "quality", *QUALITIES)
        template = self._world.templates.find(name, language)
        if template is None:
            components = wanted.get("components", [{"type": "BODY", "text": "Hi {{1}}"}])
            if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
                raise Refused("components is a list of objects, as WhatsApp's own.")
            is_named = bool(flag(wanted, "named"))
            template = self._world.templates.add(
                name, language, category or "UTILITY", components, named=is_named
            )
        self._templates.change(
            template, status=status, category=category, quality=quality, reason=text(wanted, "reason")
        )
        return template.document()

    def _group(self, wanted: Document) -> Document:
        only(wanted, "id", "suspended", "approval", "subject")
        group = self._world.groups.get(text(wanted, "id", needed=True))
        if group is None:
            raise Refused("There is no such group.")
        group.subject = text(wanted, "subject") or group.subject
        approval, suspended = flag(wanted, "approval"), flag(wanted, "suspended")
        group.approval = group.approval if approval is None else approval
        if suspended is not None and suspended != group.suspended:
            group.suspended = suspended
            self._groups.suspended(group)
        return {"id": group.id, "suspended": group.suspended, "approval": group.approval, "link": group.link}

    def _account(self, wanted: Document) -> Document:
        only(wanted, "event", "quality", "throughput", "limit", "number")
        number = number_of(wanted, self._world.account)
        event = choice(wanted, "event", *ACCOUNT_EVENTS)
        self._number.change(
            number, quality=choice(wanted, "quality", *RATINGS), level=choice(wanted, "throughput", *LEVELS),
            limit=choice(wanted, "limit", *LIMITS),
        )  # fmt: skip
        if event:
            self._teller.value("account_update", _account_update(event, self._world.account.numbers[number]))
        return {"number": number, "limit": self._number.limit}

    def _record(self, wanted: Document) -> list[Document]:
        said = str(wanted.get("after", "0"))
        if not said.isascii() or not said.isdecimal() or len(said) > 9:
            raise Refused("after takes how many rows are known already.")
        after = int(said)
        return [record_row(one) for one in self._world.accepted[after : after + ROWS_MAX]]

    def _state(self) -> Document:
        world, courier = self._world, self._courier
        people = world.people()
        return {
            "seed": world.seed,
            "now": clock.iso(world.now()),
            "phone_number_id": world.account.phone_number_id,
            "numbers": world.account.numbers,
            "waba_id": world.account.waba_id,
            "accepted": len(world.accepted),
            "marked": len(world.marked),
            "refused": {str(code): count for code, count in sorted(world.refused.items())},
            "received": world.received,
            "files": len(world.files),
            "webhooks": {
                "url": courier.url, "waiting": len(courier), "posted": courier.posted,
                "tries": courier.tries, "dropped": courier.dropped,
            },
            "chatter_per_minute": self._members.per_minute,
            "people_count": len(people),
            "people": [self._about(one) for one in people[:PEOPLE_SHOWN_MAX]],
            "groups": [
                {"id": one.id, "subject": one.subject, "people": [it.key for it in one.people],
                 "open": world.is_open(one, one.number), "number": one.number, "link": one.link, "suspended": one.suspended, "approval": one.approval,
                 "join_requests": list(one.requests)}
                for one in world.groups.values()
            ],
            "templates": [
                {"name": one.name, "language": one.language, "status": one.status} for one in world.templates
            ],
        }  # fmt: skip

    def _about(self, person: Person) -> Document:
        return {
            "phone": f"+{person.phone}" if person.phone else None,
            "bsuid": person.bsuid,
            "name": person.name,
            "username": person.username or None,
            "language": person.language or None,
            "open": self._world.is_open(person),
        }


def _account_update(event: str, phone: str) -> Document:
    value: Document = {"phone_number": phone, "event": event}
    if event == "ACCOUNT_RESTRICTION":
        value["restriction_info"] = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]
    if event == "ACCOUNT_VIOLATION":
        value["violation_info"] = {"violation_type": "SPAM"}
    if event == "DISABLED_UPDATE":
        value["ban_info"] = {"waba_ban_state": "DISABLE", "waba_ban_date": "today"}
    return value
