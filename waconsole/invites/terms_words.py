"""The words of a programme's terms: `--set KEY=VALUE`, spans, and a value read key by key. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from waconsole.clock import DAY, HOUR, MINUTE, SECOND, parse_iso
from waconsole.errors import Refused
from waconsole.invites.rewards import Reward, parse_reward
from waconsole.money import Money, parse

EACH, INVITEE = "each", "invitee"
NONE: Final = "none"
CAP_MAX: Final = 1_000_000
RUNG_MAX: Final = 1_000_000
RUNGS_MAX: Final = 50
STEPS_MAX: Final = 20
SPAN_DAYS_MAX: Final = 3_650
TEXT_LENGTH_MAX: Final = 2_000
_UNITS: Final[Mapping[str, int]] = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_SPAN: Final = re.compile(r"([0-9]{1,9})\s*(d|h|m|s|days?|hours?)")
PLAIN_KEYS: Final = (
    *("counted_action", "minimum", "return_window", "cap", "mode", "attribution", "attribution_window"),
    *("starts_at", "ends_at", "budget", "disclosure", "terms", "steps", "ltv"),
)
_OF_SLOT: Final = re.compile(r"(reward|cost)\.([0-9]{1,7})")
SLOT_KEYS: Final = ("reward.each", "cost.each", "invitee.each", "cost.invitee")
KEYS_SAID: Final = ", ".join((*PLAIN_KEYS, *SLOT_KEYS, "reward.N", "cost.N"))
_Read = TypeVar("_Read")


def key_of(text: str) -> str:
    """A key as `--set` takes it. Raises Refused for one that is none, with the nearest."""
    key = text.strip().casefold()
    found = _OF_SLOT.fullmatch(key)
    if found is not None:
        return f"{found[1]}.{int(found[2])}"
    if key in PLAIN_KEYS or key in SLOT_KEYS:
        return key
    near = next(iter(get_close_matches(key, [*PLAIN_KEYS, *SLOT_KEYS], n=1, cutoff=0.7)), None)
    hint = f"did you mean {near}?" if near else f"there are {KEYS_SAID}."
    raise Refused(f"A programme has no {text.strip()!r}: {hint}")


def parse_set(words: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE …` as typed, by key; of a key that is set twice the last counts. A word without `=` belongs to the one before.

    Raises Refused for what is no `KEY=VALUE`, and for a key that is none.
    """
    found: dict[str, str] = {}
    key = None
    for word in words:
        name, equals, text = word.partition("=")
        if equals:
            key = key_of(name)
            found[key] = text.strip()
        elif key is None:
            raise Refused(
                f"{word!r} sets nothing: write --set KEY=VALUE, like --set 'reward.5=cashback 8.00 HKD'."
            )
        else:
            found[key] = f"{found[key]} {word}".strip()
    return found


def span_said(span: int) -> str:
    """A span as it is typed: `14d`, `36h`, `90s`."""
    unit = next(unit for unit, size in _UNITS.items() if span % size == 0)
    return f"{span // _UNITS[unit]}{unit}"


def parse_span(text: str) -> int:
    """`14d`, `36h`, `90m` in microseconds. Raises Refused."""
    found = _SPAN.fullmatch(text.strip().casefold())
    span = int(found[1]) * _UNITS[found[2][0]] if found else -1
    if not 0 <= span <= SPAN_DAYS_MAX * DAY:
        raise Refused(
            f"{text.strip()!r} is no span of at most {SPAN_DAYS_MAX:,} days: write it like 14d or 36h."
        )
    return span


