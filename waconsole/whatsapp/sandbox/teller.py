"""What WhatsApp tells about: members' messages and their changes, and the statuses of ours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.admission import files_of
from waconsole.whatsapp.sandbox.codes import status_error
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.people import Accepted, Group, Person
from waconsole.whatsapp.sandbox.samples import SAMPLES
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.wire import Update
from waconsole.whatsapp.sandbox.world import World

FREE_SERVICE_MESSAGES: Final = 1000  # a month and number, since 2026-10-01
SAYABLE: Final = ("text", *SAMPLES, "location", "contacts", "button", "interactive", "unsupported")


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
        number: str = "",
    ) -> str:
        """A member wrote `body` of the type `kind`; answers its wamid.

        `at` is microseconds UTC, `number` the id of our number it comes to; a group has its own.
        """
        world = self._world
        number = group.number if group is not None else number or world.account.phone_number_id
        at = world.now() if at is None else at
        wamid = ids.wamid(person.key, world.seed, stream, person.next(stream), ours=False)
        row: dict[str, Any] = {}
        if reply_to is not None:
            kept = world.messages.get(reply_to)
            author = kept.author if kept else None
            row["context"] = {"from": author.key if author else world.account.numbers[number], "id": reply_to}
        if person.phone:
            row["from"] = person.phone
        row |= {"from_user_id": person.bsuid}
        if group is not None:
            row["group_id"] = group.id
        row |= {"id": wamid, "timestamp": str(at // clock.SECOND), "type": kind}
        if kind == "unsupported":
            row["errors"] = [status_error(131051, "Message type is currently not supported.")]
        row[kind] = body
        world.wrote(person, group, wamid, at, number)
        update = Update("messages", (row | dict(extra or {}),), (contact(person),), number=number)
        self._courier.tell(update)
        return wamid

    def accepted(self, message: Accepted, *, heard: Any) -> None:
        """Plan what becomes of a message of ours; `heard(message)` is called when it has been read."""
        dials, faults = self._world.faults.dials, self._world.faults
        after = self._timeline.after
        wait = dials.template_held_seconds if message.held == "held_for_quality_assessment" else 0.0
        if (failure := self._failure(message)) is not None:
            after(wait + dials.sent_after_seconds, partial(self._failed, message, *failure))
            return
        after(wait + dials.sent_after_seconds, partial(self._status, message, "sent"))
        after(wait + dials.delivered_after_seconds, partial(self._status, message, "delivered"))
        if faults.hits("read_share"):
            after(wait + dials.read_after_seconds, partial(self.read, message, heard))

    def _failure(self, message: Accepted) -> tuple[int, str] | None:
        """(code, details) when an accepted message is to fail."""
        dials, faults = self._world.faults.dials, self._world.faults
        if not message.in_window:
            return 131047, "More than 24 hours have passed since the recipient last wrote."
        if dials.fail_code and faults.hits("fail_share"):
            return dials.fail_code, "As the dial says."
        if message.held == "paused" or (message.held and faults.hits("template_held_fails")):
            return 132015, "The template was paused: its quality is low."
        person = message.person
        if message.template is not None and message.template.category == "MARKETING" and person is not None:
            if message.number in person.no_marketing:
                return 131050, "The recipient has stopped marketing messages from this business."
            if dials.us_marketing_stopped and person.bsuid.startswith("US."):
                return 131049, "Marketing templates are not delivered to numbers of the United States."
        if dials.link_broken and any("link" in named for _, named in files_of(message.send)):
            return (
                (131053, "The file behind the link could not be fetched.")
                if faults.hits("link_broken")
                else None
            )
        return None

    def read(self, message: Accepted, heard: Any) -> None:
        """A message of ours is read; once."""
        if any(status == "READ" for status, _ in message.events):
            return
        self._status(message, "read")
        heard(message)

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
        message.events.append(("ERROR", self._world.now()))
        row = self._row(message, "failed") | {"errors": [status_error(code, details)]}
        self._courier.tell(Update("statuses", (row,), alone=message.group is not None, number=message.number))

    def _status(self, message: Accepted, status: str) -> None:
        row = self._row(message, status)
        message.events.append((status.upper(), self._world.now()))
        if status == "sent":
            self._billed += 1
        # The price stands in `sent` and in one of the two that follow.
        if status in ("sent", "delivered"):
            row["pricing"] = self._pricing(message)
        if message.group is None:
            people = (contact(message.person),) if message.person else ()
            self._courier.tell(Update("statuses", (row,), people, number=message.number))
            return
        rows = [row]
        if status != "sent":
            rows = [row | _participant(one) for one in message.group.people]
        self._courier.tell(Update("statuses", tuple(rows), alone=True, number=message.number))

    def body_for(self, kind: str, text: str, person: Person) -> Any:
        """What stands in a message of one of `SAYABLE` that says `text`."""
        if kind == "text":
            return {"body": text}
        if kind in SAMPLES:
            return self._file(kind, text, person)
        if kind == "location":
            return {"latitude": 45.7640, "longitude": 4.8357, "name": text}
        if kind == "contacts":
            return [{"name": {"formatted_name": text, "first_name": text}, "phones": []}]
        if kind == "button":
            return {"payload": text, "text": text}
        if kind == "interactive":
            return {"type": "button_reply", "button_reply": {"id": text[:256], "title": text[:20]}}
        return {"type": "unknown"}

    def _file(self, kind: str, caption: str, person: Person) -> dict[str, Any]:
        world = self._world
        mark = f"{world.seed}:{person.key}:{person.next('files')}"
        kept = world.files.add_theirs(kind, mark, world.now())
        until = world.now() + round(world.faults.dials.media_url_seconds * clock.SECOND)
        file: dict[str, Any] = {"id": kept.id, "mime_type": kept.mime, "sha256": kept.digest_text}
        if kind == "document":
            file["filename"] = "document.pdf"
        if kind == "audio":
            file["voice"] = True
        if kind == "sticker":
            file["animated"] = False
        if caption and kind in ("image", "video", "document"):
            file["caption"] = caption
        return file | {"url": world.files.address(kept, world.files.base, until)}

    def preference(self, person: Person, value: str, number: str) -> None:
        """Somebody stopped marketing (`stop`), or takes it again (`resume`)."""
        row = ({"wa_id": person.phone} if person.phone else {}) | {
            "user_id": person.bsuid,
            "category": "marketing_messages",
            "value": value,
            "detail": f"User requested to {value} marketing messages",
            "timestamp": self._world.now() // clock.SECOND,
        }
        self._courier.tell(
            Update("user_preferences", (row,), (contact(person),), field="user_preferences", number=number)
        )

    def number_changed(self, person: Person, before: str, at: int | None) -> str:
        """Somebody has another number; `before` is the BSUID they had. Answers the wamid."""
        world = self._world
        wamid = ids.wamid(person.key, world.seed, "system", person.next("system"), ours=False)
        body = {
            "type": "user_changed_number",
            "body": f"User {person.name} changed their number",
            "wa_id": person.phone,
            "user_id": person.bsuid,
            "previous_user_id": before,
        }
        seconds = (world.now() if at is None else at) // clock.SECOND
        row = {
            "from": person.former,
            "id": wamid,
            "timestamp": str(seconds),
            "type": "system",
            "system": body,
        }
        self._courier.tell(Update("messages", (row,)))
        return wamid

    def value(self, field: str, value: Mapping[str, Any]) -> None:
        """Something about the account itself: `value` is the whole change."""
        at = self._world.now() // clock.SECOND
        self._courier.tell(Update("", (value,), field=field, alone=True, at=at))

    def _pricing(self, message: Accepted) -> dict[str, Any]:
        category = "utility" if message.send.type == "template" else "service"
        if message.template is not None:
            category = message.template.category.lower()
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
