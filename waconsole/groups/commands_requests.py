"""Groups at WhatsApp as they are typed: make them, change and end them, take people out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import EXIT_PARTLY, EXIT_REFUSED, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.groups import (
    service_display,
    service_look,
    service_requests,
    service_results,
    store_requests,
)
from waconsole.groups.service_asking import Asked, asked_of
from waconsole.text import safe

NO_RETURN: Final = "A removed person cannot come back by the group's link."
APPROVALS: Final = ("auto", "required")


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "request": asked.ref,
        "kind": asked.kind,
        "state": asked.state,
        "request_id": asked.request_id,
        "group": asked.group or None,
        "error": asked.code,
        "detail": asked.detail,
    }


def _answer(asked: Asked, what: str) -> Answer:
    """What became of a request; a lost answer is no success."""
    code = EXIT_PARTLY if asked.state == "unknown" else 0
    return Answer(_request(asked), (_says(asked, what),), code)


def _says(asked: Asked, what: str) -> str:
    if asked.state == "done":
        return f"{what} is done."
    if asked.state == "pending":
        return f"{what} is asked for; WhatsApp tells when it is done ({asked.ref})."
    if asked.state == "unknown":
        return f"The answer was lost: {what.lower()} may be done. It is looked at before it is asked again."
    return f"{what}: {asked.state}. {safe(asked.detail)}".strip()


async def _create(database: Database, call: Invocation) -> Answer:
    approval = call.values["approval"] or "auto"
    asked = await service_requests.create(
        database,
        call.settings,
        call.values["subject"],
        description=call.values["description"] or "",
        approval="required" if approval == "required" else "auto",
        number=call.values["number"] or None,
        driver="gateway" if call.values["gateway"] else "cloud",
        operator=call.operator,
        now=call.now,
    )
    return _answer(asked, "The group")


async def _change(database: Database, call: Invocation) -> Answer:
    asked = await service_requests.change(
        database, call.settings, call.values["group"], subject=call.values["subject"],
        description=call.values["description"], operator=call.operator, now=call.now,
    )  # fmt: skip
    return _answer(asked, "The change")


async def _picture(database: Database, call: Invocation) -> Answer:
    asked = await service_display.set_picture(
        database, call.settings, call.values["group"], Path(call.values["file"]), operator=call.operator, now=call.now
    )  # fmt: skip
    return _answer(asked, "The picture")


def _pinning(*, on: bool) -> Any:
    async def work(database: Database, call: Invocation) -> Answer:
        wamid, days = call.values["message"], call.values["days"] if on else None
        await service_display.pin(
            database, call.settings, call.values["group"], wamid, days, operator=call.operator, now=call.now
        )
        word = f"pinned for {days} days" if on else "not pinned any more"
        return Answer({"message": wamid, "days": days}, (f"The message is {word}.",))

    return work


async def _delete(database: Database, call: Invocation) -> Answer:
    asked = await service_requests.end(
        database, call.settings, call.values["group"], operator=call.operator, now=call.now
    )
    return _answer(asked, "The end of the group")


async def _link(database: Database, call: Invocation) -> Answer:
    reset = bool(call.values["reset"])
    group, link = await service_requests.invite_link(
        database, call.settings, call.values["group"], reset=reset, operator=call.operator, now=call.now
    )
    document = {"group": group.ref, "invite_link": link, "reset": reset}
    lines = (safe(link), "All earlier links are dead.") if reset else (safe(link),)
    return Answer(document, lines)


async def _remove(database: Database, call: Invocation) -> Answer:
    strangers = await service_requests.not_in(database, call.values["group"], call.values["member"])
    for one in strangers:
        call.say(f"{safe(one)} is not in the group, as far as this ledger knows: WhatsApp may say no.")
    asked, handled = await service_requests.remove(
        database, call.settings, call.values["group"], call.values["member"], operator=call.operator, now=call.now
    )  # fmt: skip
    call.say(NO_RETURN)
    bad = [{"member": one.id, "reason": one.detail, "error": one.code} for one in handled if not one.ok]
    document = {
        **_request(asked),
        "members": [one.id for one in handled if one.ok],
        "refused": bad,
        "not_in_group": strangers,
    }
    done = sum(one.ok for one in handled)
    lost = asked.state == "unknown"
    code = EXIT_PARTLY if lost or (bad and done) else EXIT_REFUSED if bad else 0
    return Answer(document, (_says(asked, "The removal"),), code)


async def _sync(database: Database, call: Invocation) -> Answer:
    looked = await service_look.look(
        database, call.settings, number=call.values["number"] or None,
        driver="gateway" if call.values["gateway"] else "cloud", now=call.now,
    )  # fmt: skip
    line = f"{looked.found} groups, {looked.new} of them new here, {looked.ended} no more there."
    return Answer({"groups": looked.found, "new": looked.new, "ended": looked.ended}, (line,))


async def _requests(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        found = store_requests.requests(tx, only_open=not call.values["all"])
        return [
            {
                **_request(asked_of(tx, row)),
                "state": service_results.state_of(row, now=call.now),
                "asked_at": iso(row["asked_at"]),
                "deadline_at": iso(row["deadline_at"]),
            }
            for row in found
        ]

    document = listed(await database.read(work), call.limit)
    lines = tuple(
        safe(f"{row['request']}  {row['kind']}  {row['state']}  {row['group'] or ''}  {row['detail']}")
        for row in document["rows"]
    )
    return Answer(document, lines or ("WhatsApp owes no answer about a group.",))


_GROUP: Final = Argument("group", "a group's name or ref")
_NUMBER: Final = Argument("--number", "which number of ours; the first one if not said")
_GATEWAY: Final = Argument("--gateway", "by the gateway's phone", kind="flag")

COMMANDS: Final[list[Command]] = [
    Command(("groups", "create"), "Make a group at WhatsApp; it is told when it is there.", _create, (
        Argument("--subject", "what it is called", required=True),
        Argument("--description", "what it says of itself"),
        Argument("--approval", "whether somebody must let people in", choices=APPROVALS),
        _NUMBER, _GATEWAY,
    )),
    Command(("groups", "change"), "Change what a group is called or says of itself.", _change, (
        _GROUP, Argument("--subject", "its new name"), Argument("--description", "its new description"))),
    Command(("groups", "picture"), "Give a group a picture: a square JPEG.", _picture, (
        _GROUP, Argument("file", "the picture"))),
    Command(("groups", "pin"), "Pin a message in a group.", _pinning(on=True), (
        _GROUP, Argument("message", "WhatsApp's id of the message"),
        Argument("--days", "for how many days; policy whatsapp.limits names the most", kind="integer", default=7))),
    Command(("groups", "unpin"), "Take a pin away.", _pinning(on=False), (
        _GROUP, Argument("message", "WhatsApp's id of the message"))),
    Command(("groups", "delete"), "End a group at WhatsApp, for everybody.", _delete, (_GROUP,)),
    Command(("groups", "invite-link"), "The link people come in by.", _link, (
        _GROUP, Argument("--reset", "make a new one; all earlier ones die", kind="flag"))),
    Command(("groups", "remove"), f"Take people out of a group. {NO_RETURN}", _remove, (
        _GROUP, Argument("member", "one to eight members, phones or BSUIDs", many=True))),
    Command(("groups", "sync"), "Ask WhatsApp which groups there are and how they stand.", _sync, (_NUMBER, _GATEWAY)),
    Command(("groups", "requests"), "What was asked of WhatsApp about groups and is not answered.", _requests, (
        Argument("--all", "answered ones too", kind="flag"),), writes=False),
]  # fmt: skip
