"""Our numbers as they are typed: add one, list them, pause and resume; and the same for a campaign or for everything."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.members.model import e164
from waconsole.operators import service as operators
from waconsole.outbox import service_pacing, store_flights, store_numbers, store_numbers_rows
from waconsole.text import ForeignText, safe

SETTLE_SECONDS_MAX: Final = 5.0
LOOK_SECONDS: Final = 0.1


async def _list(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: store_numbers_rows.number_rows(tx, now=call.now))
    document = listed(rows, call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(document, lines or ("There is no number yet: `waconsole connect` sets one up.",))


def _line(row: dict[str, Any]) -> str:
    parts = [
        row["number"],
        row["name"],
        row["phone"] or row["phone_number_id"] or "",
        row["driver"],
        row["state"],
    ]
    parts += [f"({row['reason']})"] if row["reason"] else []
    parts += [row["quality"]] if row["quality"] else []
    parts += [f"{row['queued']:,} queued, {row['held']:,} held, {row['unknown']:,} unknown"]
    return "  ".join(safe(ForeignText(str(part))) for part in parts if part)


async def _add(database: Database, call: Invocation) -> Answer:
    given, option = call.values["id"], call.values["phone_number_id"]
    if bool(given) == bool(option) and given != option:
        raise UsageError("Name the number by WhatsApp's id of it, once.")
    phone_number_id = (given or option or "").strip()
    if not phone_number_id:
        raise UsageError("Name the number by WhatsApp's id of it: `waconsole numbers add PHONE_NUMBER_ID`.")
    if not phone_number_id.isdecimal():
        raise Refused(f"{phone_number_id} is no id of a number: WhatsApp's are digits.")
    written, waba_id = call.values["phone"], call.values["waba_id"] or call.settings.cloud.waba_id
    phone = e164(written) if written else None
    if written and phone is None:
        raise Refused(f"{written} is no phone number: write it with + and the country's code.")

    def work(tx: Transaction) -> dict[str, Any]:
        acting = operators.acting(tx, call.operator, now=call.now)
        name = call.values["name"] or f"WhatsApp {phone_number_id}"
        number_id = store_numbers.ensure_number(
            tx, phone_number_id=phone_number_id, waba_id=waba_id, name=name, phone=phone, now=call.now
        )
        store_numbers.set_added(tx, number_id, acting.id)
        if call.values["name"]:
            store_numbers.rename(tx, number_id, name)
        if call.values["shared"]:
            store_numbers.set_shared(tx, number_id, shared=True)
        return _one(tx, number_id, now=call.now)

    row = await database.write(work)
    return Answer(
        row, (f"{safe(ForeignText(row['name']))} is one of our numbers: it sends what is queued for it.",)
    )


def _one(tx: Transaction, number_id: int, *, now: int) -> dict[str, Any]:
    ref = store_numbers.number_row(tx, number_id)["ref"]
    return next(row for row in store_numbers_rows.number_rows(tx, now=now) if row["number"] == ref)


def _pausing(does_pause: bool, *, of_numbers: bool) -> Any:
    """`numbers pause NUMBER` and `outbox pause [--number N|--campaign C]`, and the ways back."""

    async def work(database: Database, call: Invocation) -> Answer:
        name, campaign = call.values["number"] or "", call.values.get("campaign") or ""
        if name and campaign:
            raise UsageError("Say --number or --campaign; neither is everything.")

        def act(tx: Transaction) -> dict[str, Any]:
            acting = operators.acting(tx, call.operator, now=call.now)
            number_id = service_pacing.number_named(tx, name)["id"] if name else None
            if does_pause:
                service_pacing.pause(
                    tx,
                    acting,
                    number_id=number_id,
                    campaign=campaign,
                    reason=call.values["reason"] or "",
                    now=call.now,
                )
            else:
                service_pacing.resume(tx, acting, number_id=number_id, campaign=campaign, now=call.now)
            if of_numbers and number_id is not None:
                return _one(tx, number_id, now=call.now)
            scope = "number" if name else "campaign" if campaign else "all"
            return {"scope": scope, "key": name or campaign, "state": "paused" if does_pause else "ready"}

        document = await database.write(act)
        if does_pause:
            count = await _settled(database, call)
            if count:
                call.say(f"{count:,} were on their way already, and nobody knows yet what became of them.")
        what = f"The number {name}" if name else f"The campaign {campaign}" if campaign else "Everything"
        paused = f"{what} is paused: nothing of it leaves, from now on and in every process."
        said = paused if does_pause else f"{what} goes on."
        return Answer(document, (safe(ForeignText(said)),))

    return work


async def _settled(database: Database, call: Invocation) -> int:
    """Wait a moment for what was on the wire when the pause came; answers how many are still on their way."""
    count = 0
    for _ in range(round(SETTLE_SECONDS_MAX / LOOK_SECONDS)):
        count = await database.read(store_flights.in_flight_count)
        if not count or call.cancelled():
            break
        await asyncio.sleep(LOOK_SECONDS)
    return count


_NUMBER: Final = Argument("number", "its name, ref, phone or WhatsApp's id of it")
_REASON: Final = Argument("--reason", "why, for the others")
_WHAT: Final = (
    Argument("--number", "only what leaves by this number", metavar="NUMBER"),
    Argument("--campaign", "only what this campaign sends", metavar="NAME"),
)

NUMBERS: Final[list[Command]] = [
    Command(("numbers", "list"), "Our numbers: how each stands, and what waits on it.", _list, (), writes=False),
    Command(("numbers", "add"), "Send with another number of the Cloud API, too.", _add, (
        Argument("id", "WhatsApp's id of the number", optional=True),
        Argument("--phone-number-id", "the same", metavar="ID"),
        Argument("--waba-id", "the account it belongs to; without it cloud.waba_id", metavar="ID"),
        Argument("--name", "what we call it"),
        Argument("--phone", "its phone number with +"),
        Argument("--shared", "the WhatsApp Business app uses it too: it sends slower", kind="flag"),
    )),
    Command(("numbers", "pause"), "Let nothing leave by a number.", _pausing(True, of_numbers=True), (_NUMBER, _REASON)),
    Command(("numbers", "resume"), "Let a paused number go on.", _pausing(False, of_numbers=True), (_NUMBER,)),
    Command(("outbox", "pause"), "Let nothing leave: at all, by a number, or of a campaign.",
            _pausing(True, of_numbers=False), (*_WHAT, _REASON)),
    Command(("outbox", "resume"), "Let what is paused go on.", _pausing(False, of_numbers=False), _WHAT),
]  # fmt: skip
