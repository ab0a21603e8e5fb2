"""When a rule speaks: its `when`, a text of the query language over a case. Pure; a compiled one is kept for the process.

A text may name the rule's own numbers (`people_min`, `span_seconds`): a name that ends in a unit is a span, one that
ends in `percent` a share, any other a number. A value that was set before there were such texts has none: the text
that stands for its name holds, with its numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.fraud.fields_case import CASE, OF_PATTERN, vocabulary
from waconsole.fraud.model import CHAIN, EXISTING, MULE, PATTERN, RING, SELF, VELOCITY
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import EVERYTHING, All, Argument, Comparison, Node, written
from waconsole.query.values import Duration, Name, Number, Operand, Share
from waconsole.query.weigh import Weighed, weigh

WHEN: Final = "when"
BURST, NEAR_MINIMUM = "burst", "near_minimum"
VELOCITY_ATTEMPTS, VELOCITY_SECONDS = "velocity_attempts", "velocity_seconds"
WEIGHT_MIN: Final = "weight_min"  # what the rule `pattern` itself weighs
KEPT_MAX: Final = 512
_UNITS: Final = {"seconds": "s", "minutes": "m", "hours": "h", "days": "d"}
_SECONDS_SAID_MAX: Final = 1_000_000  # above, what is left of a minute is not said
_SECONDS: Final = (("d", 86_400), ("h", 3_600), ("m", 60))

Parts = tuple[Comparison, ...]


def _ask(field: str, operand: str | int, sign: str = ">=", **arguments: str) -> Comparison:
    named = tuple(Argument(name, value) for name, value in arguments.items())
    value: Operand = Name(operand) if isinstance(operand, str) else Number(Decimal(operand))
    return Comparison(field, sign, value, named)


def _both(field: str, **arguments: str) -> Parts:
    return _ask(field, "people_min", **arguments), _ask(f"{field}_share", "share_percent", **arguments)


# The texts that stand for a name, as they are read: a sweep that meets no other needs no parser, which takes longer to
# load than a small ledger to sweep. A test reads each of them and holds it to its tree.
STANDING_PARTS: Final[Mapping[str, Parts]] = {
    RING: (_ask("ring_size", "people_min"),),
    CHAIN: (_ask("chain_length", "people_min", within="step_seconds"), _ask("sharing", "sharing_min")),
    VELOCITY: (_ask("burst_rate", VELOCITY_ATTEMPTS, ">", within=VELOCITY_SECONDS),),
    SELF: (_ask("self_invites", 1),),
    MULE: _both("mules", within="near_percent"),
    EXISTING: (_ask("ordered_before", 1),),
    "shared_device": _both("shared_device"),
    "shared_payment": _both("shared_payment"),
    "shared_address": _both("shared_address"),
    BURST: (_ask("burst_rate", "attempts_min", within="span_seconds"),),
    "fast_orders": _both("fast_orders", within="seconds"),
    "silent": _both("silent", after="days"),
    "same_words": _both("same_words"),
    "woken": _both("woken", after="days", within="span_seconds"),
    "refunded": _both("refunded"),
    NEAR_MINIMUM: _both("near_minimum", within="near_percent"),
    "public_code": (_ask("public_code", 1),),
    PATTERN: (
        _ask("weight", WEIGHT_MIN),
        _ask("signals", "signals_min"),
        _ask("invitees", "people_min"),
    ),
    "household": (_ask("people", "people_max", "<="), _ask("household", "days_min", ">")),
    "office": _both("office", most="people_max"),
    "old_customers": (_ask("old_customers", "people_min", after="days"),),
    "clean_orders": _both("clean_orders"),
    "spread_times": (_ask("invites", "invites_min"), _ask("spread_times", "days")),
}
STANDING: Final[Mapping[str, str]] = {
    name: " and ".join(map(written, parts)) for name, parts in STANDING_PARTS.items()
}
_READ: Final[Mapping[str, Node]] = {
    STANDING[name]: parts[0] if len(parts) == 1 else All(parts) for name, parts in STANDING_PARTS.items()
}
# What such a rule must ask at least, or everybody would have to be looked at.
_NEEDED: Final = {
    CHAIN: ("chain_length", 3),
    VELOCITY: ("burst_rate", 2),
    BURST: ("burst_rate", 2),
    MULE: ("mules", 1),
}


def text_of(name: str, fields: Mapping[str, Any]) -> str:
    """The `when` of a rule, by the last word of its name: its own, or the one that stands for the name; "" for none."""
    own = fields.get(WHEN)
    return own if isinstance(own, str) else STANDING.get(name, "")


def place_of(name: str) -> int:
    """Where a rule stands among its like: those of the presets first, in their order."""
    return list(STANDING).index(name) if name in STANDING else len(STANDING)


def when(name: str, fields: Mapping[str, Any], haste: tuple[int, int] = (0, 0)) -> Weighed:
    """The `when` of a rule, compiled. `haste` is (more attempts than this, within less than so many seconds).

    Raises QueryError.
    """
    return _compiled(text_of(name, fields), tuple(_numbers(name, fields, haste)))


@lru_cache(maxsize=KEPT_MAX)
def _compiled(text: str, numbers: tuple[tuple[str, Operand], ...]) -> Weighed:
    tree = _READ.get(text) or parse(text)
    if tree == EVERYTHING:
        raise Refused("A rule asks for something: write it like ring_size >= 3.")
    try:
        return weigh(tree, CASE, vocabulary(), dict(numbers))
    except QueryError as error:
        raise error.in_text(text) from None


def _numbers(name: str, fields: Mapping[str, Any], haste: tuple[int, int]) -> Iterator[tuple[str, Operand]]:
    for key, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or key in ("weight", "version"):
            continue
        unit = key.rpartition("_")[2]
        if unit == "percent":
            yield key, Share(Decimal(str(value)))
        elif unit in _UNITS and value == int(value):
            yield key, _span(int(value), _UNITS[unit])
        else:
            yield key, Number(Decimal(str(value)))
    if name == PATTERN:
        yield WEIGHT_MIN, Number(Decimal(int(fields.get("weight", 0))))
    yield VELOCITY_ATTEMPTS, Number(Decimal(haste[0]))
    yield VELOCITY_SECONDS, _span(haste[1], "s")


def _span(count: int, unit: str) -> Duration:
    """A span in the largest unit that says it exactly, so that it is short enough to be read."""
    if unit != "s":
        return Duration(count, unit)
    word, seconds = next((one for one in _SECONDS if count and count % one[1] == 0), ("s", 1))
    if count >= _SECONDS_SAID_MAX and word == "s":
        word, seconds = "m", 60
    return Duration(count // seconds, word)


def check(name: str, fields: Mapping[str, Any]) -> None:
    """Whether a rule of that name can have this `when`. Raises QueryError for what it does not know, Refused for the rest."""
    if not text_of(name, fields):
        raise Refused(f"{name} says no `when`: write one like when='ring_size >= 3'.")
    asked = when(name, fields, (1, 1))
    if name != PATTERN and (foreign := OF_PATTERN & {one.field for one in asked.measures}):
        raise Refused(
            f"{' and '.join(sorted(foreign))} can be asked only of pattern: signals are not weighed before."
        )
    field, least = _NEEDED.get(name, ("", 0))
    if field and max(asked.least(field).values(), default=0) < least:
        example = vocabulary().of_subject(CASE)[field].example
        raise Refused(f"{name} must ask for {field} of at least {least} in every case, as in {example}.")


def check_value(value: Mapping[str, Any]) -> None:
    """Whether a value, whatever its rule is called, says a `when` that can be read. Raises QueryError, Refused."""
    if value.get(WHEN) is not None:
        check(PATTERN, value)
