"""The state of the sandbox: people, groups, messages, service windows, and what was accepted."""

from __future__ import annotations

from typing import Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.admission import check_files, check_group, check_pin, check_template
from waconsole.whatsapp.sandbox.cast import GROUP_MAX, Cast
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.courier import Account
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.files import Files
from waconsole.whatsapp.sandbox.forms import Send, phone_digits
from waconsole.whatsapp.sandbox.people import Accepted, Group, Kept, Marked, Person
from waconsole.whatsapp.sandbox.templates import Template, Templates

MESSAGES_MAX: Final = 2_000_000
PEOPLE_MAX: Final = 1_000_000
NAMES: Final = ("Alex", "Camille", "Dominique", "Jo", "Kim", "Maria", "Noa", "Robin", "Sascha", "Yuki")


class World:
    """Everything that is remembered. Nothing here waits; every method is one step."""

    def __init__(self, account: Account, faults: Faults, cast: Cast, *, seed: int) -> None:
        """The cast is there from the first moment."""
        self.account = account
        self.faults = faults
        self.seed = seed
        self.ahead = 0  # microseconds our clock goes before the machine's
        self.accepted: list[Accepted] = []
        self.marked: list[Marked] = []
        self.refused: dict[int, int] = {}
        self.received = 0  # messages members wrote
        self.messages: dict[str, Kept] = {}
        self.groups: dict[str, Group] = {}
        self.files = Files(seed)
        self.templates = Templates(seed)
        self._people: dict[str, Person] = {}
        for one in cast.people:
            self._add(Person(one.phone, one.bsuid, one.name, one.username, one.language))
        by_name = {one.name: one for one in self.people()}
        self.groups[cast.group_id] = Group(
            cast.group_id, cast.group_name, cast.group_description, self.now(),
            [by_name[name] for name in cast.group_people], number=account.phone_number_id,
        )  # fmt: skip

    def now(self) -> int:
        """The sandbox's clock, in microseconds UTC."""
        return clock.now() + self.ahead

    def people(self) -> list[Person]:
        """Everybody, in the order they came."""
        return list(dict.fromkeys(self._people.values()))

    def _add(self, person: Person) -> Person:
        if len(self._people) >= 2 * PEOPLE_MAX:
            raise GraphError(131016, "The sandbox knows too many people: start it anew.")
        self._people[person.bsuid] = person
        if person.phone:
            self._people[person.phone] = person
        return person

    def person(self, written: str, *, name: str = "", username: str = "") -> Person | None:
        """The person behind a phone in any spelling or a BSUID, made when new; None when it is neither."""
        if ids.BSUID.fullmatch(written):
            found = self._people.get(written) or self._add(Person("", written, _name(written)))
        else:
            digits = phone_digits(written)
            if digits is None:
                return None
            found = self._people.get(digits) or self._add(
                Person(digits, ids.bsuid(_country(digits), self.seed, digits), _name(digits))
            )
        found.name = name or found.name
        found.username = username or found.username
        return found

    def renumber(self, person: Person, written: str) -> bool:
        """Give a person another phone, and with it another BSUID; False when it is none or somebody has it."""
        digits = phone_digits(written)
        if digits is None or digits in self._people or digits in self.account.numbers.values():
            return False
        person.former, person.phone = person.phone, digits
        person.bsuid = ids.bsuid(_country(digits), self.seed, digits)
        self._people[person.phone] = self._people[person.bsuid] = person
        self._people.pop(person.former, None)
        return True

    def known(self, send: Send) -> Person | None:
        """The person a message is for; one who never wrote is made on the spot."""
        return self.person("+" + send.to if send.kind == "phone" else send.to)

    def join(self, group_id: str, person: Person) -> Group | None:
        """The group with this person in it, made when nobody knows it; None when it is full."""
        group = self.groups.get(group_id)
        if group is None:
            group = self.groups[group_id] = Group(
                group_id, group_id, "", self.now(), number=self.account.phone_number_id
            )
        if person not in group.people:
            if len(group.people) >= GROUP_MAX:
                return None
            group.people.append(person)
        return group

    def wrote(self, person: Person, group: Group | None, wamid: str, at: int, number: str = "") -> None:
        """A member wrote at `at`: the window of the person or of the whole group opens from there."""
        place, number = group or person, number or self.account.phone_number_id
        place.wrote[number] = max(place.wrote.get(number, at), at)
        self.received += 1
        self.keep(Kept(wamid, person, group))

    def keep(self, message: Kept) -> None:
        """Remember a message, forgetting the oldest when there are too many."""
        if len(self.messages) >= MESSAGES_MAX:
            del self.messages[next(iter(self.messages))]
        self.messages[message.id] = message

    def is_open(self, place: Person | Group, number: str = "") -> bool:
        """Whether the service window of a person or a group with a number of ours is open now."""
        at = place.wrote.get(number or self.account.phone_number_id)
        return at is not None and self.now() < at + round(self.faults.dials.window_hours * clock.HOUR)

    def accept(self, send: Send, number: str = "") -> Accepted:
        """Accept a message that is well formed, from a number of ours. Raises GraphError."""
        number = number or self.account.phone_number_id
        if send.kind == "phone" and send.to == self.account.numbers[number]:
            raise GraphError(131021, "The recipient is the sender.")
        if len(self.accepted) >= MESSAGES_MAX:
            raise GraphError(131016, "The sandbox has accepted as many messages as it can remember.")
        group = self._addressed(send, number) if send.kind == "group" else None
        person = None if group else self.known(send)
        place = group or person
        if place is None:
            raise GraphError(131009, "Param to is not a valid WhatsApp phone number.")
        template = self._fitting(send, place, number)
        is_open = send.type == "template" or self.is_open(place, number)
        if not is_open and not self.faults.dials.window_late:
            raise GraphError(131047, "More than 24 hours have passed since the recipient last wrote.")
        if group is not None and send.type == "pin":
            check_pin(group, send, self.messages)
        key = place.id if isinstance(place, Group) else place.key
        wamid = ids.wamid(key, self.seed, "ours", len(self.accepted), ours=True)
        to = "+" + send.to if send.kind == "phone" else send.to
        now = self.now()
        accepted = Accepted(
            wamid, to, send.opaque, now, person, group, send, is_open, template, self._held(template),
            number, [("ACCEPTED", now)],
        )  # fmt: skip
        self.accepted.append(accepted)
        self.keep(Kept(wamid, None, group, accepted))
        return accepted

    def _fitting(self, send: Send, place: Person | Group, number: str) -> Template | None:
        """The template a message names, after everything but the window was looked at. Raises GraphError."""
        template = None
        if send.type == "template":
            template = check_template(
                send, self.templates, self.groups, is_loose=self.faults.dials.templates_open
            )
        if isinstance(place, Group):
            check_group(place, template)
        elif number in place.blocked:
            raise GraphError(130403, "The recipient is blocked by this number.")
        elif template is not None and template.category == "AUTHENTICATION" and send.kind == "bsuid":
            raise GraphError(131062, "Authentication templates go to a phone number only.")
        check_files(send, self.files, self.now())
        return template

    def _held(self, template: Template | None) -> str:
        if template is None:
            return ""
        if self.faults.hits("template_paused"):
            return "paused"
        is_held = template.category == "MARKETING" and self.faults.hits("template_held")
        return "held_for_quality_assessment" if is_held else ""

    def mark(self, wamid: str, *, typing: bool) -> None:
        """A received message is marked as read. Raises GraphError where it cannot be."""
        kept = self.messages.get(wamid)
        if kept is None or kept.author is None:
            raise GraphError(100, "Param message_id is not the id of a message that was received.")
        if kept.group is not None:
            raise GraphError(100, "Marking as read is not supported in groups.")
        if len(self.marked) < MESSAGES_MAX:
            self.marked.append(Marked(wamid, typing, self.now()))

    def _addressed(self, send: Send, number: str) -> Group:
        group = self.groups.get(send.to)
        if group is None or group.number != number:
            raise GraphError(131041, f"There is no group {send.to}.")
        if not group.people:
            raise GraphError(131020, "Nobody has joined the group yet.")
        return group


def _name(key: str) -> str:
    return NAMES[ids.dice("name", key)[0] % len(NAMES)]


def _country(digits: str) -> str:
    import phonenumbers  # slow to load, and the cast does without

    try:
        parsed = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "US"
    region = phonenumbers.region_code_for_number(parsed)
    region = region or phonenumbers.region_code_for_country_code(parsed.country_code or 1)
    return region if region and region.isalpha() else "US"
