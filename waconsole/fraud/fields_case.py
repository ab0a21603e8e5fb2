"""What a rule of suspicion may ask of a case: people who may be in something together, and the invites between them.

The words are declared here; `measuring` counts them. They are asked in Python of what a sweep has read, never as SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.query.fields import Field, Kind, Parameter, Scope, Subject, Vocabulary
from waconsole.query.tree import Word

CASE: Final = "case"
SHARE: Final = "_share"
WEIGHT, SIGNALS = "weight", "signals"
OF_PATTERN: Final = frozenset({WEIGHT, SIGNALS})  # what signals come to is known once they have spoken

_WITHIN: Final = "a span like 4h"


def _no_text(words: Sequence[Word], scope: Scope) -> str:
    raise AssertionError("words alone are refused before")


def _number(name: str, says: str, example: str, *parameters: Parameter, kind: Kind = "number") -> Field:
    left_out = ", ".join(f"{one.name}= {one.otherwise}" for one in parameters)
    tail = f" (left out: {left_out})" if parameters else ""
    return Field(CASE, name, says + tail, kind, example, parameters=parameters)


def _both(name: str, says: str, of: str, example: str, *parameters: Parameter) -> tuple[Field, Field]:
    """A count of people, and the same as a share."""
    share = example.partition(" >=")[0].replace(name, name + SHARE, 1) + " >= 50%"
    return _number(name, says, example, *parameters), _number(
        name + SHARE, f"the same as `{name}`, as a share of the {of}", share, *parameters, kind="share"
    )


def _within(otherwise: str) -> Parameter:
    return Parameter("within", _WITHIN, kind="span", otherwise=otherwise)


def _after(otherwise: str) -> Parameter:
    return Parameter("after", "a span like 30d", kind="span", otherwise=otherwise)


def _near(otherwise: str) -> Parameter:
    return Parameter("within", "a share like 5%", kind="share", otherwise=otherwise)


_MOST: Final = Parameter("most", "a number of people", kind="number", otherwise="60")

SUBJECT: Final = Subject(
    CASE, "cases", "people who may be in something together, and the invites between them",
    rows="", key="", order="", text=_no_text, text_says="nothing: every word is compared", shows="",
)  # fmt: skip
FIELDS: Final = (
    _number("people", "how many people it is about", "people <= 6"),
    _number("referrers", "how many of them invited", "referrers >= 2"),
    _number("invitees", "how many were invited", "invitees >= 10"),
    _number("invites", "how many invites there are between them", "invites >= 5"),
    _number("ring_size", "the people of the largest ring any of them stands in", "ring_size >= 3"),
    _number("chain_length", "the people of the longest chain of invites, each step at most so long after the one before", "chain_length(within=60m) >= 5", _within("1h")),
    _number("sharing", "the most people who share one address, payment handle or device", "sharing >= 2"),
    _number("burst_rate", "the most invites of one of them that lie within less than a span", "burst_rate(within=4h) >= 20", _within("4h")),
    _number("self_invites", "how many invites somebody sent to themselves", "self_invites >= 1"),
    _number("ordered_before", "how many invitees had ordered before they were invited", "ordered_before >= 1"),
    *_both("mules", "how many invitees ordered once, so near to the minimum, and sent all of it back", "invitees", "mules(within=1%) >= 5", _near("1%")),
    *_both("shared_device", "how many share a device with another of them", "people", "shared_device >= 2"),
    *_both("shared_payment", "how many share a payment handle with another of them", "people", "shared_payment >= 2"),
    *_both("shared_address", "how many share an address with another of them", "people", "shared_address >= 2"),
    *_both("fast_orders", "how many invitees ordered so soon after they came", "invitees", "fast_orders(within=10m) >= 3", _within("10m")),
    *_both("silent", "how many invitees never wrote, here or elsewhere, and came so long ago; no value where no threads are kept", "invitees", "silent(after=7d) >= 5", _after("7d")),
    *_both("same_words", "how many invitees began with the same words, numbers and codes aside", "invitees", "same_words >= 5"),
    *_both("woken", "how many invitees were silent for so long and wrote again within the same span", "invitees", "woken(after=60d, within=1h) >= 5", _after("60d"), _within("1h")),
    _number("public_code", "how many messages of the referrers show their code in a group", "public_code >= 1"),
    *_both("near_minimum", "how many invitees ordered once, so near to the minimum", "invitees", "near_minimum(within=5%) >= 10", _near("5%")),
    *_both("refunded", "how many invitees sent all of an order back", "invitees", "refunded >= 3"),
    _number("household", "on how many days they ordered, where all of them give one address and two or more ordered; else 0", "household >= 2"),
    *_both("office", "the most people of one address whose payment handles and devices are their own, where at most so many give it", "people", "office(most=60) >= 5", _MOST),
    _number("old_customers", "how many ordered first so long ago and kept it", "old_customers(after=365d) >= 2", _after("365d")),
    *_both("clean_orders", "how many ordered, where none of them sent anything back; else 0", "people", "clean_orders >= 2"),
    _number("spread_times", "how long the middle half of the invites took", "spread_times >= 7d", kind="span"),
    _number(WEIGHT, "what its signals weigh together, less what speaks against it (only of `pattern`)", "weight >= 60"),
    _number(SIGNALS, "how many signals speak for it (only of `pattern`)", "signals >= 2"),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of rules of suspicion."""
    return Vocabulary.of([SUBJECT], FIELDS)
