"""What a rule would have done in the past, held against what was decided: counts, money, precision and recall. Pure.

A decided item is bad (`void`, `block`) or honest (`release`, `unfreeze`); everything else says nothing yet. Shares carry
their sample and Wilson's 95 % interval (E. B. Wilson, 1927), because a rule with three decided items has proved nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from waconsole.fraud.deciding import BLOCK, RELEASE, UNFREEZE, VOID
from waconsole.fraud.model import PATTERN, VELOCITY, Finding
from waconsole.fraud.rules import ATTEMPTS, COUNTER, SIGNAL, SPAN
from waconsole.fraud.stakes import Amounts, added, shown

Z95: Final = 1.959963984540054
DECIMALS: Final = 4
BAD, HONEST, UNDECIDED = "bad", "honest", "undecided"
_TURNED: Final = {VOID: BAD, BLOCK: BAD, RELEASE: HONEST, UNFREEZE: HONEST}


class Judged(NamedTuple):
    """An item a rule finds: its known name, who is in it, what hung on it, and what was decided ('': nothing yet)."""

    ref: str | None
    kind: str
    people: tuple[int, ...]
    money: Amounts
    outcome: str

    @property
    def turned_out(self) -> str:
        """Whether it turned out bad or honest, or nobody knows."""
        return turned_out(self.outcome)


def turned_out(outcome: str) -> str:
    """What a decision says of an item: bad, honest or nothing yet."""
    return _TURNED.get(outcome, UNDECIDED)


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of `hits` of `of`; everything where nothing was seen."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, Z95 * Z95
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    low = 0.0 if not hits else max(middle - half, 0.0)
    return round(low, DECIMALS), 1.0 if hits == of else round(min(middle + half, 1.0), DECIMALS)


def rate(hits: int, of: int) -> dict[str, Any]:
    """A share with its sample: `{"value", "n", "low", "high"}`; no value over nothing."""
    low, high = interval(hits, of)
    return {"value": round(hits / of, DECIMALS) if of else None, "n": of, "low": low, "high": high}


def full_name(rule: str, known: Collection[str]) -> str | None:
    """The policy that `ring`, `signal.ring` or `fraud.signal.ring` means, of those known; None where it is none."""
    word = rule.strip()
    tried = (word, f"fraud.{word}", SIGNAL + word, COUNTER + word)
    return next((one for one in tried if one in known), None)


def is_of(rule: str, finding: Finding) -> bool:
    """Whether a rule (a policy's name) has a part in a finding."""
    if rule in {ATTEMPTS, SPAN, SIGNAL + VELOCITY}:
        return finding.kind == VELOCITY
    if rule == SIGNAL + PATTERN:
        return finding.kind == PATTERN
    return any(one.rule == rule for one in finding.signals)


def identity(finding: Finding) -> tuple[str, frozenset[int]]:
    """What makes two findings of different rules the same: kind and people."""
    return finding.kind, frozenset(finding.people)


def side(judged: Sequence[Judged], *, bad_ever: int) -> dict[str, Any]:
    """One rule against the past: whom it finds, how they turned out, its precision and recall."""
    by: dict[str, list[Judged]] = {BAD: [], HONEST: [], UNDECIDED: []}
    for one in judged:
        by[one.turned_out].append(one)
    bad, honest = len(by[BAD]), len(by[HONEST])
    return {
        "items": len(judged),
        "caught": _part(by[BAD]),
        "honest": _part(by[HONEST]),
        "undecided": _part(by[UNDECIDED]),
        "precision": rate(bad, bad + honest),
        "recall": rate(min(bad, bad_ever), bad_ever),
    }


def _part(judged: Iterable[Judged]) -> dict[str, Any]:
    rows = list(judged)
    people = {who for one in rows for who in one.people}
    return {"items": len(rows), "people": len(people), "money": shown(added(*(one.money for one in rows)))}
