"""What WhatsApp tells about: members' messages and their changes, and the statuses of ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.codes import status_error
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.wire import Update
from waconsole.whatsapp.sandbox.world import Accepted, Group, Person, World

FREE_SERVICE_MESSAGES: Final = 1000  # a month and number, since 2026-10-01
MIMES: Final[Mapping[str, str]] = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}
SAYABLE: Final = ("text", *MIMES, "location", "contacts", "button", "interactive", "unsupported")


def contact(person: Person) -> dict[str, Any]:
    """A person as an entry of `contacts`: what they do not share is missing."""
    profile = {"name": person.name} | ({"username": person.username} if person.username else {})
    phone = {"wa_id": person.phone} if person.phone else {}
    return {"profile": profile, **phone, "user_id": person.bsuid}


class Teller:
    """Puts what happens into WhatsApp's words and hands it to the courier."""

    def __init__(self, world: World, courier: Courier, timeline: Timeline) -> None:
        """Every message and status goes through here, whoever caused it."""
        self._world = world
        self._courier = courier
        self._timeline = timeline
        self._billed = 0

    def message(
        self,
        person: Person,
        kind: str,
        body: object,
        *,
        group: Group | None = None,
        at: int | None = None,
        reply_to: str | None = None,
        stream: str = "say",
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A member wrote `body` of the type `kind`; answers its wamid. `at` is microseconds UTC."""
        world = self._world
        at = world.now() if at is None else at
        wamid = ids.wamid(person.key, world.seed, stream, person.next(stream), ours=False)
        row: dict[str, Any] = {}
        if reply_to is not None:
            kept = world.messages.get(reply_to)
            author = kept.author if kept else None
            row["context"] = {"from": author.key if author else world.account.phone, "id": reply_to}
        if person.phone:
            row["from"] = person.phone
        row |= {"from_user_id": person.bsuid}
        if group is not None:
            row["group_id"] = group.id
        row |= {"id": wamid, "timestamp": str(at // clock.SECOND), "type": kind}
        if kind == "unsupported":
            row["errors"] = [status_error(131051, "Message type is currently not supported.")]
        row[kind] = body
        world.wrote(person, group, wamid, at)
        self._courier.tell(Update("messages", (row | dict(extra or {}),), (contact(person),)))
        return wamid

    def accepted(self, message: Accepted, *, heard: Any) -> None:
        """Plan what becomes of a message of ours; `heard(message)` is called when it has been read."""
        dials, faults = self._world.faults.dials, self._world.faults
        after = self._timeline.after
        if not message.in_window:
            said = "More than 24 hours have passed since the recipient last wrote."
            after(dials.sent_after_seconds, partial(self._failed, message, 131047, said))
            return
        if dials.fail_code and faults.hits("fail_share"):
            after(
                dials.sent_after_seconds, partial(self._failed, message, dials.fail_code, "As the dial says.")
            )
            return
        after(dials.sent_after_seconds, partial(self._status, message, "sent"))
        after(dials.delivered_after_seconds, partial(self._status, message, "delivered"))
        if faults.hits("read_share"):
            after(dials.read_after_seconds, partial(self._status, message, "read"))
            after(dials.read_after_seconds, partial(heard, message))

    def _row(self, message: Accepted, status: str) -> dict[str, Any]:
        at = str(self._world.now() // clock.SECOND)
        row: dict[str, Any] = {"id": message.id, "status": status, "timestamp": at}
        if message.group is not None:
            row |= {"recipient_id": message.group.id, "recipient_type": "group"}
        elif message.person is not None:
            if message.person.phone:
                row["recipient_id"] = message.person.phone
            row["recipient_user_id"] = message.person.bsuid
        if message.send.opaque is not None:
            row["biz_opaque_callback_data"] = message.send.opaque
        return row

    def _failed(self, message: Accepted, code: int, details: str) -> None:
        row = self._row(message, "failed") | {"errors": [status_error(code, details)]}
        self._courier.tell(Update("statuses", (row,), alone=message.group is not None))

    def _status(self, message: Accepted, status: str) -> None:
        row = self._row(message, status)
        if status == "sent":
            self._billed += 1
        # The price stands in `sent` and in one of the two that follow.
        if status in ("sent", "delivered"):
            row["pricing"] = self._pricing(message)
        if message.group is None:
            people = (contact(message.person),) if message.person else ()
            self._courier.tell(Update("statuses", (row,), people))
            return
        rows = [row]
        if status != "sent":
            rows = [row | _participant(one) for one in message.group.people]
        self._courier.tell(Update("statuses", tuple(rows), alone=True))

    def _pricing(self, message: Accepted) -> dict[str, Any]:
        category = "utility" if message.send.type == "template" else "service"
        free = category == "service" and self._billed <= FREE_SERVICE_MESSAGES
        return {
            "billable": not free,
            "pricing_model": "PMP",
            "type": "free_customer_service" if free else "regular",
            "category": f"group_{category}" if message.group else category,
        }


def _participant(person: Person) -> dict[str, str]:
    phone = {"recipient_participant_id": person.phone} if person.phone else {}
    return {**phone, "recipient_participant_user_id": person.bsuid}


def body_for(kind: str, text: str, *facts: object) -> Any:
    """What stands in a message of one of `SAYABLE` that says `text`."""
    if kind == "text":
        return {"body": text}
    if kind in MIMES:
        dice = ids.dice("media", *facts)
        file: dict[str, Any] = {
            "id": str(int.from_bytes(dice[:6], "big") + 10**15),
            "mime_type": MIMES[kind],
            "sha256": base64.b64encode(dice).decode("ascii"),
        }
        if kind == "document":
            file["filename"] = "document.pdf"
        if kind == "audio":
            file["voice"] = True
        return file | ({"caption": text} if text and kind in ("image", "video", "document") else {})
    if kind == "location":
        return {"latitude": 45.7640, "longitude": 4.8357, "name": text}
    if kind == "contacts":
        return [{"name": {"formatted_name": text, "first_name": text}, "phones": []}]
    if kind == "button":
        return {"payload": text, "text": text}
    if kind == "interactive":
        return {"type": "button_reply", "button_reply": {"id": text[:256], "title": text[:20]}}
    return {"type": "unknown"}
