"""The envelope of a gateway's event: `{id, timestamp (ms), event, session, payload, me}`. Pure. WAHA 2026.7.1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.whatsapp.gateway.addresses import plain, seconds
from waconsole.whatsapp.webhook import BODY_BYTES_MAX, Unreadable

KEY_LENGTH_MAX: Final = 400
WORD_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """An envelope, checked: its parts, and `at` in microseconds UTC. `me` are our own addresses, `digest` its bytes'."""

    id: str
    event: str
    session: str
    at: int
    payload: dict[str, Any]
    me: frozenset[str]
    digest: str


def wrapped(event: str, session: str, payload: Mapping[str, Any], *, at: int) -> bytes:
    """What was asked for, as the envelope it would have come in; `at` in microseconds UTC."""
    document = {"timestamp": at // 1000, "event": event, "session": session, "payload": payload}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def envelope(body: bytes) -> Told:
    """The envelope that `body` is. Raises Unreadable when it is none of a gateway's."""
    if len(body) > BODY_BYTES_MAX:
        raise Unreadable(f"The event is larger than {BODY_BYTES_MAX:,} bytes.")
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("The event is no JSON, or was cut off on its way.") from None
    if not isinstance(document, dict) or not isinstance(document.get("payload"), dict):
        raise Unreadable("The event is not a gateway's: it has no payload.")
    event, session = _word(document.get("event")), _word(document.get("session"))
    if not event or not session:
        raise Unreadable("The event is not a gateway's: it names no event or no session.")
    me = document.get("me")
    mine = (me.get("id"), me.get("lid")) if isinstance(me, dict) else ()
    payload: dict[str, Any] = document["payload"]
    at = seconds(document.get("timestamp")) or seconds(payload.get("timestamp")) or 0
    return Told(
        id=_word(document.get("id")),
        event=event,
        session=session,
        at=at * SECOND,
        payload=payload,
        me=frozenset(filter(None, map(plain, mine))),
        digest=hashlib.sha256(body).hexdigest(),
    )


def _no_number(word: str) -> float:
    raise ValueError(word)  # NaN and Infinity are no JSON


def _word(value: Any) -> str:
    return value if is_word(value) else ""


def is_word(value: Any) -> bool:
    """Whether it is a word that may stand in a key: short and printable."""
    return isinstance(value, str) and 0 < len(value) <= WORD_LENGTH_MAX and value.isprintable()


def key_of(told: Told, key: str) -> str:
    """The key of one thing of an envelope; hashed where it would be long."""
    made = f"gateway|{told.session}|{key}"
    if len(made) <= KEY_LENGTH_MAX and made.isprintable():
        return made
    return f"gateway|{hashlib.sha256(made.encode('utf-8', 'replace')).hexdigest()}"


def once(told: Told) -> str:
    """What tells an event apart that has no id but the envelope's; without one, its bytes."""
    return told.id or told.digest


def moment_of(told: Told) -> int:
    """When it happened, in microseconds UTC, whole seconds."""
    at = seconds(told.payload.get("timestamp"))
    return told.at if at is None else at * SECOND
