"""Who a chat export speaks of: names become aliases of members, notices become stays in the group.

A phone number is identity everywhere; a name only within its group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.groups.store import Stint
from waconsole.inbox.chat_dialect import Notice
from waconsole.inbox.chat_read import named_by
from waconsole.members import store as members
from waconsole.members.model import e164, looks_like_phone, ref_of
from waconsole.sync.chat_chunks import Chunk
from waconsole.text import stored

JOINED: Final = {"joined_by_link": "link", "joined": "", "added": "added"}
LEFT: Final = frozenset({"left", "removed"})


@dataclass(slots=True)
class Stay:
    """What an export tells of one person's time in the group."""

    since: int | None = None
    channel: str = ""
    admin: bool = False
    ended: list[tuple[int, int, str]] = field(default_factory=list)

    def join(self, at: int, channel: str) -> None:
        """They came in at `at`."""
        if self.since is None:
            self.since, self.channel = at, channel

    def leave(self, at: int, first_at: int) -> None:
        """They went at `at`; who was never seen coming was there from the first line."""
        since = self.since if self.since is not None else (self.ended[-1][1] if self.ended else first_at)
        self.ended.append((min(since, at), at, self.channel))
        self.since, self.channel, self.admin = None, "", False


class People:
    """The people of one import: their aliases, and their stays in the group."""

    def __init__(self, *, group_id: int, group_ref: str, run_id: int, now: int, me: str) -> None:
        """`me` is the name of the exporting person, or empty."""
        self.group_id, self.group_ref, self.run_id, self.now = group_id, group_ref, run_id, now
        self.me = me
        self.first_at: int | None = None
        self._aliases: dict[str, int] = {}
        self._present: dict[str, int] = {}  # the aliases of who wrote and has not left since, by name,
        self._names: dict[int, list[str]] = {}  # and the names each of them stands under
        self._members: dict[int, int] = {}
        self._stays: dict[int, Stay] = {}

    @property
    def count(self) -> int:
        """How many people the file speaks of."""
        return len(self._stays)

    def alias(self, tx: Transaction, name: str) -> int:
        """The alias under which `name` writes in this group, made when it is new."""
        known = self._aliases.get(name)
        if known is None:
            known, member_id = self._alias(tx, name)
            self._aliases[name] = known
            self._members[known] = member_id
        return known

    def known_alias(self, tx: Transaction, name: str) -> int | None:
        """The alias of `name` if the ledger has it; makes none."""
        kind, value, scope = self._identity(name)
        known = members.alias_id(tx, kind, value, scope)
        return known[0] if known else None

    def _identity(self, name: str) -> tuple[str, str, int]:
        """(kind, value, group) by which a name of this export is known."""
        phone = e164(name) if looks_like_phone(name) else None
        return ("phone", phone, 0) if phone else ("name", stored(name), self.group_id)

    def _alias(self, tx: Transaction, name: str) -> tuple[int, int]:
        kind, value, scope = self._identity(name)
        phone = kind == "phone"
        known = members.alias_id(tx, kind, value, scope)
        if known is not None:
            return known
        ref = ref_of("phone", value) if phone else ref_of("name", self.group_ref, value)
        member_id = members.add_member(
            tx, ref=ref, name="" if phone else value, origin="import", now=self.now, run_id=self.run_id
        )
        alias = members.add_alias(
            tx, member_id=member_id, kind=kind, value=value, group_id=scope, origin="import"
        )
        return alias, member_id

    def wrote(self, tx: Transaction, chunk: Chunk, start: int, stop: int) -> list[int | None]:
        """The alias each line from `start` to `stop` stands under; what they tell of people is taken in on the way.

        None for a notice that names nobody.
        """
        present, notices = self._present, chunk.notices
        found: list[int | None] = []
        for place, sender in enumerate(chunk.senders[start:stop], start):
            alias = present.get(sender)
            if alias is None or place in notices:  # else it is somebody known to be there: most lines are
                at, said = chunk.ats[place], notices.get(place)
                if self.first_at is None:
                    self.first_at = at
                alias = self._author(tx, sender, at) if said is None else self._told(tx, *said, at)
            found.append(alias)
        return found

    def _author(self, tx: Transaction, sender: str, at: int) -> int | None:
        """Who wrote a message."""
        if not sender:
            return None
        alias = self.alias(tx, sender)
        self._seen(alias, at)
        self._present[sender] = alias
        self._names.setdefault(alias, []).append(sender)
        return alias

    def _told(self, tx: Transaction, notice: Notice, mine: bool, at: int) -> int | None:
        """Take in what a notice tells of people; the alias of who acted in it."""
        named = {name: self.alias(tx, name) for name in named_by(notice)}
        if self.me and mine:
            named[self.me] = self.alias(tx, self.me)
        self._moved(tx, notice, named, at)
        for alias in named.values():
            self._stays.setdefault(alias, Stay())
            if notice.actor and alias == named.get(notice.actor) and notice.kind not in LEFT:
                self._seen(alias, at)
        name = notice.actor or (self.me if mine else "")
        return self.alias(tx, name) if name else None

    def _moved(self, tx: Transaction, notice: Notice, named: dict[str, int], at: int) -> None:
        """Who came, went, became an admin or goes on under another number."""
        whom = (notice.subjects if notice.kind in ("added", "removed", "admin") else (notice.actor,)) or (
            notice.actor,
        )
        for name in whom:
            alias = named.get(name or self.me)
            if alias is None:
                continue
            stay = self._stays.setdefault(alias, Stay())
            if notice.kind in JOINED:
                stay.join(at, JOINED[notice.kind])
            elif notice.kind in LEFT:
                assert self.first_at is not None
                stay.leave(at, self.first_at)
                for gone in self._names.pop(alias, ()):
                    del self._present[gone]
            elif notice.kind == "admin":
                self._seen(alias, at)
                stay.admin = True
            elif notice.kind == "number_changed":
                self._renumber(tx, alias, notice.value, at)

    def _seen(self, alias: int, at: int) -> None:
        """Somebody wrote: without a joining they were there from the first line on."""
        stay = self._stays.get(alias)
        if stay is None:
            stay = self._stays[alias] = Stay()
        if stay.since is None:
            stay.join(at if stay.ended or self.first_at is None else self.first_at, "")

    def _renumber(self, tx: Transaction, alias: int, value: str, at: int) -> None:
        """A person goes on under a new number."""
        phone = e164(value) if value else None
        if phone is None or members.alias_id(tx, "phone", phone) is not None:
            return
        members.add_alias(
            tx,
            member_id=self._members[alias],
            kind="phone",
            value=phone,
            group_id=0,
            origin="import",
            seen_from=at,
        )

    def names(self, chunk: Chunk) -> set[str]:
        """The people that lines speak of, by the names they stand under."""
        found = {sender for place, sender in enumerate(chunk.senders) if place not in chunk.notices}
        found.update(name for notice, _ in chunk.notices.values() for name in named_by(notice))
        return found - {""}

    def stints(self) -> list[Stint]:
        """Every stay in the group, of every member met."""
        found: list[Stint] = []
        for alias, stay in self._stays.items():
            member_id = self._members[alias]
            found += [
                Stint(member_id, since, until, "member", channel) for since, until, channel in stay.ended
            ]
            if stay.since is not None:
                role = "admin" if stay.admin else "member"
                found.append(Stint(member_id, stay.since, None, role, stay.channel))
        return found
