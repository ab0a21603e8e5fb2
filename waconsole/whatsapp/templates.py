"""A template as WhatsApp has it, and what its words ask for: placeholders, header, buttons.

Pure. Texts are foreign. Shapes: Meta's template components (its OpenAPI description v23.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.whatsapp.plain import word

CATEGORIES: Final = ("MARKETING", "UTILITY", "AUTHENTICATION")
NAME: Final = re.compile(r"[a-z0-9_]{1,512}")
_PLACE: Final = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# The kinds of buttons as a template names them, and as a message that fills them does.
BUTTON_KINDS: Final[Mapping[str, str]] = {
    "QUICK_REPLY": "quick_reply", "URL": "url", "COPY_CODE": "copy_code", "CATALOG": "catalog", "MPM": "mpm",
    "FLOW": "flow", "VOICE_CALL": "voice_call", "PHONE_NUMBER": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateSeen:
    """A template as WhatsApp lists it; `components` is its JSON. What was not said is None."""

    name: str
    language: str
    template_id: str = ""
    category: str | None = None
    status: str | None = None
    reason: str | None = None
    quality: str | None = None
    parameter_format: str | None = None
    components: str | None = None


def seen(raw: Mapping[str, Any]) -> TemplateSeen | None:
    """A template of Graph's `message_templates` answer; None for one without name or language."""
    name, language = word(raw.get("name")), _language(raw.get("language"))
    if not name or not language:
        return None
    quality = raw.get("quality_score")
    components = raw.get("components")
    reason = word(raw.get("rejected_reason"))
    return TemplateSeen(
        name,
        language,
        word(raw.get("id")),
        _upper(raw.get("category")),
        _upper(raw.get("status")),
        "" if reason.upper() == "NONE" else reason,
        _upper(quality.get("score") if isinstance(quality, Mapping) else quality),
        _upper(raw.get("parameter_format")),
        json.dumps(components, ensure_ascii=False) if isinstance(components, list) else None,
    )


def placeholders(text: str) -> list[str]:
    """The names (or numbers) of what a text leaves open, each once, in its order."""
    return list(dict.fromkeys(_PLACE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its places filled; one that has no value stays as it is."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def part(components: Sequence[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    """The component of that type (`BODY`, `HEADER`, `FOOTER`, `BUTTONS`), {} where there is none."""
    for one in components:
        if word(one.get("type")).upper() == kind:
            return one
    return {}


def body(components: Sequence[Mapping[str, Any]]) -> str:
    """The words of a template's body."""
    return word(part(components, "BODY").get("text"))


def header_format(components: Sequence[Mapping[str, Any]]) -> str:
    """`TEXT`, `IMAGE`, `DOCUMENT`, `VIDEO`, … of a template's header; empty without one."""
    header = part(components, "HEADER")
    return word(header.get("format")).upper() or ("TEXT" if header else "")


def buttons(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The buttons of a template in their places."""
    found = part(components, "BUTTONS").get("buttons")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def button_kind(button: Mapping[str, Any]) -> str:
    """A button's kind as a message names it; empty for one that nothing fills."""
    kind = word(button.get("type")).upper()
    return BUTTON_KINDS.get(kind, kind.lower())


def _language(value: Any) -> str:
    return word(value.get("code")) if isinstance(value, Mapping) else word(value)


def _upper(value: Any) -> str | None:
    return word(value).upper() or None
