"""How much WhatsApp takes: asked before a message is queued, and once more before the wire.

The numbers are the policy row `whatsapp.limits`; `bundled` are those this version was made with.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from waconsole.whatsapp import capability
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
from waconsole.whatsapp.driver import RecipientKind

POLICY: Final = "whatsapp.limits"
MEGABYTE: Final = 1 << 20
EMOJI_CHARACTERS_MAX: Final = 32  # a family of four with their skins has 11
KEYCAP: Final = "\u20e3"
AUTHENTICATION: Final = "AUTHENTICATION"  # Meta's code 131062
SPACES_IN_A_ROW: Final = "    "  # and a new line or a tab: Meta's codes 132012 and 132018
_PRESET: Final = Path(__file__).parents[1] / "policy" / "presets" / "whatsapp.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in characters, sizes in bytes, spans in days; every one stands in the policy row."""

    text: int
    caption: int
    buttons_text: int
    list_text: int
    header: int
    footer: int
    buttons: int
    button_id: int
    button_title: int
    list_label: int
    list_sections: int
    list_rows: int
    section_title: int
    row_id: int
    row_title: int
    row_description: int
    template_body: int
    template_buttons: int
    opaque: int
    group_subject: int
    group_description: int
    file_name: int
    poll_question: int
    poll_choices_min: int
    poll_choices: int
    poll_choice: int
    pin_days: tuple[int, ...]
    image_bytes: int
    audio_bytes: int
    video_bytes: int
    document_bytes: int
    sticker_bytes: int
    sticker_animated_bytes: int
    received_bytes: int
    image_types: tuple[str, ...]
    audio_types: tuple[str, ...]
    video_types: tuple[str, ...]
    sticker_types: tuple[str, ...]
    uploaded_days: int
    received_days: int


def limits_of(value: Mapping[str, Any]) -> Limits:
    """The limits a policy row carries; what an older row lacks is that of this version."""
    known = {one.name: value[one.name] for one in fields(Limits) if one.name in value}
    merged: dict[str, Any] = {**(_bundled_values() if len(known) < len(fields(Limits)) else {}), **known}
    for name, it in merged.items():
        merged[name] = tuple(it) if isinstance(it, list) else it
    return Limits(**merged)


@cache
def bundled() -> Limits:
    """The limits this version was made with, for who cannot ask a ledger."""
    return limits_of(_bundled_values())


@cache
def _bundled_values() -> dict[str, Any]:
    row = tomllib.loads(_PRESET.read_text(encoding="utf-8"))["whatsapp"]["limits"]
    return {one.name: row[one.name] for one in fields(Limits)}


def fault(content: Content, recipient_kind: RecipientKind, limits: Limits, *, driver: str = "cloud") -> str:
    """What is wrong with a content for that recipient, and what to do, in one sentence; "" when nothing is."""
    group = recipient_kind == "group"
    if not capability.sends(driver, content.kind, group=group):
        whom = "a group" if group else "a member"
        return f"{_NAMES[content.kind]} cannot be sent to {whom} this way: send a text or a file."
    if isinstance(content, Media):
        return _media_fault(content, limits)
    if isinstance(content, Template) and content.category == AUTHENTICATION and recipient_kind != "phone":
        return "A template with a one-time code goes only to a member whose number is known."
    return _FAULTS[content.kind](content, limits)


_NAMES: Final = {
    "text": "A text", "image": "An image", "document": "A document", "video": "A video", "audio": "An audio file",
    "sticker": "A sticker", "template": "A template", "buttons": "A message with buttons", "list": "A list",
    "reaction": "A reaction", "poll": "A poll",
}  # fmt: skip


def too_long(what: str, text: str, most: int) -> str:
    """A sentence when `text` is longer than `most` characters, else ""."""
    if len(text) <= most:
        return ""
    return f"{what} has {len(text)} characters; WhatsApp takes {most}: shorten it."


def _text_fault(content: Text, limits: Limits) -> str:
    if not content.body.strip():
        return "The text is empty: write something."
    return too_long("The text", content.body, limits.text)


def _media_fault(content: Media, limits: Limits) -> str:
    name = _NAMES[content.kind]
    if not content.link and not content.sha256:
        return f"{name} needs a file or a link."
    if content.link and not is_public(content.link):
        return "The link must begin with https:// and name a host: WhatsApp fetches it from there."
    if content.caption and content.kind in ("audio", "sticker"):
        return f"{name} carries no caption: send the words as a text."
    long = too_long("The caption", content.caption, limits.caption) or too_long(
        "The file's name", content.name, limits.file_name
    )
    return long or ("" if content.link else _file_fault(content, limits))


def is_public(link: str) -> bool:
    """Whether a link is one that WhatsApp would fetch: https, with a host, in one word."""
    rest = link.removeprefix("https://")
    return rest != link and bool(rest) and rest[0] not in "/?#" and link.isprintable() and " " not in link


def _file_fault(content: Media, limits: Limits) -> str:
    name = _NAMES[content.kind]
    types: tuple[str, ...] = () if content.kind == "document" else getattr(limits, f"{content.kind}_types")
    if content.mime and types and content.mime not in types:
        known = ", ".join(types)
        return f"{name} must be one of {known}; this file is {content.mime}: convert it, or send it as a document."
    most = getattr(limits, f"{content.kind}_bytes")
    if content.kind == "sticker":
        most = limits.sticker_animated_bytes  # whether it moves was looked at when it was taken in
    return too_large(name, content.size, most)


def too_large(what: str, size: int, most: int) -> str:
    """A sentence when `size` bytes are more than `most`, or none at all; else ""."""
    says = in_words if in_words(size) != in_words(most) else "{:,} bytes".format
    words = f"{what} of {says(size)} is too large; WhatsApp takes {says(most)}: make it smaller."
    return words if size > most else ""


