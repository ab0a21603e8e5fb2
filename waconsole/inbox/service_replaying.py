"""Which work items another rule would have drawn in a past period: `policy replay triage.RULE …`.

What members wrote is read again, once by the rules that were in force then, and once with the proposed rule in the
place of the one it is for. The language is the group's, as it is now; what stood before a picture is not read.
Nothing is written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from waconsole.database.connection import Transaction
from waconsole.inbox import store_replaying
from waconsole.inbox.rules import rule_from_table
from waconsole.inbox.triage import Fact, Triage
from waconsole.policy import store as policy
from waconsole.policy.service_replaying import Changed, Proposed, Replayed

TRIAGE = "triage."
NOTHING = "no item"

_Counts = tuple[Counter[str], Counter[str]]


class _Rules:
    """The rules at an instant as they were and as proposed; compiled anew only where they changed."""

    def __init__(self, tx: Transaction, proposed: Proposed) -> None:
        """Nothing is compiled yet."""
        self._tx, self._proposed = tx, proposed
        self._changes = sorted({row.valid_from for row in policy.versions_beginning(tx, TRIAGE)})
        self._known: dict[int, tuple[Triage, Triage]] = {}

    def at(self, at: int) -> tuple[Triage, Triage]:
        """(in force then, as proposed)."""
        place = bisect_right(self._changes, at)
        if place not in self._known:
            rules = {name: value for name, value, _ in policy.all_in_force(self._tx, TRIAGE, now=at)}
            was = Triage([rule_from_table(value) for value in rules.values()])
            rules[self._proposed.name] = dict(self._proposed.value)
            self._known[place] = (was, Triage([rule_from_table(value) for value in rules.values()]))
        return self._known[place]


def replay(tx: Transaction, proposed: Proposed, begins: int, ends: int) -> Replayed:
    """Read every message of a period again, with the proposed rule in the place of the one that was in force."""
    rules = _Rules(tx, proposed)
    groups: dict[str, _Counts] = {}
    members: dict[str, _Counts] = {}
    seen = 0
    for sent_at, kind, text, media_kind, notice, group, language, member in store_replaying.written(
        tx, begins, ends
    ):
        seen += 1
        fact = Fact(kind=kind, text=text or "", media_kind=media_kind, notice_kind=notice)
        drawn = [triage.draw(fact, (language,) if language else ()) for triage in rules.at(sent_at)]
        kinds = [NOTHING if one is None else one.kind for one in drawn]
        if kinds[0] == kinds[1]:
            continue
        pair = (groups if group else members).setdefault(group or member, (Counter(), Counter()))
        for counter, word in zip(pair, kinds, strict=True):
            counter[word] += 1
    return Replayed(seen=seen, members=_changes(members), groups=_changes(groups))


def _changes(counts: dict[str, _Counts]) -> tuple[Changed, ...]:
    return tuple(Changed(who, _said(pair[0]), _said(pair[1])) for who, pair in sorted(counts.items()))


def _said(counts: Counter[str]) -> str:
    """`2 question, 1 no item`."""
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
