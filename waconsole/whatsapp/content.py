"""What a message says, whichever way it goes: a text, a file, a template, buttons, a list, a reaction, a poll.

Pure. An outgoing row keeps a content as JSON (`as_body`, `content_of`); `shown` is what stands in the
thread, on a task and in a list. What a driver makes of it is the driver's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from waconsole.errors import Refused

MediaKind = Literal["image", "document", "video", "audio", "sticker"]
HeaderKind = Literal["none", "text", "image", "document", "video"]
ButtonKind = Literal["quick_reply", "url", "copy_code", "catalog", "mpm", "flow", "voice_call"]

MEDIA_KINDS: Final[tuple[str, ...]] = ("image", "document", "video", "audio", "sticker")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of 1 to 4,096 characters; `preview` lets WhatsApp show what its first link leads to."""

    body: str
    preview: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Media:
    """A file: our own copy by `sha256` (hex, in the media folder beside the ledger), or a public `link`.

    `mime` is what the bytes are, `size` their number; `name` is what the recipient sees of a document.
    """

    kind: MediaKind
    sha256: str = ""
    link: str = ""
    mime: str = ""
    size: int = 0
    name: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """What fills one button of a template: its place from 0, its kind, and the payload, the end of the address or the code."""

    index: int
    kind: ButtonKind
    value: str


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template with what fills it.

    `parameters` are (name, value) of the body, the name empty where they go by place; `header` fills a
    text header (its parameter's name, where it has one, is `header_name`), or is the public link (or `header_sha256` our copy) of a file in it. `text` is the body as the
    recipient reads it, where the template's own words are known. `category` is what it was when queued.
    """

    name: str
    language: str
    parameters: tuple[tuple[str, str], ...] = ()
    header_kind: HeaderKind = "none"
    header: str = ""
    header_sha256: str = ""
    header_name: str = ""
    buttons: tuple[TemplateButton, ...] = ()
    category: str = ""
    text: str = ""
    kind: Literal["template"] = "template"


@dataclass(frozen=True, slots=True)
class Buttons:
    """A text with one to three buttons, each (id, title), to answer by."""

    text: str
    buttons: tuple[tuple[str, str], ...]
    header: str = ""
    footer: str = ""
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list."""

    section: str
    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class ListMessage:
    """A text with a button (`label`) that opens up to ten rows to choose from."""

    text: str
    label: str
    rows: tuple[Row, ...]
    header: str = ""
    footer: str = ""
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji under a message (its wamid); an empty one takes ours away."""

    target: str
    emoji: str
    kind: Literal["reaction"] = "reaction"


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with choices; only a gateway can ask one."""

    question: str
    choices: tuple[str, ...]
    several: bool = False
    kind: Literal["poll"] = "poll"


Content = Text | Media | Template | Buttons | ListMessage | Reaction | Poll


def as_body(content: Content) -> str:
    """A content as JSON, for its outgoing row; `content_of` reads it."""
    return json.dumps(asdict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_of(body: str) -> Content:
    """The content an outgoing row keeps. Raises Refused for one that this version does not know."""
    values = json.loads(body)
    kind = values.get("kind")
    try:
        if kind == "template":
            return _template(values)
        if kind in MEDIA_KINDS:
            return Media(**values)
        return _SIMPLE[kind](values)
    except (KeyError, TypeError) as error:
        raise Refused(
            f"This message was written by another version of waconsole ({kind}): update it."
        ) from error


def _template(values: dict[str, Any]) -> Template:
    parameters = tuple((name, value) for name, value in values.pop("parameters"))
    buttons = tuple(TemplateButton(**one) for one in values.pop("buttons"))
    return Template(**values, parameters=parameters, buttons=buttons)


def _buttons(values: dict[str, Any]) -> Buttons:
    return Buttons(**{**values, "buttons": tuple((name, title) for name, title in values["buttons"])})


def _list(values: dict[str, Any]) -> ListMessage:
    return ListMessage(**{**values, "rows": tuple(Row(**row) for row in values["rows"])})


def _poll(values: dict[str, Any]) -> Poll:
    return Poll(**{**values, "choices": tuple(values["choices"])})


_SIMPLE: Final[dict[str, Callable[[dict[str, Any]], Content]]] = {
    "text": lambda values: Text(**values),
    "reaction": lambda values: Reaction(**values),
    "buttons": _buttons,
    "list": _list,
    "poll": _poll,
}  # fmt: skip


def shown(content: Content) -> str:
    """What stands in the thread for a content: its words, never empty."""
    if isinstance(content, Text):
        return content.body
    if isinstance(content, Media):
        return content.caption or content.name or content.link or f"({content.kind})"
    if isinstance(content, Template):
        return content.text or " ".join([f"{content.name}:", *(value for _, value in content.parameters)])
    if isinstance(content, Buttons):
        return "\n".join([content.text, *(f"[{title}]" for _, title in content.buttons)])
    if isinstance(content, ListMessage):
        return "\n".join([content.text, *(f"- {row.title}" for row in content.rows)])
    if isinstance(content, Poll):
        return "\n".join([content.question, *(f"- {choice}" for choice in content.choices)])
    return content.emoji or "(reaction taken back)"


def file_of(content: Content) -> str:
    """The SHA-256 of our copy that a content sends; "" when it sends none, or a public link."""
    if isinstance(content, Media):
        return "" if content.link else content.sha256
    return content.header_sha256 if isinstance(content, Template) else ""