def in_words(size: int) -> str:
    """A size as people say it."""
    return f"{size / MEGABYTE:,.1f} MB" if size >= MEGABYTE else f"{max(size, 1024) // 1024:,} KB"


def _template_fault(content: Template, limits: Limits) -> str:
    if not content.name or not content.language:
        return "A template is named with its language, as in --name order_ready --language en_US."
    for name, value in (
        *content.parameters,
        (content.header_name, content.header if content.header_kind == "text" else "x"),
    ):
        which = f"The parameter {name}" if name else "A parameter"
        if not value.strip():
            return f"{which} of the template is empty: fill it."
        if SPACES_IN_A_ROW in value or any(sign in value for sign in "\n\r\t"):
            return f"{which} holds a new line, a tab or four spaces, which WhatsApp refuses: write it in one line."
    if len({bool(name) for name, _ in content.parameters if name != "group_id"}) > 1:
        return "A template's parameters go either all by name or all by place."
    if (
        content.header_kind in ("image", "document", "video")
        and not content.header_sha256
        and not is_public(content.header)
    ):
        return "The template's header needs a file or an https:// link."
    return _template_buttons_fault(content.buttons, limits) or too_long(
        "The filled template", content.text, limits.template_body
    )


def _template_buttons_fault(buttons: tuple[TemplateButton, ...], limits: Limits) -> str:
    places = [button.index for button in buttons]
    if any(not 0 <= place < limits.template_buttons for place in places) or len(set(places)) < len(places):
        return f"A template's buttons are numbered from 0 to {limits.template_buttons - 1}, each once."
    empty = [button.index for button in buttons if not button.value.strip()]
    return f"The template's button {empty[0]} is filled with nothing." if empty else ""


def _around_fault(content: Buttons | ListMessage, limits: Limits, most: int) -> str:
    if not content.text.strip():
        return "The text above the choices is empty: write something."
    return (
        too_long("The text", content.text, most)
        or too_long("The header", content.header, limits.header)
        or too_long("The footer", content.footer, limits.footer)
    )


def _buttons_fault(content: Buttons, limits: Limits) -> str:
    if not 1 <= len(content.buttons) <= limits.buttons:
        return f"A message carries 1 to {limits.buttons} buttons, not {len(content.buttons)}: a list has room for more."
    for name, title in content.buttons:
        if not title.strip() or not name.strip() or name != name.strip():
            return "A button needs an id without spaces around it, and a title: --button ID=TITLE."
        if long := too_long(f"The button {title}", title, limits.button_title) or too_long(
            "A button's id", name, limits.button_id
        ):
            return long
    for which, words in (
        ("ids", [it[0] for it in content.buttons]),
        ("titles", [it[1] for it in content.buttons]),
    ):
        if len(set(words)) < len(words):
            return f"Two buttons have the same {which[:-1]}: give each its own."
    return _around_fault(content, limits, limits.buttons_text)


def _list_fault(content: ListMessage, limits: Limits) -> str:
    if not 1 <= len(content.rows) <= limits.list_rows:
        return f"A list holds 1 to {limits.list_rows} rows in all, not {len(content.rows)}."
    if not content.label.strip():
        return "The button that opens the list has no label."
    sections = {row.section for row in content.rows}
    if len(sections) > limits.list_sections:
        return f"A list has at most {limits.list_sections} sections, not {len(sections)}."
    if len(sections) > 1 and any(not section.strip() for section in sections):
        return "In a list of more than one section each needs a title."
    if any(not row.id.strip() or not row.title.strip() for row in content.rows):
        return "A row of a list needs an id and a title: --row 'SECTION|ID|TITLE|DESCRIPTION'."
    if len({row.id for row in content.rows}) < len(content.rows):
        return "Two rows of the list have the same id: give each its own."
    for row in content.rows:
        if long := (
            too_long(f"The section {row.section}", row.section, limits.section_title)
            or too_long("A row's id", row.id, limits.row_id)
            or too_long(f"The row {row.title}", row.title, limits.row_title)
            or too_long(f"The description of the row {row.title}", row.description, limits.row_description)
        ):
            return long
    return too_long("The list's label", content.label, limits.list_label) or _around_fault(
        content, limits, limits.list_text
    )


def _reaction_fault(content: Reaction, limits: Limits) -> str:
    if not content.target:
        return "A reaction names the message it is for: --message WAMID."
    emoji = content.emoji
    is_word = any(sign.isspace() or (sign.isalnum() and KEYCAP not in emoji) for sign in emoji)
    if len(emoji) > EMOJI_CHARACTERS_MAX or is_word or (emoji and emoji.isascii()):
        return "A reaction is one emoji, or nothing to take it back."
    return ""


def _poll_fault(content: Poll, limits: Limits) -> str:
    least, most = limits.poll_choices_min, limits.poll_choices
    if not content.question.strip() or not least <= len(content.choices) <= most:
        return f"A poll needs a question and {least} to {most} choices."
    if len(set(content.choices)) < len(content.choices) or not all(it.strip() for it in content.choices):
        return "The choices of a poll are not empty, and no two are the same."
    for choice in content.choices:
        if long := too_long(f"The choice {choice}", choice, limits.poll_choice):
            return long
    return too_long("The question", content.question, limits.poll_question)


_FAULTS: Final[dict[str, Callable[[Any, Limits], str]]] = {
    "text": _text_fault,
    "template": _template_fault,
    "buttons": _buttons_fault,
    "list": _list_fault,
    "reaction": _reaction_fault,
    "poll": _poll_fault,
}
