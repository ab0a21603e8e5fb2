"""A request to `/messages` read strictly: a message to send, or a message to mark as read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from waconsole.whatsapp.sandbox import bodies
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields
from waconsole.whatsapp.sandbox.ids import BSUID
from waconsole.whatsapp.sandbox.parts import ID_MAX

OPAQUE_MAX: Final = 512
BODY_BYTES_MAX: Final = 1 << 20
PHONE_DIGITS: Final = range(7, 16)  # E.164: at most 15

_SPELLING: Final = re.compile(r"[\s().\-\u00a0\u2010-\u2015]")


@dataclass(frozen=True, slots=True)
class Send:
    """A message that may be sent. `to` is digits of a phone, a BSUID or a group id; `input` as it was written."""

    kind: Literal["phone", "bsuid", "group"]
    to: str
    input: str
    type: str
    body: Mapping[str, Any] | list[Any]
    opaque: str | None
    reply_to: str | None

    @property
    def text(self) -> str:
        """What a member reads of it."""
        if isinstance(self.body, list):
            return ""
        for part in (self.body, self.body.get("body")):
            if isinstance(part, dict):
                said = part.get("body") or part.get("text") or part.get("caption")
                if isinstance(said, str):
                    return said
        return ""


@dataclass(frozen=True, slots=True)
class ReadMark:
    """The blue tick for a message we received, and whether to show that we type."""

    message_id: str
    typing: bool


def phone_digits(text: str, country: str = "") -> str | None:
    """The digits of a phone in any spelling, or None when it is none.

    Without `+` or `00` the digits are international when they begin with `country`, our own calling
    code; else it is put before them, as WhatsApp does. Without `country` they are international.
    """
    bare = _SPELLING.sub("", text)
    plus = bare.startswith(("+", "00"))
    digits = bare.removeprefix("+") if bare.startswith("+") else bare.removeprefix("00") if plus else bare
    if not digits.isascii() or not digits.isdecimal() or digits.startswith("0"):
        return None
    if country and not plus and not (digits.startswith(country) and len(digits) > 10):
        digits = country + digits
    return digits if len(digits) in PHONE_DIGITS else None


def document_of(raw: bytes, content_type: str) -> Fields:
    """The JSON object of a request. Raises GraphError."""
    if len(raw) > BODY_BYTES_MAX:
        raise GraphError(BAD, "The request is too large.")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise GraphError(BAD, "The parameter messaging_product is required.")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise GraphError(BAD, "The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise GraphError(BAD, "The request body must be a JSON object.")
    return Fields(found, "")


def read_form(raw: bytes, content_type: str, *, country: str) -> Send | ReadMark:
    """What a POST to `/messages` asks for; `country` is our own calling code. Raises GraphError."""
    request = document_of(raw, content_type)
    if "messaging_product" not in request:
        raise GraphError(BAD, "The parameter messaging_product is required.")
    request.word("messaging_product", "whatsapp")
    return _read_mark(request) if "status" in request else _send(request, country)


def _read_mark(request: Fields) -> ReadMark:
    request.only("messaging_product", "status", "message_id", "typing_indicator")
    request.word("status", "read")
    message_id = request.text("message_id", longest=ID_MAX)
    if "typing_indicator" in request:
        typing = request.inner("typing_indicator")
        typing.only("type")
        typing.word("type", "text")
    return ReadMark(message_id, "typing_indicator" in request)


def _send(request: Fields, country: str) -> Send:
    if "type" not in request and "text" not in request:
        raise GraphError(131008, "The required parameter type is missing.")
    kind_of_message = request.values.get("type", "text")
    if kind_of_message not in bodies.TYPES:
        raise GraphError(131051, f"Message type {kind_of_message!r} is not supported.")
    request.only(
        "messaging_product", "recipient_type", "to", "recipient", "type", kind_of_message, "context",
        "biz_opaque_callback_data", "recipient_identity_key_hash",
    )  # fmt: skip
    kind, to, written = _recipient(request, country)
    if kind == "group" and kind_of_message not in bodies.IN_GROUPS:
        raise GraphError(131051, f"Message type {kind_of_message} is not supported in groups.")
    if kind != "group" and kind_of_message == "pin":
        raise GraphError(131051, "Message type pin is for groups only.")
    bodies.check(kind_of_message, request)
    opaque = request.text("biz_opaque_callback_data", longest=OPAQUE_MAX, shortest=0, required=False)
    return Send(
        kind, to, written, kind_of_message, request.values[kind_of_message],
        opaque if "biz_opaque_callback_data" in request else None, _context(request),
    )  # fmt: skip


def _context(request: Fields) -> str | None:
    if "context" not in request:
        return None
    context = request.inner("context")
    context.only("message_id")
    return context.text("message_id", longest=ID_MAX)


def _recipient(request: Fields, country: str) -> tuple[Literal["phone", "bsuid", "group"], str, str]:
    """(kind, who, as written). `to` wins over `recipient`, as on the real API."""
    wanted = request.word("recipient_type", "individual", "group", required=False) or "individual"
    if "to" not in request and "recipient" in request:
        written = request.text("recipient", longest=ID_MAX)
        if wanted != "individual":
            raise GraphError(BAD, "Param recipient_type must be individual when recipient is given.")
        if not BSUID.fullmatch(written):
            raise GraphError(131009, "Param recipient is not a valid business-scoped user id.")
        return "bsuid", written, written
    if "to" not in request:
        raise GraphError(131008, "The required parameter to is missing.")
    written = request.values["to"]
    if not isinstance(written, str):
        raise GraphError(BAD, "Param to must be a string.")
    digits = phone_digits(written, country)
    if wanted == "group":
        if digits is not None or not re.fullmatch(r"[\w+/=.@\-]{1,128}", written, re.ASCII):
            raise GraphError(BAD, "Param recipient_type is group, and to is not a group id.")
        return "group", written, written
    if digits is None:
        raise GraphError(131009, "Param to is not a valid WhatsApp phone number.")
    return "phone", digits, written