class Reader:
    """Reads a value key by key; every refusal names the key."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        """`value` is a policy's value, or what was typed."""
        self._value = value

    def _given(self, key: str) -> str | None:
        """What stands under a key as text; None where it is not there, empty or `none`."""
        found = self._value.get(key)
        if found is None or isinstance(found, bool | dict):
            return None
        text = ", ".join(map(str, found)) if isinstance(found, list) else str(found).strip()
        return None if text == "" or text.casefold() == NONE else text

    def _read(self, key: str, how: Callable[[str], _Read]) -> _Read | None:
        text = self._given(key)
        if text is None:
            return None
        try:
            return how(text)
        except Refused as error:
            raise Refused(f"{key}: {error}") from None

    def word(self, key: str, choices: tuple[str, ...]) -> str:
        """One of `choices`; the first where nothing is said."""
        word = (self._given(key) or choices[0]).casefold()
        if word not in choices:
            raise Refused(f"{key}: it is {', '.join(choices[:-1])} or {choices[-1]}, not {word!r}.")
        return word

    def money(self, key: str, *, zero: bool = False) -> Money | None:
        """An amount; None for none, and for nothing at all."""
        found = self._read(key, parse)
        if found is not None and (found.minor < 0 or (found.minor == 0 and not zero)):
            raise Refused(f"{key}: {found} is not more than nothing.")
        return None if found is not None and found.minor == 0 else found

    def span(self, key: str) -> int | None:
        """A span in microseconds."""
        return self._read(key, parse_span)

    def cap(self) -> int | None:
        """How many; None for none."""
        text = self._given("cap")
        if text is not None and (not re.fullmatch(r"[0-9]{1,7}", text) or not 0 < int(text) <= CAP_MAX):
            raise Refused(
                f"cap: it is a whole number of invitees from 1 to {CAP_MAX:,}, or none, not {text!r}."
            )
        return None if text is None else int(text)

    def instant(self, key: str) -> int | None:
        """An instant, floored to whole seconds."""
        text = self._given(key)
        try:
            at = None if text is None else parse_iso(text)
        except (ValueError, OverflowError):
            raise Refused(f"{key}: {text!r} is no day: write it like 2026-11-01.") from None
        return None if at is None else at - at % SECOND

    def text(self, key: str) -> str:
        """Words; "" for none."""
        text = self._given(key) or ""
        if len(text) > TEXT_LENGTH_MAX:
            raise Refused(f"{key}: it has at most {TEXT_LENGTH_MAX:,} signs.")
        return text

    def steps(self) -> tuple[str, ...]:
        """The steps, named; a bare number names them itself."""
        text = self._given("steps") or ""
        if re.fullmatch(r"[0-9]{1,3}", text):
            found = tuple(f"step {number}" for number in range(1, int(text) + 1))
        else:
            found = tuple(part.strip() for part in text.split(",") if part.strip())
        if len(found) > STEPS_MAX:
            raise Refused(f"steps: there are at most {STEPS_MAX}, from the click to the end.")
        return found

    def reward(self, key: str) -> Reward | None:
        """A reward."""
        return self._read(key, parse_reward)

    def rungs(self) -> tuple[tuple[int, Reward], ...]:
        """(number, reward), lowest first."""
        found = [(number, self.reward(key)) for number, key in self._of_slot("reward")]
        if len(found) > RUNGS_MAX or any(not 0 < number <= RUNG_MAX for number, _ in found):
            raise Refused(f"A ladder has at most {RUNGS_MAX} rungs, from 1 to {RUNG_MAX:,} friends.")
        return tuple((number, reward) for number, reward in sorted(found, key=lambda one: one[0]) if reward)

    def costs(self) -> tuple[tuple[str, Money], ...]:
        """(slot, what one costs), which may be nothing."""
        keys = [
            (EACH, "cost.each"),
            *((str(number), key) for number, key in self._of_slot("cost")),
            (INVITEE, "cost.invitee"),
        ]
        found = [(slot, self._read(key, parse)) for slot, key in keys]
        if any(cost is not None and cost.minor < 0 for _, cost in found):
            raise Refused("A reward costs nothing at least.")
        return tuple((slot, cost) for slot, cost in found if cost is not None)

    def _of_slot(self, word: str) -> list[tuple[int, str]]:
        """(number, key) of `reward.N` or `cost.N`, lowest first."""
        found = [(it, key) for key in self._value if (it := _OF_SLOT.fullmatch(key)) and it[1] == word]
        return sorted((int(it[2]), key) for it, key in found)
