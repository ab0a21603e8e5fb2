"""What the desk says of a value that is to be set for one of its policies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from waconsole import money
from waconsole.errors import Refused
from waconsole.fraud import whens
from waconsole.fraud.deciding import reason_code
from waconsole.fraud.rules import COUNTER, SIGNAL

REASONS_MAX: Final = 100


def limits(value: Mapping[str, Any]) -> None:
    """Above what a second person confirms: one amount for each currency. Raises Refused."""
    amounts = [money.parse(str(text)) for text in value["value"]]
    for place, one in enumerate(amounts):
        if one.minor < 0:
            raise Refused(f"{one} is below zero.")
        if any(other.currency == one.currency for other in amounts[:place]):
            raise Refused(f"There is one limit for each currency, and {one.currency} is named twice.")


def reasons(value: Mapping[str, Any]) -> None:
    """A closed list of reasons: at least one, each of letters and figures. Raises Refused."""
    found = value["value"]
    if not found or len(found) > REASONS_MAX:
        raise Refused(f"There are 1 to {REASONS_MAX} reasons for an outcome.")
    for one in found:
        if not reason_code(str(one)):
            raise Refused(f"{one!r} is no reason: write a word like no_answer.")


CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any]], object]]] = {
    "fraud.second_above": limits,
    "fraud.reasons_": reasons,
    SIGNAL: whens.check_value,
    COUNTER: whens.check_value,
}
