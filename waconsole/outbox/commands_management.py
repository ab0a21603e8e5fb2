"""What a number has beside messages, as it is typed: `links …`, `numbers block|unblock|blocked|quality`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database
from waconsole.outbox import service_history
from waconsole.outbox import service_management as management
from waconsole.text import safe
from waconsole.whatsapp.doors import Handled


def _link(code: str, text: str, url: str) -> dict[str, Any]:
    return {"code": code, "text": text, "url": url}


async def _links(database: Database, call: Invocation) -> Answer:
    found = await management.links(database, call.settings, call.values["number"])
    document = listed([_link(one.code, one.text, one.url) for one in found], call.limit)
    lines = tuple(safe(f"{row['code']}  {row['url']}  {row['text']}") for row in document["rows"])
    return Answer(document, lines or ("There is no short link: `waconsole links create TEXT` makes one.",))


async def _make(database: Database, call: Invocation) -> Answer:
    values = call.values
    link = await management.set_link(
        database, call.settings, values["number"], values["text"], code=values["code"] or "", operator=call.operator,
        now=call.now,
    )  # fmt: skip
    return Answer(_link(link.code, link.text, link.url), (safe(link.url),))


async def _end(database: Database, call: Invocation) -> Answer:
    code = call.values["code"]
    await management.end_link(
        database, call.settings, call.values["number"], code, operator=call.operator, now=call.now
    )
    return Answer({"code": code, "deleted": True}, (f"The link {safe(code)} is dead.",))


async def _blocked(database: Database, call: Invocation) -> Answer:
    found = await management.blocked(database, call.settings, call.values["number"])
    rows = [{"phone": one.phone or "", "bsuid": one.bsuid or ""} for one in found]
    document = listed(rows, call.limit)
    lines = tuple(safe(str(row["phone"] or row["bsuid"])) for row in document["rows"])
    return Answer(document, lines or ("Nobody is blocked.",))


def _blocking(*, on: bool) -> Any:
    async def work(database: Database, call: Invocation) -> Answer:
        handled = await management.block(
            database, call.settings, call.values["number"], call.values["person"], on=on, operator=call.operator,
            now=call.now,
        )  # fmt: skip
        return _answer(handled, "blocked" if on else "not blocked any more")

    return work


def _answer(handled: Sequence[Handled], word: str) -> Answer:
    done = [one.id for one in handled if one.ok]
    refused = [{"person": one.id, "reason": one.detail, "error": one.code} for one in handled if not one.ok]
    lines = [f"{safe(one)} is {word}." for one in done]
    lines += [f"{safe(one.id)}: {safe(one.detail)}" for one in handled if not one.ok]
    return Answer({"done": done, "refused": refused}, tuple(lines), EXIT_PARTLY if refused else 0)


async def _quality(database: Database, call: Invocation) -> Answer:
    number, seen = await management.rate(database, call.settings, call.values["number"], now=call.now)
    document: dict[str, Any] = {
        "number": number["ref"],
        "phone": seen.phone,
        "name": seen.name,
        "quality": seen.quality,
        "throughput": seen.throughput,
        "limit": seen.limit,
        "limit_people": seen.limit_people,
        "name_status": seen.name_status,
        "status": seen.status,
    }
    told = [
        f"{key} {document[key]}" for key in ("quality", "throughput", "limit", "name_status") if document[key]
    ]
    return Answer(document, (safe(f"{number['name']}: {', '.join(told) or 'nothing is told'}."),))


async def _reconcile(database: Database, call: Invocation) -> Answer:
    ref, found = await service_history.reconcile(
        database, call.settings, call.values["outgoing"], now=call.now
    )
    events = [{"status": one.status, "at": iso(one.at), "detail": one.detail} for one in found]
    lines = tuple(safe(f"{event['at']}  {event['status']}  {event['detail']}") for event in events)
    return Answer({"outgoing": ref, "events": events}, lines or ("WhatsApp recorded nothing of it.",))


_NUMBER: Final = Argument("--number", "which number of ours; the first one if not said")
_PERSON: Final = Argument("person", "members, phones or BSUIDs", many=True)

COMMANDS: Final[list[Command]] = [
    Command(("links", "list"), "Short links that open a chat with us.", _links, (_NUMBER,)),
    Command(("links", "create"), "Make a short link that opens a chat with a text already written.", _make, (
        Argument("text", "the text, up to 140 characters"),
        Argument("--code", "change the text of this link instead"), _NUMBER)),
    Command(("links", "delete"), "End a short link.", _end, (Argument("code", "the link's code"), _NUMBER)),
    Command(("numbers", "blocked"), "Whom a number has blocked.", _blocked, (_NUMBER,)),
    Command(("numbers", "block"), "Block people at WhatsApp: they cannot write, and nothing is sent to them.",
            _blocking(on=True), (_PERSON, _NUMBER)),
    Command(("numbers", "unblock"), "Let people write again.", _blocking(on=False), (_PERSON, _NUMBER)),
    Command(("outbox", "reconcile"), "Ask WhatsApp what it recorded of a message whose statuses were missed.", _reconcile,
            (Argument("outgoing", "the message's ref, its beginning, or WhatsApp's id"),)),
    Command(("numbers", "quality"), "Ask how WhatsApp rates a number, how fast it may send and whom it reaches.", _quality, (_NUMBER,)),
]  # fmt: skip
