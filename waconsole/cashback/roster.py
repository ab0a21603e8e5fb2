"""Who earns an order: every scheme's ambassadors, and the one of them it counts for. Pure.

One order earns once under a scheme. Where several of its ambassadors could have it, the one whose group the buyer
joined first has it, then the one who was added first: the rule is fixed, so that everybody computes the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from waconsole.cashback.earning import GROUP, OWN, REFERRED, Version, earns, in_force, month_bounds


class Scheme(NamedTuple):
    """A scheme and every version of its terms."""

    id: int
    name: str
    policy: str
    versions: Sequence[Version]

    def bases(self) -> frozenset[str]:
        """Every basis that some version pays on."""
        return frozenset(one.terms.basis for one in self.versions if one.terms.credit is None)

    def gives_credit(self) -> bool:
        """Whether some version gives a monthly credit."""
        return any(one.terms.credit is not None for one in self.versions)

    def credit_version(self, month: str) -> Version | None:
        """The version that gives a credit for the whole of a calendar month; None where none does."""
        begins_at, over_at = month_bounds(month)
        version = in_force(self.versions, begins_at)
        if version is None or version.terms.credit is None or version.terms.starts_at > begins_at:
            return None
        ends_at = version.terms.ends_at
        return None if ends_at is not None and ends_at < over_at else version


class Ambassador(NamedTuple):
    """A person who earns under a scheme from `valid_from` until `ended_at`; `root_id` stands for the person."""

    id: int
    member_id: int
    root_id: int
    ref: str  # of the row `member_id`: its accounts bear it
    scheme_id: int
    group_id: int | None
    valid_from: int
    ended_at: int | None
    added_by: str

    def is_one_at(self, at: int) -> bool:
        """Whether they earn at an instant."""
        return self.valid_from <= at and (self.ended_at is None or at < self.ended_at)


class Order(NamedTuple):
    """An order: `buyer_id` stands for the person who bought."""

    id: int
    reference: str
    buyer_id: int
    buyer: str
    ordered_at: int
    currency: str
    total_minor: int


class Stay(NamedTuple):
    """A buyer's time in a group."""

    group_id: int
    joined_at: int
    left_at: int


class Word(NamedTuple):
    """What was said of a buyer: whose their orders are from `valid_from` on."""

    id: int
    referrer_id: int | None
    valid_from: int


class Earner(NamedTuple):
    """Who earns an order under a scheme, by which version, and by what it is theirs."""

    scheme: Scheme
    version: Version
    ambassador: Ambassador
    joined_at: int | None = None
    word_id: int | None = None
    others: tuple[int, ...] = ()  # ambassadors of the same scheme who could have had it


@dataclass(frozen=True)
class Roster:
    """Every scheme and every ambassador, as they stand."""

    schemes: Mapping[int, Scheme]
    ambassadors: Sequence[Ambassador]
    by_root: Mapping[int, list[Ambassador]] = field(default_factory=dict)
    by_group: Mapping[int, list[Ambassador]] = field(default_factory=dict)

    @classmethod
    def of(cls, schemes: Iterable[Scheme], ambassadors: Sequence[Ambassador]) -> Roster:
        """The roster of these, in the order in which they were added."""
        by_root: dict[int, list[Ambassador]] = {}
        by_group: dict[int, list[Ambassador]] = {}
        for one in ambassadors:
            by_root.setdefault(one.root_id, []).append(one)
            if one.group_id is not None:
                by_group.setdefault(one.group_id, []).append(one)
        return cls({one.id: one for one in schemes}, ambassadors, by_root, by_group)

    def bases(self) -> frozenset[str]:
        """Every basis somebody earns on."""
        return frozenset(basis for scheme in self.schemes.values() for basis in scheme.bases())

    def same_person(self, ambassador: Ambassador) -> list[Ambassador]:
        """A person's rows as an ambassador of one scheme: a cap counts over all of them."""
        return [one for one in self.by_root[ambassador.root_id] if one.scheme_id == ambassador.scheme_id]

    def earners(self, order: Order, stays: Sequence[Stay], words: Sequence[Word]) -> list[Earner]:
        """Who earns an order, scheme by scheme; `stays` and `words` are the buyer's, all of them."""
        found: list[Earner] = []
        for scheme in self.schemes.values():
            version = in_force(scheme.versions, order.ordered_at)
            if version is None or version.terms.credit is not None:
                continue
            if not earns(version.terms, order.ordered_at):
                continue
            ranked = self._ranked(scheme, version.terms.basis, order, stays, words)
            if ranked:
                _, joined_at, word_id, first = ranked[0]
                others = dict.fromkeys(one.id for *_, one in ranked[1:] if one.id != first.id)
                found.append(Earner(scheme, version, first, joined_at, word_id, tuple(others)))
        return found

    def _ranked(
        self, scheme: Scheme, basis: str, order: Order, stays: Sequence[Stay], words: Sequence[Word]
    ) -> list[tuple[tuple[int, int], int | None, int | None, Ambassador]]:
        """Everybody who could have it, the one who has it first: (rank, joined at, word, ambassador)."""
        at = order.ordered_at
        found: list[tuple[tuple[int, int], int | None, int | None, Ambassador]] = []
        if basis == OWN:
            found = [((0, one.id), None, None, one) for one in self.by_root.get(order.buyer_id, ())]
        elif basis == GROUP:
            found = [
                ((stay.joined_at, one.id), stay.joined_at, None, one)
                for stay in stays
                if stay.joined_at <= at < stay.left_at
                for one in self.by_group.get(stay.group_id, ())
            ]
        elif basis == REFERRED:
            word = word_in_force(words, at)
            if word is not None and word.referrer_id is not None and word.referrer_id != order.buyer_id:
                found = [((0, one.id), None, word.id, one) for one in self.by_root.get(word.referrer_id, ())]
        theirs = (one for one in found if one[3].scheme_id == scheme.id and one[3].is_one_at(at))
        return sorted(theirs, key=lambda one: one[0])


def word_in_force(words: Sequence[Word], at: int) -> Word | None:
    """What holds of a buyer at an instant: the word with the latest `valid_from`, then the last one."""
    return max(
        (one for one in words if one.valid_from <= at), key=lambda one: (one.valid_from, one.id), default=None
    )
