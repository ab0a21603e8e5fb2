"""Read what an operator types as a policy's value: checked against the unit, type and range the policy has. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from waconsole import money
from waconsole.errors import Refused, UsageError
from waconsole.policy.bounds import MONEY, PERCENT
from waconsole.policy.model import PROGRAMMES, SCHEMES, SOLO, fields_of

NUMBER_MAX: Final = 10**12
TEXT_CHARACTERS_MAX: Final = 4_096
LIST_MAX: Final = 1_000
PERCENT_DECIMALS_MAX: Final = 6

_YES: Final = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_HOURS: Final = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_NUMBER: Final = re.compile(r"(\d{1,15}(?:[.,]\d{1,9})?)\s*([^\W\d_]*|%)")
_FIELD: Final = re.compile(r"([a-z][a-z0-9_.]*)=(.*)", re.S)
_NOTHING: Final = frozenset({"none", "null", "-"})
# Spans by their words, in seconds.
_SPANS: Final[Mapping[str, int]] = {
    word: seconds
    for seconds, words in (
        (1, "s sec second seconds"),
        (60, "m min minute minutes"),
        (3_600, "h hour hours"),
        (86_400, "d day days"),
        (604_800, "w week weeks"),
    )
    for word in words.split()
}
# What a scheme's terms hold beside its numbers: they are written as `cashback schemes add` writes them.
_TERMS: Final[Mapping[str, str]] = {"rate": "rate", "credit": MONEY, "cap": MONEY, "budget": MONEY}
# What a programme's terms may hold that they do not hold yet: another rung of the ladder, what one costs.
_SLOT: Final = re.compile(r"(?:reward|cost)\.(?:each|[1-9]\d{0,6})|invitee\.each|cost\.invitee", re.A)


def read(name: str, value: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """`value` with what `words` change: one value for a policy of one, `field=value` for others, or a JSON object.

    Answers a new value, words about it included. Raises Refused, in words, for what the policy cannot be.
    """
    text = " ".join(words).strip()
    fields = fields_of(value)
    said = [_FIELD.fullmatch(word) for word in words]
    if text.startswith("{"):
        changes = {key: (entry, True) for key, entry in _object(name, text).items()}
    elif words and all(one is not None and (one[1] in fields or len(fields) != 1) for one in said):
        changes = {one[1]: (one[2], False) for one in said if one is not None}
    elif name == SOLO and text.casefold() in _YES:
        changes = {"on": (text, False)}
    elif len(fields) == 1:
        changes = {next(iter(fields)): (text, False)}
    else:
        example = " ".join(f"{key}=…" for key in list(fields)[:2])
        raise UsageError(f"{name} has several numbers: name the one to set, like {example}")
    read_ones: dict[str, Any] = {}
    for key, (entry, is_json) in changes.items():
        if key not in fields and not (name.startswith(PROGRAMMES) and _SLOT.fullmatch(key)):
            raise Refused(f"{name} has no field {key}: it has {', '.join(fields)}.")
        read_ones[key] = _field(name, value, key, entry, is_json=is_json)
    return {**value, **read_ones}


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused(f'This is no JSON object: write {name}\'s fields like {{"days": 7}}.') from None
    if not isinstance(found, dict) or not found:
        raise Refused(f'Write {name}\'s fields like {{"days": 7}}.')
    return found


def _field(name: str, value: Mapping[str, Any], key: str, entry: Any, *, is_json: bool) -> Any:
    """One field, read as the kind of thing it is now."""
    old: Any = value.get(key)
    unit = value.get("unit", "")
    if is_json:
        return _of_json(name, value, key, entry)
    text = entry.strip()
    if not text:
        raise Refused(f"{name} needs a value.")
    if name.startswith(PROGRAMMES) and text.casefold() in _NOTHING:
        return None
    if name.startswith(SCHEMES) and key in _TERMS:
        return None if text.casefold() in _NOTHING else _TERM_READERS[_TERMS[key]](text)
    if isinstance(old, bool):
        if text.casefold() not in _YES:
            raise Refused(f"{key} of {name} is yes or no, not {text!r}.")
        return _YES[text.casefold()]
    if (unit == PERCENT and key == "value") or key.endswith("percent"):
        return in_range(name, value, _percent(text))
    if unit == MONEY and key == "value":
        return str(_amount(text, money.parse(old).currency))
    if isinstance(old, int | float):
        return in_range(name, value, _number(name, text, span_unit(unit, key), is_whole=isinstance(old, int)))
    if isinstance(old, list):
        return _items(name, text, old)
    if isinstance(old, dict):
        raise Refused(f"{key} of {name} is a table: write the whole of it as JSON.")
    return _word(name, value, text, old)


def _of_json(name: str, value: Mapping[str, Any], key: str, entry: Any) -> Any:
    old: Any = value.get(key)
    if entry == old and type(entry) is type(old):
        return entry
    if isinstance(entry, str) and isinstance(old, str | int | float | bool):
        return _field(name, value, key, entry, is_json=False)
    if isinstance(old, bool) != isinstance(entry, bool):
        raise Refused(f"{key} of {name} is {_kind(old)}, not {_kind(entry)}.")
    is_number = isinstance(old, int | float) and isinstance(entry, int | float)
    if not is_number and type(entry) is not type(old) and old is not None:
        raise Refused(f"{key} of {name} is {_kind(old)}, not {_kind(entry)}.")
    if is_number and not isinstance(old, bool):
        if isinstance(old, int) and entry != int(entry):
            raise Refused(f"{key} of {name} is a whole number.")
        return in_range(name, value, int(entry) if entry == int(entry) else entry)
    if isinstance(entry, list) and len(entry) > LIST_MAX:
        raise Refused(f"{name} takes at most {LIST_MAX:,} entries.")
    return entry


def _kind(entry: Any) -> str:
    kinds = {
        bool: "yes or no",
        int: "a number",
        float: "a number",
        str: "a word",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(entry), "nothing")


def _percent(text: str) -> int | float:
    found = money.parse_rate(text) * 100
    if found.denominator == 1:
        return int(found)
    if (found * 10**PERCENT_DECIMALS_MAX).denominator != 1:
        raise Refused(f"{text!r} has more than {PERCENT_DECIMALS_MAX} decimals of a percent.")
    return float(found)


def _amount(text: str, currency: str) -> money.Money:
    """An amount; it may name another currency than the one now in force."""
    has_name = (
        any(unicodedata.category(letter) in ("Sc", "Lu", "Ll", "Lo") for letter in text) and "折" not in text
    )
    found = money.parse(text, None if has_name else currency)
    if found.minor < 0:
        raise Refused(f"{text!r} is below zero.")
    return found


def span_unit(unit: str, key: str) -> str:
    """The word of a span in a field's unit or name: `hours` of `silent_hours`; "" where it is none."""
    word = unit or key.rpartition("_")[2]
    return word if word in _SPANS else ""


