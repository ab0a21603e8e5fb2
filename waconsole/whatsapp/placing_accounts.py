"""What WhatsApp says of templates, accounts and numbers: the whole `value` of a change is the thing.

Fields and their parts: Meta's webhook reference ("Account, template, preference and identity fields"). What a field
says is taken by its parts, so that one spelled otherwise (`template_category_update` has no `message_` before it, its
neighbours have) is understood in both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from waconsole.whatsapp.events import Event, Unplaced
from waconsole.whatsapp.events_standing import AccountChanged, TemplateChanged
from waconsole.whatsapp.lenient import clean
from waconsole.whatsapp.placing_parts import SECOND, SECONDS_MAX, phone_of

DETAIL_CHARACTERS_MAX: Final = 2_000
WORD_CHARACTERS_MAX: Final = 400
MILLISECOND: Final = 1_000
PREFIX: Final = "message_"
TEMPLATE_FIELDS: Final[Mapping[str, Literal["status", "quality", "category", "components"]]] = {
    "template_status_update": "status",
    "template_quality_update": "quality",
    "template_category_update": "category",
    "template_components_update": "components",
}
# The field, and which of its words says what happened.
ACCOUNT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "account_update": ("event",),
    "account_alerts": ("alert_type", "alert_status"),
    "account_review_update": ("decision",),
    "phone_number_quality_update": ("event",),
    "phone_number_name_update": ("decision",),
    "business_capability_update": (),
    "security": ("event",),
}
_PHONES: Final = ("display_phone_number", "phone_number")


def account_item(entry: Mapping[str, Any], field: str, value: Mapping[str, Any], kind: str) -> Event:
    """What a change without a list of things says. `kind` is what to call one that nobody knows."""
    part = TEMPLATE_FIELDS.get(field.removeprefix(PREFIX))
    if part is not None:
        return _template(entry, part, value) or Unplaced(field, kind)
    if field in ACCOUNT_FIELDS:
        return _account(entry, field, value)
    return Unplaced(field, kind)


def _template(
    entry: Mapping[str, Any],
    part: Literal["status", "quality", "category", "components"],
    value: Mapping[str, Any],
) -> TemplateChanged | None:
    """A word on a template, known by name and language or by its id; None for one that names none or says nothing."""
    name = _first(value, "message_template_name", "template_name", "name")
    language = _first(value, "message_template_language", "template_language", "language")
    template_id = _first(value, "message_template_id", "template_id", "id")
    said: Literal["status", "quality", "category", "coming", "components"] = part
    before = ""
    if part == "status":
        word = _first(value, "event", "status")
    elif part == "quality":
        word, before = _first(value, "new_quality_score"), _first(value, "previous_quality_score")
    elif part == "category":
        word, before = _first(value, "new_category"), _first(value, "previous_category")
        correct = _first(value, "correct_category")
        if correct and correct.upper() != word.upper():
            said, word, before = "coming", correct, word
    else:
        word = "CHANGED"
    if not word or not (template_id or (name and language)):
        return None
    return TemplateChanged(
        _first(entry, "id"),
        said,
        name,
        language,
        template_id,
        word.upper(),
        before.upper(),
        _reason(value),
        at_of_entry(entry),
    )


def _reason(value: Mapping[str, Any]) -> str:
    """Why, in WhatsApp's own words: the reason, and what stands beside it for some events."""
    words = [_first(value, "reason")]
    for part, keys in (
        ("rejection_info", ("reason", "recommendation")),
        ("other_info", ("title", "description")),
        ("disable_info", ("disable_date",)),
    ):
        inside = value.get(part)
        if isinstance(inside, Mapping):
            words += [_first(inside, key) for key in keys]
    told = [word for word in words if word and word.upper() != "NONE"]
    return ": ".join(dict.fromkeys(told))[:DETAIL_CHARACTERS_MAX]


def _account(entry: Mapping[str, Any], field: str, value: Mapping[str, Any]) -> AccountChanged:
    inside = value.get("alert_info")
    told = {**value, **inside} if isinstance(inside, Mapping) else dict(value)
    event = " ".join(word for key in ACCOUNT_FIELDS[field] if (word := _first(told, key)))
    phone = next((found for key in _PHONES if (found := phone_of(_digits(_first(told, key))))), "")
    at = at_of_entry(entry)
    return AccountChanged(_first(entry, "id"), field, event.upper(), phone, _detail(told), at, told)


def _detail(value: Mapping[str, Any]) -> str:
    """What a change says beside its event, in WhatsApp's own words."""
    parts = []
    for key, word in value.items():
        if key in ("event", "messaging_product", "metadata", *_PHONES):
            continue
        said = _first(value, key) or json.dumps(word, ensure_ascii=True, separators=(",", ":"))
        parts.append(f"{key} {said}")
    return clean("; ".join(parts))[:DETAIL_CHARACTERS_MAX]


def at_of_entry(entry: Mapping[str, Any]) -> int | None:
    """`entry.time` in microseconds UTC (told in seconds, by some in milliseconds), None where there is none."""
    told = _first(entry, "time")
    if not told.isascii() or not told.isdecimal() or len(told) > len(str(SECONDS_MAX)) + 3:
        return None
    number = int(told)
    if number > SECONDS_MAX:
        return number // MILLISECOND * SECOND
    return number * SECOND if number > 0 else None


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign.isascii() and sign.isdecimal())


def _first(value: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found.strip():
            return clean(found.strip())[:WORD_CHARACTERS_MAX]
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)[:WORD_CHARACTERS_MAX]
    return ""
