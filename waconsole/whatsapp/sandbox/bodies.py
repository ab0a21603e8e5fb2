"""What may stand in each kind of message we send: the forms and the limits of the Cloud API.

Every check raises GraphError. Sources: Meta's pages on sending (2025-11-04) and its published sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from waconsole.whatsapp.sandbox.bodies_template import template
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import Fields
from waconsole.whatsapp.sandbox.parts import CAPTION_MAX, ID_MAX, URL_MAX, location, media

TEXT_MAX: Final = 4096
BODY_MAX: Final = 1024
SHORT_MAX: Final = 60  # a header's text, a footer
BUTTONS_MAX: Final = 3
TITLE_MAX: Final = 20
SECTIONS_MAX: Final = 10
ROWS_MAX: Final = 10
SECTION_TITLE_MAX: Final = 24
ROW_ID_MAX: Final = 200
ROW_TITLE_MAX: Final = 24
ROW_WORDS_MAX: Final = 72
CONTACTS_MAX: Final = 257
EACH_MAX: Final = 16  # phones, e-mails, addresses, links of one contact
PIN_DAYS_MAX: Final = 30

_CONTACT: Final[Mapping[str, tuple[str, ...]]] = {
    "phones": ("phone", "type", "wa_id"),
    "emails": ("email", "type"),
    "urls": ("url", "type"),
    "addresses": ("street", "city", "state", "zip", "country", "country_code", "type"),
}
_NAMES: Final = ("formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix")


def _text(body: Fields) -> None:
    body.only("body", "preview_url")
    body.text("body", longest=TEXT_MAX)
    body.flag("preview_url")


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
    names: set[str] = set()
    for button in action.several("buttons", fewest=1, most=BUTTONS_MAX):
        button.only("type", "reply")
        button.word("type", "reply")
        reply = button.inner("reply")
        reply.only("id", "title")
        names.add(reply.text("id", longest=ID_MAX))
        titles.add(reply.text("title", longest=TITLE_MAX))
    if len(titles) != len(action.values["buttons"]):
        raise GraphError(131009, "Button titles must be unique.")
    if len(names) != len(titles):
        raise GraphError(131009, "Button ids must be unique.")


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
    if not parameters.text("url", longest=URL_MAX).startswith(("http://", "https://")):
        raise GraphError(131009, f"Param {parameters.name('url')} is not a valid URL.")


_ACTIONS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "button": _buttons,
    "list": _sections,
    "cta_url": _link,
}


def _contacts(body: Fields) -> None:
    for one in body.several("contacts", fewest=1, most=CONTACTS_MAX):
        one.only("name", "phones", "emails", "addresses", "org", "urls", "birthday")
        name = one.inner("name")
        name.only(*_NAMES)
        name.text("formatted_name", longest=CAPTION_MAX)
        for key in _NAMES[1:]:
            name.text(key, longest=CAPTION_MAX, required=False)
        for kind, known in _CONTACT.items():
            for each in one.several(kind, fewest=0, most=EACH_MAX):
                each.only(*known)
                for key in known:
                    each.text(key, longest=CAPTION_MAX, shortest=0, required=key == "phone")
        if "org" in one:
            org = one.inner("org")
            org.only("company", "department", "title")
            for key in org.values:
                org.text(key, longest=CAPTION_MAX, shortest=0, required=False)
        if not re.fullmatch(
            r"([0-9]{4}-[0-9]{2}-[0-9]{2})?", one.text("birthday", longest=10, required=False)
        ):
            raise GraphError(131009, f"Param {one.name('birthday')} is not a date like 2012-08-18.")


BODIES: Final[Mapping[str, Callable[[Fields], None]]] = {
    "text": _text,
    "image": lambda body: media(body, "caption"),
    "video": lambda body: media(body, "caption"),
    "audio": lambda body: media(body, "voice"),
    "document": lambda body: media(body, "caption", "filename"),
    "sticker": media,
    "location": location,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": template,
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
