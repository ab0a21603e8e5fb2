"""What may stand in each kind of message we send: the forms and the limits of the Cloud API.

Every check raises GraphError. Sources: Meta's pages on sending (2025-11-04) and its published sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields

TEXT_MAX: Final = 4096
CAPTION_MAX: Final = 1024
BODY_MAX: Final = 1024
SHORT_MAX: Final = 60  # a header's text, a footer
ID_MAX: Final = 256
URL_MAX: Final = 2048
BUTTONS_MAX: Final = 3
TITLE_MAX: Final = 20
SECTIONS_MAX: Final = 10
ROWS_MAX: Final = 10
SECTION_TITLE_MAX: Final = 24
ROW_ID_MAX: Final = 200
ROW_TITLE_MAX: Final = 24
ROW_WORDS_MAX: Final = 72
CONTACTS_MAX: Final = 257
COMPONENTS_MAX: Final = 16
PARAMETERS_MAX: Final = 64
PIN_DAYS_MAX: Final = 30
BUTTON_KINDS: Final = ("quick_reply", "url", "copy_code", "catalog", "mpm", "flow", "voice_call")
PARAMETER_KINDS: Final = (
    "text", "currency", "date_time", "image", "video", "document", "location", "payload", "coupon_code",
    "action", "group_id",
)  # fmt: skip

_SPREAD: Final = re.compile(r"[\n\t]| {4}")


def _text(body: Fields) -> None:
    body.only("body", "preview_url")
    body.text("body", longest=TEXT_MAX)
    body.flag("preview_url")


def media(body: Fields, *known: str) -> None:
    """A file by the id of an upload or by a public link, and what else this kind knows."""
    body.only("id", "link", *known)
    if ("id" in body) == ("link" in body):
        raise GraphError(BAD, f"Param {body.path} must have either an id or a link.")
    if "id" in body:
        body.text("id", longest=ID_MAX)
    elif not body.text("link", longest=URL_MAX).startswith(("http://", "https://")):
        raise GraphError(131009, f"Param {body.name('link')} is not a valid URL.")
    if "caption" in known:
        body.text("caption", longest=CAPTION_MAX, shortest=0, required=False)
    if "filename" in known:
        body.text("filename", longest=ID_MAX, required=False)
    if "voice" in known:
        body.flag("voice")


def _location(body: Fields) -> None:
    body.only("latitude", "longitude", "name", "address")
    body.number("latitude", -90, 90)
    body.number("longitude", -180, 180)
    body.text("name", longest=CAPTION_MAX, required=False)
    body.text("address", longest=CAPTION_MAX, required=False)


def _reaction(body: Fields) -> None:
    body.only("message_id", "emoji")
    body.text("message_id", longest=ID_MAX)
    body.text("emoji", longest=32, shortest=0)


def _pin(body: Fields) -> None:
    body.only("type", "message_id", "expiration_days")
    body.text("message_id", longest=ID_MAX)
    if body.word("type", "pin", "unpin") == "pin":
        body.number("expiration_days", 1, PIN_DAYS_MAX, whole=True)


def _interactive(body: Fields) -> None:
    kind = body.word("type", "button", "list", "cta_url")
    body.only("type", "header", "body", "footer", "action")
    inner = body.inner("body")
    inner.only("text")
    inner.text("text", longest=TEXT_MAX if kind == "list" else BODY_MAX)
    if "footer" in body:
        footer = body.inner("footer")
        footer.only("text")
        footer.text("text", longest=SHORT_MAX)
    if "header" in body:
        _header(body.inner("header"), only_text=kind == "list")
    _ACTIONS[kind](body.inner("action"))


def _header(header: Fields, *, only_text: bool) -> None:
    kind = header.word("type", "text", *(() if only_text else ("image", "video", "document")))
    header.only("type", kind)
    if kind == "text":
        header.text("text", longest=SHORT_MAX)
    else:
        media(header.inner(kind), "caption", *(("filename",) if kind == "document" else ()))


def _buttons(action: Fields) -> None:
    action.only("buttons")
    titles: set[str] = set()
    for button in action.several("buttons", fewest=1, most=BUTTONS_MAX):
        button.only("type", "reply")
        button.word("type", "reply")
        reply = button.inner("reply")
        reply.only("id", "title")
        reply.text("id", longest=ID_MAX)
        titles.add(reply.text("title", longest=TITLE_MAX))
    if len(titles) != len(action.values["buttons"]):
        raise GraphError(131009, "Button titles must be unique.")


def _sections(action: Fields) -> None:
    action.only("button", "sections")
    action.text("button", longest=TITLE_MAX)
    sections = action.several("sections", fewest=1, most=SECTIONS_MAX)
    names: list[str] = []
    for section in sections:
        section.only("title", "rows")
        section.text("title", longest=SECTION_TITLE_MAX, required=len(sections) > 1)
        for row in section.several("rows", fewest=1, most=ROWS_MAX):
            row.only("id", "title", "description")
            names.append(row.text("id", longest=ROW_ID_MAX))
            row.text("title", longest=ROW_TITLE_MAX)
            row.text("description", longest=ROW_WORDS_MAX, required=False)
    if len(names) > ROWS_MAX:
        raise GraphError(131009, f"Total row count must be at most {ROWS_MAX}.")
    if len(set(names)) != len(names):
        raise GraphError(131009, "Row ids must be unique.")


def _link(action: Fields) -> None:
    action.only("name", "parameters")
    action.word("name", "cta_url")
    parameters = action.inner("parameters")
    parameters.only("display_text", "url")
    parameters.text("display_text", longest=TITLE_MAX)
    parameters.text("url", longest=URL_MAX)


_ACTIONS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "button": _buttons,
    "list": _sections,
    "cta_url": _link,
}


def _contacts(body: Fields) -> None:
    for one in body.several("contacts", fewest=1, most=CONTACTS_MAX):
        one.only("name", "phones", "emails", "addresses", "org", "urls", "birthday")
        one.inner("name").text("formatted_name", longest=CAPTION_MAX)


def _template(body: Fields) -> None:
    body.only("name", "language", "components")
    if not re.fullmatch(r"[a-z0-9_]{1,512}", body.text("name", longest=512)):
        raise GraphError(132001, f"There is no template {body.values['name']}.")
    language = body.inner("language")
    language.only("code", "policy")
    language.text("code", longest=15)
    language.word("policy", "deterministic", required=False)
    for component in body.several("components", fewest=0, most=COMPONENTS_MAX):
        _component(component)


def _component(component: Fields) -> None:
    component.only("type", "sub_type", "index", "parameters")
    if component.word("type", "header", "body", "button") == "button":
        component.word("sub_type", *BUTTON_KINDS)
        if str(component.values.get("index")) not in map(str, range(10)):
            raise GraphError(BAD, f"Param {component.name('index')} must be a number from 0 to 9.")
    for parameter in component.several("parameters", fewest=0, most=PARAMETERS_MAX):
        kind = parameter.word("type", *PARAMETER_KINDS)
        parameter.only("type", "parameter_name", kind)
        if kind == "text" and _SPREAD.search(parameter.text("text", longest=TEXT_MAX)):
            raise GraphError(132018, "A parameter has a new line, a tab or more than three spaces in a row.")
        if kind not in parameter:
            raise GraphError(BAD, f"The parameter {parameter.name(kind)} is required.")


BODIES: Final[Mapping[str, Callable[[Fields], None]]] = {
    "text": _text,
    "image": lambda body: media(body, "caption"),
    "video": lambda body: media(body, "caption"),
    "audio": lambda body: media(body, "voice"),
    "document": lambda body: media(body, "caption", "filename"),
    "sticker": media,
    "location": _location,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
    "pin": _pin,
}
# These two are no object of their own, or only for groups.
TYPES: Final = (*BODIES, "contacts")
IN_GROUPS: Final = frozenset({"text", "image", "video", "audio", "document", "sticker", "template", "pin"})


def check(kind: str, request: Fields) -> None:
    """Check the body of a message of one of `TYPES`. Raises GraphError."""
    if kind == "contacts":
        _contacts(request)
    else:
        BODIES[kind](request.inner(kind))
