"""WhatsApp's webhooks: who sent this, and which things does it say.

A body is up to 3 MB and holds up to 1,000 updates (Meta's overview of webhooks, 2025-12-02). Each
becomes one `Item` with a key: the same update twice has the same key, however it was packed. What
cannot be read is a fault of that item alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from waconsole.errors import Refused
from waconsole.whatsapp.events import Event, Item, Unplaced
from waconsole.whatsapp.events_standing import ErrorTold
from waconsole.whatsapp.lenient import clean
from waconsole.whatsapp.placing import Beside, canonical, message_item, preference_item, status_item
from waconsole.whatsapp.placing_accounts import account_item
from waconsole.whatsapp.placing_groups import group_items
from waconsole.whatsapp.placing_parts import Placed
from waconsole.whatsapp.shapes import ErrorShape

BODY_BYTES_MAX: Final = 3 << 20
ITEMS_MAX: Final = 10_000
DEPTH_MAX: Final = 32  # of one thing; Meta's go to about ten
BODY_DEPTH_MAX: Final = 200
KEY_LENGTH_MAX: Final = 400
CHALLENGE_LENGTH_MAX: Final = 1000
SIGNATURE: Final = "sha256="

# What stands in a change beside the things themselves.
_FRAME: Final = frozenset({"messaging_product", "metadata", "contacts", "initiated_by"})


class Unreadable(Refused):
    """A body that is not WhatsApp's envelope: no JSON object with a list of entries, or too large."""


