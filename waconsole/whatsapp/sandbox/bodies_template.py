"""What may stand in a message that fills a template: its form, before anybody asks which template it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields
from waconsole.whatsapp.sandbox.parts import ID_MAX, location, media
from waconsole.whatsapp.sandbox.templates import NAME

COMPONENTS_MAX: Final = 16
PARAMETERS_MAX: Final = 64
PARAMETER_MAX: Final = 1024
CODE_MAX: Final = 20
BUTTONS: Final = range(10)
# sub_type: the type its parameter has
BUTTON_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "quick_reply": ("payload",),
    "url": ("text",),
    "copy_code": ("coupon_code",),
    "catalog": ("action",),
    "mpm": ("action",),
    "flow": ("action",),
    "voice_call": ("payload", "ttl_minutes"),
}

_SPREAD: Final = re.compile(r"[\n\r\t]| {4}")


def template(body: Fields) -> None:
    """The name, the language and what fills the places. Raises GraphError."""
    body.only("name", "language", "components")
    if not NAME.fullmatch(body.text("name", longest=512)):
        raise GraphError(132001, f"There is no template {body.values['name']}.")
    language = body.inner("language")
    language.only("code", "policy")
    language.text("code", longest=15)
    language.word("policy", "deterministic", required=False)
    seen: set[tuple[str, str]] = set()
    for component in body.several("components", fewest=0, most=COMPONENTS_MAX):
        place = _component(component)
        if place in seen:
            raise GraphError(BAD, f"Param {component.path} stands there twice.")
        seen.add(place)


def _component(component: Fields) -> tuple[str, str]:
    """(type, index): no two of a message are the same."""
    kind = component.word("type", "header", "body", "button")
    component.only("type", "parameters", *(("sub_type", "index") if kind == "button" else ()))
    allowed: tuple[str, ...] = tuple(_PARAMETERS)
    if kind == "button":
        allowed = BUTTON_KINDS[component.word("sub_type", *BUTTON_KINDS)]
        index = component.values.get("index")
        if isinstance(index, bool) or str(index) not in map(str, BUTTONS):
            raise GraphError(BAD, f"Param {component.name('index')} must be a number from 0 to 9.")
    for parameter in component.several("parameters", fewest=0, most=PARAMETERS_MAX):
        _parameter(parameter, kind, allowed)
    return kind, str(component.values.get("index", ""))


def _parameter(parameter: Fields, kind: str, allowed: tuple[str, ...]) -> None:
    type_ = parameter.word("type", *_PARAMETERS)
    if type_ not in allowed or (kind != "button" and type_ in _OF_BUTTONS):
        raise GraphError(132012, f"Param {parameter.path} of type {type_} cannot stand there.")
    parameter.only("type", type_, *(() if kind == "button" else ("parameter_name",)))
    if type_ not in parameter:
        raise GraphError(BAD, f"The parameter {parameter.name(type_)} is required.")
    parameter.text("parameter_name", longest=64, required=False)
    _PARAMETERS[type_](parameter)


def _text(parameter: Fields) -> None:
    if _SPREAD.search(parameter.text("text", longest=PARAMETER_MAX)):
        raise GraphError(132018, "A parameter has a new line, a tab or more than three spaces in a row.")


def _currency(parameter: Fields) -> None:
    money = parameter.inner("currency")
    money.only("fallback_value", "code", "amount_1000")
    money.text("fallback_value", longest=ID_MAX)
    if not re.fullmatch(r"[A-Z]{3}", money.text("code", longest=3)):
        raise GraphError(132012, f"Param {money.name('code')} is no currency.")
    money.number("amount_1000", -(10**15), 10**15, whole=True)


def _date_time(parameter: Fields) -> None:
    parameter.inner("date_time").text("fallback_value", longest=ID_MAX)


def _file(kind: str) -> Callable[[Fields], None]:
    def check(parameter: Fields) -> None:
        media(parameter.inner(kind), *(("filename",) if kind == "document" else ()))

    return check


def _words(kind: str, longest: int) -> Callable[[Fields], None]:
    def check(parameter: Fields) -> None:
        parameter.text(kind, longest=longest)

    return check


def _whole(parameter: Fields) -> None:
    parameter.number("ttl_minutes", 1, 43_200, whole=True)


def _object(parameter: Fields) -> None:
    parameter.inner("action")


_PARAMETERS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "text": _text,
    "currency": _currency,
    "date_time": _date_time,
    "image": _file("image"),
    "video": _file("video"),
    "document": _file("document"),
    "location": lambda parameter: location(parameter.inner("location")),
    "group_id": _words("group_id", 128),
    "payload": _words("payload", ID_MAX),
    "coupon_code": _words("coupon_code", CODE_MAX),
    "ttl_minutes": _whole,
    "action": _object,
}
_OF_BUTTONS: Final = ("payload", "coupon_code", "ttl_minutes", "action")
