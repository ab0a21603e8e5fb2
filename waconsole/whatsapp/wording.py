"""What a message says in words, and the file it brings, whatever its type."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from waconsole.whatsapp.events import MediaFile
from waconsole.whatsapp.lenient import clean
from waconsole.whatsapp.shapes import CardPart, EditedPart, FilePart, MessageShape, OrderPart, PlacePart

FILES: Final = ("image", "audio", "video", "document", "sticker")
# Types this version can say in words; any other arrives as a message without words, with its raw form.
TYPES: Final = frozenset({"text", "interactive", "button", "location", "contacts", "order", *FILES})
SHA256_BYTES: Final = 32
ITEMS_TOLD_MAX: Final = 100


def file_of(message: MessageShape | EditedPart) -> FilePart | None:
    """The file that belongs to the message's type."""
    parts: dict[str, FilePart | None] = {
        "image": message.image,
        "video": message.video,
        "document": message.document,
    }
    if isinstance(message, MessageShape):
        parts |= {"audio": message.audio, "sticker": message.sticker}
    return parts.get(message.type)


def media_of(message: MessageShape) -> MediaFile | None:
    """The file of a message; a voice message is of kind `voice`."""
    file = file_of(message)
    if file is None:
        return None
    kind = "voice" if file.voice and message.type == "audio" else message.type
    return MediaFile(kind, file.id, file.mime_type, hex_sha256(file.sha256), file.filename, file.url or None)


def hex_sha256(text: str) -> str | None:
    """A file's hash as hex, from Meta's base64 (or from hex); None when it is neither."""
    if len(text) == 2 * SHA256_BYTES:
        try:
            return bytes.fromhex(text).hex()
        except ValueError:
            return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == SHA256_BYTES else None


def text_of(message: MessageShape | EditedPart) -> str:
    """What a message says; empty when it has no words."""
    file = file_of(message)
    if file is not None:
        return file.caption
    if message.type == "text":
        return message.text.body if message.text else ""
    return _said(message) if isinstance(message, MessageShape) else ""


def _said(message: MessageShape) -> str:
    """A tap, a place, cards or a basket in words."""
    if message.type == "button" and message.button:
        return message.button.text or message.button.payload
    if message.type == "interactive" and message.interactive:
        part = message.interactive
        tap = part.button_reply or part.list_reply
        form = part.nfm_reply
        return tap.title if tap else (form.body or form.name) if form else ""
    if message.type == "location" and message.location:
        return _place(message.location)
    if message.type == "contacts" and message.contacts:
        return ", ".join(word for word in map(_card, message.contacts) if word)
    if message.type == "order" and message.order:
        return "\n".join(word for word in (message.order.text, _basket(message.order)) if word)
    return ""


def _card(card: CardPart) -> str:
    """A person's card: the name and the numbers on it."""
    words = [card.name.formatted_name] if card.name else []
    for one in card.phones[:ITEMS_TOLD_MAX]:
        number = one.get("phone") or one.get("wa_id") if isinstance(one, dict) else None
        words += [clean(number)] if isinstance(number, str) else []
    return " ".join(word for word in words if word)


def _basket(order: OrderPart) -> str:
    """What was put in a basket: how many of which product, by the shop's own ids of them."""
    lines = []
    for item in order.product_items[:ITEMS_TOLD_MAX]:
        name = item.get("product_retailer_id") if isinstance(item, dict) else None
        if isinstance(name, str | int) and str(name).strip():
            lines.append(clean(f"{item.get('quantity') or 1} × {name}"))
    return ", ".join(lines)


def _place(place: PlacePart) -> str:
    words = ", ".join(word for word in (place.name, place.address) if word)
    where = f"{place.latitude}, {place.longitude}"
    return words or (where if where.strip(", ") else "")
