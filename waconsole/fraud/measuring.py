"""Every field of a case with what counts it, and a case as its rules read it: each field counted at most once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from waconsole.fraud import counters, signals
from waconsole.fraud.fields_case import SHARE, SIGNALS, WEIGHT
from waconsole.fraud.model import NO_VALUE, Counted, Evidence, Rule, Signal
from waconsole.fraud.people import ADDRESS, DEVICE, PAYMENT, Case
from waconsole.fraud.rules import COUNTER, SIGNAL, Rules, last_word
from waconsole.fraud.sweeping import invites, signal
from waconsole.fraud.whens import STANDING, text_of
from waconsole.query.weigh import Measure, Weighed

Given = Mapping[Measure, Counted]
KEPT_MAX: Final = 1_024  # measures that texts ask for
NOTHING_GIVEN: Final[Given] = MappingProxyType({})
COUNTS: Final[Mapping[str, Callable[..., Counted]]] = {
    "people": lambda case: Counted(len(case.people)),
    "referrers": lambda case: Counted(len(case.referrers)),
    "invitees": lambda case: Counted(len(case.invitees)),
    "invites": lambda case: Counted(len(case.places)),
    "ring_size": signals.ring,
    "chain_length": signals.chain,
    "sharing": signals.sharing,
    "burst_rate": signals.burst,
    "self_invites": signals.selves,
    "ordered_before": signals.ordered_before,
    "mules": signals.mules,
    "shared_device": signals.shared(DEVICE),
    "shared_payment": signals.shared(PAYMENT),
    "shared_address": signals.shared(ADDRESS),
    "fast_orders": signals.fast,
    "silent": signals.silent,
    "same_words": signals.same_words,
    "woken": signals.woken,
    "public_code": signals.codes,
    "near_minimum": signals.near_minimum,
    "refunded": signals.refunded,
    "household": counters.household,
    "office": counters.office,
    "old_customers": counters.old,
    "clean_orders": counters.clean,
    "spread_times": counters.spread,
    WEIGHT: lambda _: NO_VALUE,
    SIGNALS: lambda _: NO_VALUE,
}


@lru_cache(maxsize=KEPT_MAX)
def _plan(measure: Measure) -> tuple[Measure, Callable[..., Counted]]:
    """The count that a measure is of (a share is of the count of its name), and what counts it."""
    name = measure.field.removesuffix(SHARE)
    return Measure(name, measure.arguments), COUNTS[name]


class Measures:
    """A case as rules read it. What a sweep has counted already is `given`, by the field of the count."""

    def __init__(self, case: Case, given: Given = NOTHING_GIVEN) -> None:
        """Nothing is counted before it is asked for."""
        self.case = case
        self._counted: dict[Measure, Counted] = dict(given)

    def __call__(self, measure: Measure) -> Counted:
        """What a measure comes to, with what tells of it: how many, of how many; of none where it has no value."""
        found = self._counted.get(measure)
        if found is None:
            of, count = _plan(measure)
            found = self._counted.get(of)
            if found is None:
                found = self._counted[of] = count(self.case, *of.arguments)
            self._counted[measure] = found
        return found

    def give(self, given: Given) -> None:
        """Put in what was counted elsewhere."""
        self._counted.update(given)

    def tells(self, measures: list[Measure]) -> tuple[str, list[Evidence]]:
        """A sentence and the evidence of what some measures counted, each field once."""
        counted = dict.fromkeys(_plan(one)[0] for one in measures)
        told = [tells() for one in counted if (tells := self(one).tells) is not None]
        if len(told) == 1:
            return told[0]
        rows = dict.fromkeys(row for _, evidence in told for row in evidence)
        return "; ".join(says for says, _ in told), list(rows)


def speaks_for(measures: Measures, rules: Rules) -> list[Signal]:
    """Everything that speaks for a suspicion."""
    return _spoken(measures, rules, SIGNAL)


def speaks_against(measures: Measures, rules: Rules) -> list[Signal]:
    """Everything that speaks against it."""
    return _spoken(measures, rules, COUNTER)


def _spoken(measures: Measures, rules: Rules, prefix: str) -> list[Signal]:
    found = (_said(rule, when, measures) for rule, when in rules.speaking(prefix) if when.holds(measures))
    return [one for one in found if one is not None]


def _said(rule: Rule, when: Weighed, measures: Measures) -> Signal | None:
    """What a rule says of a case. One that rests on no row of its own shows the invites it was asked of."""
    says, rows = measures.tells(when.said(measures))
    if not rows:
        name = last_word(rule.name)
        if text_of(name, rule.fields) == STANDING.get(name):
            return None
        rows = invites(measures.case.edges, measures.case.places)
    return signal(rule, says or text_of(last_word(rule.name), rule.fields), rows)
