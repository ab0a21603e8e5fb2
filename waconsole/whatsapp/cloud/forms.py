"""The request for each content, as the Cloud API takes it: one function, one `type`.

Pure. Meta's pages on sending messages (2025-11-04) and its OpenAPI description; the parameters of a template's
call and product buttons as its pages on those buttons give them. What is too long for WhatsApp is
asked of `whatsapp.limits` before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.whatsapp.content import (
    Buttons,
    Content,
    ListMessage,
    Media,
    Poll,
    Reaction,
    Template,
    TemplateButton,
    Text,
)
from waconsole.whatsapp.driver import Message, Recipient

# A parameter of this name is no text: in the library template of invitations it becomes the group's link.
GROUP_ID: Final = "group_id"
FILE_HEADERS: Final = frozenset({"image", "document", "video"})


def message_form(message: Message, media_id: str = "") -> dict[str, Any]:
    """The request for a message; `media_id` is WhatsApp's id of our copy that goes with it (`file_of`).

    Raises Refused for a content that the Cloud API has no form for.
    """
    kind, part = _part(message.content, media_id)
    form: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "group" if message.recipient.kind == "group" else "individual",
        **_address(message.recipient),
        "type": kind,
        kind: part,
        "biz_opaque_callback_data": message.opaque,
    }
    if message.reply_to and kind != "reaction":
        form["context"] = {"message_id": message.reply_to}
    return form


def read_form(wamid: str, *, typing: bool) -> dict[str, Any]:
    """The request for the blue tick."""
    form: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    if typing:
        form["typing_indicator"] = {"type": "text"}
    return form


def _address(recipient: Recipient) -> dict[str, str]:
    """To a phone or a group by `to`, to a BSUID by `recipient`: if both are there, Meta takes `to`."""
    return {"recipient" if recipient.kind == "bsuid" else "to": recipient.value}


def _part(content: Content, media_id: str) -> tuple[str, dict[str, Any]]:
    """(Meta's type, the object named like it)."""
    if isinstance(content, Text):
        return "text", {"body": content.body, "preview_url": content.preview}
    if isinstance(content, Media):
        return content.kind, _media(content, media_id)
    if isinstance(content, Template):
        return "template", _template(content, media_id)
    if isinstance(content, Buttons):
        return "interactive", _buttons(content)
    if isinstance(content, ListMessage):
        return "interactive", _list(content)
    if isinstance(content, Reaction):
        return "reaction", {"message_id": content.target, "emoji": content.emoji}
    assert isinstance(content, Poll)
    raise Refused("WhatsApp's official way has no polls: send it over a gateway, or as buttons.")


def _place(link: str, media_id: str) -> dict[str, Any]:
    """Where WhatsApp finds a file: at a public address, or among what was uploaded."""
    return {"link": link} if link else {"id": media_id}


def _media(content: Media, media_id: str) -> dict[str, Any]:
    part = _place(content.link, media_id)
    if content.caption and content.kind not in ("audio", "sticker"):
        part["caption"] = content.caption
    if content.name and content.kind == "document":
        part["filename"] = content.name
    return part


def _template(content: Template, media_id: str) -> dict[str, Any]:
    components = [
        *_header(content, media_id),
        *_body(content),
        *(_button(button) for button in sorted(content.buttons, key=lambda it: it.index)),
    ]
    part: dict[str, Any] = {"name": content.name, "language": {"code": content.language}}
    if components:
        part["components"] = components
    return part


def _header(content: Template, media_id: str) -> list[dict[str, Any]]:
    if content.header_kind in FILE_HEADERS:
        kind = content.header_kind
        parameter: dict[str, Any] = {"type": kind, kind: _place(content.header, media_id)}
    elif content.header_kind == "text" and content.header:
        parameter = _text_parameter(content.header_name, content.header)
    else:
        return []
    return [{"type": "header", "parameters": [parameter]}]


def _body(content: Template) -> list[dict[str, Any]]:
    if not content.parameters:
        return []
    return [
        {"type": "body", "parameters": [_text_parameter(name, value) for name, value in content.parameters]}
    ]


def _text_parameter(name: str, value: str) -> dict[str, Any]:
    if name == GROUP_ID:
        return {"type": "group_id", "group_id": value}
    named = {"parameter_name": name} if name else {}
    return {"type": "text", **named, "text": value}


def _button(button: TemplateButton) -> dict[str, Any]:
    return {
        "type": "button",
        "sub_type": button.kind,
        "index": str(button.index),
        "parameters": _FILLS[button.kind](button.value),
    }


def _action(value: str, otherwise: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """An action: an object as JSON goes as it is, a word is what the button needs most."""
    action = otherwise(value)
    if value.lstrip().startswith("{"):
        try:
            action = json.loads(value)
        except (ValueError, RecursionError):
            raise Refused(
                "What fills the button begins with { and is no JSON: write the object, or one word."
            ) from None
    return [{"type": "action", "action": action}]


def _products(value: str) -> dict[str, Any]:
    """Product ids with commas between them: the first is also the picture."""
    items = [item.strip() for item in value.split(",") if item.strip()]
    return {
        "thumbnail_product_retailer_id": items[0] if items else "",
        "sections": [{"product_items": [{"product_retailer_id": item} for item in items]}],
    }


def _call(value: str) -> list[dict[str, Any]]:
    """How many minutes the call button lives, or what comes back with the call, or `MINUTES:WORD`."""
    minutes, _, payload = value.partition(":")
    if not (minutes.isascii() and minutes.isdecimal()):
        minutes, payload = "", value
    return [
        *([{"type": "ttl_minutes", "ttl_minutes": int(minutes)}] if minutes else ()),
        *([{"type": "payload", "payload": payload}] if payload else ()),
    ]


_FILLS: Final[dict[str, Callable[[str], list[dict[str, Any]]]]] = {
    "quick_reply": lambda value: [{"type": "payload", "payload": value}],
    "url": lambda value: [{"type": "text", "text": value}],
    "copy_code": lambda value: [{"type": "coupon_code", "coupon_code": value}],
    "catalog": lambda value: _action(value, lambda it: {"thumbnail_product_retailer_id": it}),
    "mpm": lambda value: _action(value, _products),
    "flow": lambda value: _action(value, lambda it: {"flow_token": it}),
    "voice_call": _call,
}


def _interactive(kind: str, content: Buttons | ListMessage, action: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"type": kind}
    if content.header:
        part["header"] = {"type": "text", "text": content.header}
    part["body"] = {"text": content.text}
    if content.footer:
        part["footer"] = {"text": content.footer}
    return {**part, "action": action}


def _buttons(content: Buttons) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": name, "title": title}} for name, title in content.buttons]
    return _interactive("button", content, {"buttons": buttons})


def _list(content: ListMessage) -> dict[str, Any]:
    sections: dict[str, list[dict[str, str]]] = {}
    for row in content.rows:
        described = {"description": row.description} if row.description else {}
        sections.setdefault(row.section, []).append({"id": row.id, "title": row.title, **described})
    shaped = [{**({"title": title} if title else {}), "rows": rows} for title, rows in sections.items()]
    return _interactive("list", content, {"button": content.label, "sections": shaped})
