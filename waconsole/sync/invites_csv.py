"""A row of an invites file as a fact. Most rows are plain, and those cost a few microseconds.

The fact is a `PlainFact`: its phone is the invitee's, its values are `InviteCells`. Address, payment and device are
kept as they compare (`members.likeness`): what a friend typed is nobody's business.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.errors import Refused
from waconsole.members.likeness import address_key
from waconsole.members.model import folded
from waconsole.sync.shop_quick import Spellings
from waconsole.sync.shop_rows import PlainFact, Reader, Reading

KEPT_MAX: Final = 100_000
WORD_CHARACTERS_MAX: Final = 200
COLUMNS: Final = (
    "referrer_phone", "invitee_phone", "invited_at", "programme", "channel", "arrived_at", "address", "payment", "device",
)  # fmt: skip


class InviteCells(NamedTuple):
    """What a row says beside its invitee: instants in microseconds UTC, the referrer as E.164."""

    invited_at: int
    arrived_at: int
    referrer: str
    programme: str
    channel: str
    address: str
    payment: str
    device: str


def invite_reading(reader: Reader) -> Reading:
    """The function that reads a row of this file: (line, cells) to a fact. It raises Refused for a reject."""
    plan, now, midnight = reader.plan, reader.now, reader.dates.midnight
    slow = _Slow(reader)
    if plan.words or any(len(places) != 1 for places in plan.places.values()):
        return slow.read
    spellings = Spellings(reader)
    phones, times = spellings.phones, spellings.times
    words, same = slow.words, slow.same
    referrer_, invitee_, at_, programme_, channel_, arrived_, address_, payment_, device_ = (
        plan.places[name][0] if name in plan.places else None for name in COLUMNS
    )
    if referrer_ is None or invitee_ is None or at_ is None or programme_ is None:
        return slow.read

    def read(line: int, cells: list[str]) -> PlainFact:
        try:
            referrer, invitee, moment = cells[referrer_], cells[invitee_], cells[at_]
            referrer = phones.get(referrer) or spellings.phone(referrer)
            invitee = phones.get(invitee) or spellings.phone(invitee)
            at = arrived = midnight(moment[:10]) + times[moment[10:]]
            if arrived_ is not None and (moment := cells[arrived_]):
                arrived = midnight(moment[:10]) + times[moment[10:]]
            programme = words[cells[programme_]]
            if programme and at <= now and arrived <= now:
                said = InviteCells(
                    at,
                    arrived,
                    referrer,
                    programme,
                    "" if channel_ is None else words[cells[channel_]],
                    "" if address_ is None else same["address", cells[address_]],
                    "" if payment_ is None else same["payment", cells[payment_]],
                    "" if device_ is None else same["device", cells[device_]],
                )
                return PlainFact(line, cells, invitee, said)
        except (KeyError, ValueError):
            pass
        return slow.read(line, cells)

    return read


class _Slow:
    """Reads any row and says what is wrong with it; keeps the words it read for the quick one."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.words: dict[str, str] = {"": ""}
        self.same: dict[tuple[str, str], str] = {(name, ""): "" for name in ("address", "payment", "device")}

    def read(self, line: int, cells: list[str]) -> PlainFact:
        """Read a row. Raises Refused."""
        reader = self.reader
        referrer, invitee = self._phone(cells, "referrer_phone"), self._phone(cells, "invitee_phone")
        at = reader.at(cells, "invited_at")
        arrived = reader.at(cells, "arrived_at") if reader.cell(cells, "arrived_at") else at
        programme = self._word(cells, "programme")
        if not programme:
            raise Refused("no programme")
        said = InviteCells(
            at, arrived, referrer, programme, self._word(cells, "channel"), self._same(cells, "address"),
            self._same(cells, "payment"), self._same(cells, "device"),
        )  # fmt: skip
        return PlainFact(line, cells, invitee, said)

    def _phone(self, cells: list[str], name: str) -> str:
        text = self.reader.cell(cells, name)
        if not text:
            raise Refused(f"no {name}")
        found = self.reader.phones.e164(text)
        if found is None:
            is_whole = text.startswith(("+", "00", "(+")) or self.reader.phones.region
            national = "" if is_whole else "; a national number needs --region"
            raise Refused(f"{name} {text!r} cannot be read{national}")
        return found

    def _word(self, cells: list[str], name: str) -> str:
        word = self.reader.word(cells, name)
        if len(word) > WORD_CHARACTERS_MAX:
            raise Refused(f"the {name} is too long")
        if len(self.words) >= KEPT_MAX:
            self.words.clear()
        for place in self.reader.plan.places.get(name, ()):
            if cells[place].strip() == word:
                self.words[cells[place]] = word
        return word

    def _same(self, cells: list[str], name: str) -> str:
        """A cell as it compares with others of its column."""
        word = self.reader.word(cells, name)
        found = address_key(word) if name == "address" else folded(word)
        if len(self.same) >= KEPT_MAX:
            self.same.clear()
        for place in self.reader.plan.places.get(name, ()):
            self.same[name, cells[place]] = found
        return found