def signature_ok(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether `header` (X-Hub-Signature-256) signs exactly these bytes with one of the app secrets.

    Several secrets are in force while one replaces the other. An empty secret signs nothing.
    """
    if not header or not header.startswith(SIGNATURE) or not header.isascii():
        return False
    told = header.removeprefix(SIGNATURE).encode()
    good = False
    for secret in secrets:
        if secret:
            made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
            good |= hmac.compare_digest(made, told)
    return good


def handshake(query: Mapping[str, str], verify_token: str) -> str | None:
    """The challenge to answer when WhatsApp first asks the receiver, or None to refuse.

    A blank token refuses everybody.
    """
    challenge = query.get("hub.challenge", "")
    told = query.get("hub.verify_token", "").encode("utf-8", "replace")
    same = hmac.compare_digest(told, verify_token.encode("utf-8", "replace"))
    if not verify_token.strip() or not same or query.get("hub.mode") != "subscribe":
        return None
    is_plain = challenge.isascii() and challenge.isprintable()
    return challenge if is_plain and 0 < len(challenge) <= CHALLENGE_LENGTH_MAX else None


def items(body: bytes) -> list[Item]:
    """Everything a webhook body says, in its order.

    Raises Unreadable when it is not the envelope at all; a thing in it that cannot be read is an
    item with a fault, and one that this version does not know is an item with `Unplaced`.
    """
    found: list[Item] = []
    for item in _walk(_envelope(body)):
        if len(found) == ITEMS_MAX:
            fault = f"The body holds more than {ITEMS_MAX:,} things: the rest was not read."
            found.append(Item(_hashed("rest", hashlib.sha256(body).hexdigest()), None, None, fault, ""))
            break
        found.append(item)
    return found


def _envelope(body: bytes) -> list[Any]:
    if len(body) > BODY_BYTES_MAX:
        raise Unreadable(f"The webhook is larger than {BODY_BYTES_MAX:,} bytes.")
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("The webhook is no JSON, or was cut off on its way.") from None
    if not isinstance(document, dict) or not isinstance(document.get("entry"), list):
        raise Unreadable("The webhook is not WhatsApp's: it has no list of entries.")
    if _is_deep(document, BODY_DEPTH_MAX):
        raise Unreadable(f"The webhook is nested more than {BODY_DEPTH_MAX} deep.")
    return list(document["entry"])


def _no_number(word: str) -> float:
    raise ValueError(word)  # NaN and Infinity are no JSON


def _walk(entries: list[Any]) -> Iterator[Item]:
    for entry in entries:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            yield _unread("entry", entry, None, "An entry of the webhook has no list of changes.")
            continue
        for change in changes:
            if isinstance(change, dict) and isinstance(change.get("value"), dict):
                yield from _change(entry, _words(change.get("field")), change["value"])
            else:
                yield _unread("change", change, None, "A change of the webhook has no value.")


def _change(entry: Mapping[str, Any], field: str, value: dict[str, Any]) -> Iterator[Item]:
    metadata = value.get("metadata")
    number = _words(metadata.get("phone_number_id")) if isinstance(metadata, dict) else ""
    known = [name for name in _LISTS if isinstance(value.get(name), list)]
    told = Beside(value)
    for name in known:
        for one in value[name]:
            yield from _things(name, one, told, number or None, field)
    beside = {name: part for name, part in value.items() if name not in _FRAME and name not in known}
    if not known:
        # An account, a template, or a field nobody knew: the whole value is the thing.
        kind = _words(value.get("event")) or _words(value.get("type")) or ",".join(sorted(beside))
        parts = (_words(entry.get("id")), field, _words(entry.get("time")), canonical(value))
        event = account_item(entry, field[:KEY_LENGTH_MAX], value, kind[:KEY_LENGTH_MAX])
        yield Item(_hashed("account", *parts), number or None, event, "", _raw(value))
        return
    for name, part in beside.items():
        for one in part if isinstance(part, list) else [part]:
            yield _kept(name, one, number or None, field)


def _things(name: str, one: Any, beside: Beside, number: str | None, field: str) -> Iterator[Item]:
    """The items of one element of a list that is known; a fault when it cannot be read."""
    fault = ""
    if not isinstance(one, dict):
        fault = f"An element of {name} is no object."
    elif _is_deep(one, DEPTH_MAX):
        fault = f"An element of {name} is nested more than {DEPTH_MAX} deep."
    if fault:
        yield _unread(name, one, number, fault)
        return
    raw = _raw(one)
    try:
        placed = _LISTS[name](one, beside, field)
    except ValidationError as error:
        where = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in where["loc"])
        yield _unread(name, one, number, f"{name}: {place} is faulty: {where['msg']}.")
        return
    except ValueError as error:
        yield _unread(name, one, number, f"{name}: {error}")
        return
    for made in placed:
        yield Item(_hashed(name, *_scoped(name, number), *made.key), number, made.event, "", raw)


def _scoped(name: str, number: str | None) -> tuple[str, ...]:
    """Ids of messages are told apart by our number; those of statuses and groups stand alone."""
    return (number or "",) if name in ("messages", "user_preferences") else ()


def _error_item(one: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    """An error beside the things: Meta gives it no identity, so the whole change stands for it."""
    error = ErrorShape.model_validate(one)
    told = ErrorTold(field[:KEY_LENGTH_MAX], error.code, error.detail)
    return [Placed((field, beside.digest, canonical(one)), told)]


def _groups(one: dict[str, Any], beside: Beside, field: str) -> list[Placed]:
    return group_items(one, beside.value, field)


_LISTS: Final[Mapping[str, Callable[[dict[str, Any], Beside, str], list[Placed]]]] = {
    "messages": message_item,
    "statuses": status_item,
    "groups": _groups,
    "user_preferences": preference_item,
    "errors": _error_item,
}


def _kept(name: str, one: Any, number: str | None, field: str) -> Item:
    event: Event = _unplaced(field, name)
    return Item(_hashed("kept", name, number or "", canonical(one)), number, event, "", _raw(one))


def _unread(name: str, one: Any, number: str | None, fault: str) -> Item:
    return Item(_hashed("unread", name, number or "", canonical(one)), number, None, fault, _raw(one))


def _unplaced(field: str, kind: str) -> Unplaced:
    return Unplaced(field[:KEY_LENGTH_MAX], kind[:KEY_LENGTH_MAX])


def _words(value: object) -> str:
    """An id or a word that may come as text or number; anything else is none."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _hashed(*parts: str) -> str:
    """The parts as a key; hashed when it would be long or its parts could be cut in another way."""
    key = "|".join(parts)
    if len(key) <= KEY_LENGTH_MAX and key.count("|") == len(parts) - 1 and key.isprintable():
        return key
    return f"{parts[0]}|{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def _raw(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _is_deep(value: object, depth_max: int) -> bool:
    """Whether `value` is nested deeper than a reader should have to follow."""
    level: list[Any] = [value]
    for _ in range(depth_max):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = [one for one in inner if isinstance(one, dict | list)]
        if not level:
            return False
    return True
