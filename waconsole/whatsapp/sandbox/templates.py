"""Templates the sandbox knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole.whatsapp.sandbox import ids

CATEGORIES: Final = ("MARKETING", "UTILITY", "AUTHENTICATION")
STATUSES: Final = (
    "APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "REINSTATED", "FLAGGED",
    "LIMIT_EXCEEDED", "LOCKED", "ARCHIVED", "UNARCHIVED", "PENDING_DELETION", "DELETED",
)  # fmt: skip
SENDABLE: Final = ("APPROVED", "REINSTATED", "FLAGGED", "UNARCHIVED")
QUALITIES: Final = ("GREEN", "YELLOW", "RED", "UNKNOWN")
TEMPLATES_MAX: Final = 250

NAME: Final = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
PLACES: Final = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}")


@dataclass(slots=True, eq=False)
class Template:
    """One template in one language. `named` when its places have names instead of numbers."""

    id: str
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    named: bool = False
    status: str = "APPROVED"
    quality: str = "UNKNOWN"
    reason: str = "NONE"
    previous_category: str = ""
    reviews: int = 0  # how often it was handed in; the word about an earlier one counts no more

    def part(self, kind: str) -> Mapping[str, Any]:
        """The component of a type (`HEADER`, `BODY`, `BUTTONS`, …); empty when it has none."""
        return next((one for one in self.components if str(one.get("type", "")).upper() == kind), {})

    @property
    def buttons(self) -> list[Mapping[str, Any]]:
        """Its buttons in order."""
        return list(self.part("BUTTONS").get("buttons", ()))

    def document(self) -> dict[str, Any]:
        """As a list of templates has it."""
        more = {"previous_category": self.previous_category} if self.previous_category else {}
        return {
            "name": self.name,
            "parameter_format": "NAMED" if self.named else "POSITIONAL",
            "components": self.components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            **more,
            "quality_score": {"score": self.quality},
            "rejected_reason": self.reason if self.status == "REJECTED" else "NONE",
            "id": self.id,
        }


def places(text: object) -> list[str]:
    """The places of a text to be filled, each once, in order of appearance."""
    return list(dict.fromkeys(PLACES.findall(str(text))))


def _body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def _buttons(*several: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(several)}


_REPLY: Final = {"type": "QUICK_REPLY", "text": "OK"}
_STOP: Final = {"type": "QUICK_REPLY", "text": "Stop promotions"}
_ORDER: Final = {"type": "URL", "text": "Your order", "url": "https://shop.example/{{1}}"}
_CODE: Final = {"type": "COPY_CODE", "example": "KAFFEE7"}

# (name, language, category, components, named, status): what a new sandbox knows.
_STOCK: Final[tuple[tuple[str, str, str, list[dict[str, Any]], bool, str], ...]] = (
    ("hello_world", "en_US", "UTILITY", [
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        _body("Welcome and congratulations! This message shows that you can send one."),
        {"type": "FOOTER", "text": "Maison Lilas"},
    ], False, "APPROVED"),
    ("cashback_paid", "en_US", "MARKETING", [
        {"type": "HEADER", "format": "IMAGE"},
        _body("Hi {{1}}, your cashback of {{2}} is paid."),
        _buttons(_REPLY, _ORDER, _CODE),
    ], False, "APPROVED"),
    ("cashback_note", "en_US", "UTILITY", [_body("Hi {{first_name}}, {{amount}} is on its way.")], True, "APPROVED"),
    ("order_ready", "en_US", "UTILITY", [_body("Hi {{1}}, order {{2}} is ready.")], False, "APPROVED"),
    ("order_ready", "de", "UTILITY", [_body("Hallo {{1}}, Bestellung {{2}} ist da.")], False, "APPROVED"),
    ("order_ready", "fr", "UTILITY", [_body("Bonjour {{1}}, la commande {{2}} est là.")], False, "APPROVED"),
    ("news", "en_US", "MARKETING", [_body("Hi {{1}}, something new has come."), _buttons(_STOP)], False, "APPROVED"),
    ("group_invite", "en_US", "UTILITY", [_body("You are welcome in our group: {{1}}")], False, "APPROVED"),
    ("login_code", "en_US", "AUTHENTICATION", [
        _body("{{1}} is your code."),
        _buttons({"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?code={{1}}"}),
    ], False, "APPROVED"),
    ("spring_sale", "en_US", "MARKETING", [_body("Hi {{1}}, it is spring.")], False, "PAUSED"),
    ("winter_sale", "en_US", "MARKETING", [_body("Hi {{1}}, it is winter.")], False, "PENDING"),
    ("free_money", "en_US", "MARKETING", [_body("Free money!")], False, "REJECTED"),
)  # fmt: skip


class Templates:
    """All templates of the account, by name and language."""

    def __init__(self, seed: int) -> None:
        """The stock is there from the first moment."""
        self._seed = seed
        self._all: dict[tuple[str, str], Template] = {}
        self._count = 0
        for name, language, category, components, named, status in _STOCK:
            template = self.add(name, language, category, components, named=named)
            template.status = status
            template.reason = "TAG_CONTENT_MISMATCH" if status == "REJECTED" else "NONE"

    def add(
        self, name: str, language: str, category: str, components: list[dict[str, Any]], *, named: bool
    ) -> Template:
        """Keep a new template; it is approved until somebody says otherwise."""
        self._count += 1
        number = int.from_bytes(ids.dice("template", self._seed, self._count)[:6], "big") + 5 * 10**14
        template = Template(str(number), name, language, category, components, named)
        self._all[name, language] = template
        return template

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def __iter__(self) -> Iterator[Template]:
        """Each, in the order they came."""
        return iter(list(self._all.values()))

    def find(self, name: str, language: str) -> Template | None:
        """The template of a name in a language."""
        return self._all.get((name, language))

    def by_id(self, template_id: str) -> Template | None:
        """The template of an id."""
        return next((one for one in self._all.values() if one.id == template_id), None)

    def named(self, name: str) -> list[Template]:
        """The template of a name in all its languages."""
        return [one for one in self._all.values() if one.name == name]

    def delete(self, template: Template) -> None:
        """Forget a template."""
        self._all.pop((template.name, template.language), None)
