"""What a template may be made of: its header, body, footer and buttons, as they are handed in."""

from __future__ import annotations

from typing import Any, Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields
from waconsole.whatsapp.sandbox.parts import URL_MAX
from waconsole.whatsapp.sandbox.templates import places

BODY_MAX: Final = 1024
SHORT_MAX: Final = 60
BUTTON_TEXT_MAX: Final = 25
BUTTONS_MAX: Final = 10
CODE_MAX: Final = 20
KINDS: Final = ("HEADER", "BODY", "FOOTER", "BUTTONS")
FORMATS: Final = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BUTTON_KINDS: Final = (
    "QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP", "CATALOG", "MPM", "FLOW", "VOICE_CALL",
)  # fmt: skip


def read_components(request: Fields, *, is_named: bool) -> list[dict[str, Any]]:
    """The components of a request, checked. Raises GraphError."""
    seen: list[str] = []
    found: list[dict[str, Any]] = []
    for component in request.several("components", fewest=1, most=len(KINDS)):
        kind = _upper(component, "type", KINDS)
        if kind in seen:
            raise GraphError(BAD, f"A template has one {kind} at most.")
        seen.append(kind)
        _CHECKS[kind](component, is_named)
        found.append({**component.values, "type": kind})
    if "BODY" not in seen:
        raise GraphError(BAD, "A template has a BODY.")
    return found


def _upper(component: Fields, key: str, known: tuple[str, ...]) -> str:
    word = component.word(key, *known, *(one.lower() for one in known))
    return word.upper()


def _header(component: Fields, is_named: bool) -> None:
    component.only("type", "format", "text", "example")
    if _upper(component, "format", FORMATS) == "TEXT":
        found = _places(component.text("text", longest=SHORT_MAX), is_named)
        if len(found) > 1:
            raise GraphError(BAD, "A header has one place to fill at most.")


def _body(component: Fields, is_named: bool) -> None:
    component.only("type", "text", "example", "add_security_recommendation")
    if "add_security_recommendation" in component and "text" not in component:
        return
    _places(component.text("text", longest=BODY_MAX), is_named)


def _footer(component: Fields, is_named: bool) -> None:
    component.only("type", "text", "code_expiration_minutes")
    if "code_expiration_minutes" not in component:
        component.text("text", longest=SHORT_MAX)


def _buttons(component: Fields, is_named: bool) -> None:
    component.only("type", "buttons")
    for button in component.several("buttons", fewest=1, most=BUTTONS_MAX):
        kind = _upper(button, "type", BUTTON_KINDS)
        button.text("text", longest=BUTTON_TEXT_MAX, required=kind in ("QUICK_REPLY", "URL", "PHONE_NUMBER"))
        if kind == "URL":
            url = button.text("url", longest=URL_MAX)
            if not url.startswith(("http://", "https://")) or len(places(url)) > 1:
                raise GraphError(
                    BAD, f"Param {button.name('url')} is an address with one place at its end at most."
                )
        if kind == "PHONE_NUMBER":
            button.text("phone_number", longest=20)
        if kind == "COPY_CODE":
            example = button.values.get("example")
            if not isinstance(example, str | list) or len(str(example)) > CODE_MAX + 4:
                raise GraphError(
                    BAD, f"Param {button.name('example')} is a code of at most {CODE_MAX} characters."
                )


def _places(text: str, is_named: bool) -> list[str]:
    found = places(text)
    if is_named and any(one.isdecimal() or one != one.lower() for one in found):
        raise GraphError(BAD, "The places of a NAMED template have names in small letters.")
    if not is_named and found != [str(number) for number in range(1, len(found) + 1)]:
        raise GraphError(BAD, "The places of a template are {{1}}, {{2}} and so on, in order.")
    return found


_CHECKS: Final = {"HEADER": _header, "BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}
