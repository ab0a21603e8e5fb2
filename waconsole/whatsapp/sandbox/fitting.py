"""Whether a message fits the template it names, word for word as WhatsApp counts. Raises GraphError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.templates import PLACES, SENDABLE, Template, places

FILLED_MAX: Final = 1024
MEDIA: Final = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")

Component = Mapping[str, Any]


def check_status(template: Template | None, name: str, language: str) -> Template:
    """Whether a template may be sent at all."""
    if template is None:
        raise GraphError(132001, f"Template name ({name}) does not exist in {language}.")
    if template.status == "PAUSED":
        raise GraphError(132015, f"Template {name} is paused: its quality is low.")
    if template.status == "DISABLED":
        raise GraphError(132016, f"Template {name} is disabled.")
    if template.status not in SENDABLE:
        raise GraphError(132001, f"Template {name} in {language} is {template.status}, not approved.")
    return template


def check_fit(template: Template, components: Sequence[Component]) -> None:
    """Whether the parameters are as many and of the kinds that the template has places for."""
    by_kind: dict[str, list[Component]] = {"header": [], "body": [], "button": []}
    for one in components:
        by_kind[one["type"]].append(one)
    header, body = template.part("HEADER"), template.part("BODY")
    _check_header(template, header, _parameters(by_kind["header"]))
    _check_text(template, "body", str(body.get("text", "")), _parameters(by_kind["body"]))
    _check_buttons(template, by_kind["button"])


def _parameters(components: Sequence[Component]) -> list[Mapping[str, Any]]:
    return [parameter for one in components for parameter in one.get("parameters") or ()]


def _check_header(template: Template, header: Component, given: list[Mapping[str, Any]]) -> None:
    shape = str(header.get("format", "TEXT")).upper()
    if shape not in MEDIA:
        _check_text(template, "header", str(header.get("text", "")), given)
        return
    if len(given) != 1:
        raise GraphError(
            132012, f"header: Format mismatch, expected {shape}, received {len(given)} parameters."
        )
    if given[0]["type"].upper() != shape:
        raise GraphError(
            132012, f"header: Format mismatch, expected {shape}, received {given[0]['type'].upper()}."
        )


def _check_text(template: Template, where: str, text: str, given: list[Mapping[str, Any]]) -> None:
    wanted = places(text)
    if len(given) != len(wanted):
        raise GraphError(
            132000, f"{where}: number of localizable_params ({len(given)}) does not match the expected number of "
            f"params ({len(wanted)}).",
        )  # fmt: skip
    names = [str(one.get("parameter_name", "")) for one in given]
    if template.named and sorted(names) != sorted(wanted):
        raise GraphError(
            132012, f"{where}: the parameters are called {', '.join(wanted)}, not {', '.join(names)}."
        )
    if not template.named and any(names):
        raise GraphError(132012, f"{where}: the template has no names for its parameters.")
    if any(one["type"].upper() in MEDIA for one in given):
        raise GraphError(132012, f"{where}: Parameter format does not match format in the template.")
    filled = PLACES.sub("", text) + "".join(_filling(one) for one in given)
    if len(filled) > FILLED_MAX:
        raise GraphError(132005, f"{where}: with its parameters the text has {len(filled)} characters.")


def _filling(parameter: Mapping[str, Any]) -> str:
    value = parameter.get(parameter["type"])
    return str(value.get("fallback_value", "")) if isinstance(value, Mapping) else str(value)


def _check_buttons(template: Template, given: list[Component]) -> None:
    buttons = template.buttons
    filled = {int(one["index"]): one for one in given}
    for index, one in filled.items():
        if index >= len(buttons):
            raise GraphError(132012, f"Button at index {index}: the template has {len(buttons)} buttons.")
        wanted = _sub_type(buttons[index])
        if one["sub_type"] != wanted:
            raise GraphError(132012, f"Button at index {index} is of type {wanted}, not {one['sub_type']}.")
        if wanted == "url" and one.get("parameters") and not places(buttons[index].get("url", "")):
            raise GraphError(132000, f"Button at index {index} of type Url takes no parameter.")
    for index, button in enumerate(buttons):
        kind = _sub_type(button)
        is_code = kind == "copy_code" or str(button.get("type", "")).upper() == "OTP"
        needed = is_code or (kind == "url" and places(button.get("url", "")))
        if needed and not filled.get(index, {}).get("parameters"):
            raise GraphError(131008, f"Button at index {index} of type {kind} requires a parameter.")


def _sub_type(button: Mapping[str, Any]) -> str:
    kind = str(button.get("type", "")).lower()
    return "url" if kind == "otp" else kind