def _number(name: str, text: str, unit: str, *, is_whole: bool) -> int | float:
    plain = unicodedata.normalize("NFKC", text)
    if "折" in plain:
        money.parse_rate(text)
    found = _NUMBER.fullmatch(plain)
    if found is None or found[2] == "%":
        raise Refused(f"{name} is a number{f' of {unit}' if unit else ''}, not {text!r}.")
    number = Fraction(found[1].replace(",", "."))
    word = found[2].casefold()
    if word:
        if unit and word in _SPANS:
            number = number * _SPANS[word] / _SPANS[unit]
        elif word != "x" or is_whole:
            raise Refused(f"{name} is a number{f' of {unit}' if unit else ''}, not {text!r}.")
    if number > NUMBER_MAX:
        raise Refused(f"{text!r} is too large.")
    if number.denominator == 1:
        return int(number)
    if is_whole:
        raise Refused(f"{name} is a whole number{f' of {unit}' if unit else ''}: {text!r} is none.")
    return float(number)


def in_range(name: str, value: Mapping[str, Any], number: int | float) -> int | float:
    """`number`, when the policy's range holds it. Raises Refused."""
    least = value.get("least", 0)
    most = value.get("most", 100 if value.get("unit") == PERCENT else NUMBER_MAX)
    if not least <= number <= most:
        raise Refused(f"{name} lies between {least:,} and {most:,}: {number:,} does not.")
    return number


def _items(name: str, text: str, old: list[Any]) -> list[Any]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            raise Refused(f"{name} is a list: write it like a,b or as JSON.") from None
    else:
        found = [part.strip() for part in text.split(",") if part.strip()]
        if old and all(isinstance(one, int) for one in old):
            if not all(part.isdecimal() for part in found):
                raise Refused(f"{name} is a list of whole numbers, like {','.join(map(str, old[:2]))}.")
            found = [int(part) for part in found]
    if not isinstance(found, list) or len(found) > LIST_MAX:
        raise Refused(f"{name} is a list of at most {LIST_MAX:,}.")
    return found


def _word(name: str, value: Mapping[str, Any], text: str, old: Any) -> str:
    choices = value.get("choices")
    if choices:
        word = text.casefold()
        if word not in choices:
            raise Refused(f"{name} can be {' or '.join(choices)}, not {text!r}.")
        return word
    if isinstance(old, str) and _HOURS.fullmatch(old):
        return _hours(name, text)
    if len(text) > TEXT_CHARACTERS_MAX or any(
        unicodedata.category(one) == "Cc" and one != "\n" for one in text
    ):
        raise Refused(
            f"{name} is a text of at most {TEXT_CHARACTERS_MAX:,} characters, without control characters."
        )
    return unicodedata.normalize("NFC", text)


def _hours(name: str, text: str) -> str:
    found = _HOURS.fullmatch(text.replace("–", "-"))
    times = [int(part) for part in found.groups()] if found else []
    if not times or max(times[0::2]) > 23 or max(times[1::2]) > 59:
        raise Refused(f"{name} is a span of the day like 21:00-09:00, not {text!r}.")
    return f"{times[0]:02}:{times[1]:02}-{times[2]:02}:{times[3]:02}"


_TERM_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "rate": lambda text: str(money.parse_rate(text)),
    MONEY: lambda text: str(money.parse(text)),
}
