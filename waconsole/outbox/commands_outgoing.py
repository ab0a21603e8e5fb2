"""Outgoing messages as they are typed: `outbox list|show|cancel|hold|release|resolve`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import UsageError
from waconsole.operators import service as operators
from waconsole.operators.store import Operator
from waconsole.outbox import service, service_many, store, store_former, store_rows, store_ticks
from waconsole.text import safe

RESOLUTIONS: Final = ("accepted", "closed", "resend")
TEXT_CHARACTERS_SHOWN_MAX: Final = 400

Act = Callable[[Transaction, Operator, int, int], object]


def _line(row: dict[str, Any]) -> str:
    parts = [row["outgoing"], row["state"], row["to"], row["purpose"], row["created_at"]]
    parts += [row["delivery"]] if row["delivery"] else []
    parts += [f"({row['reason']})"] if row["reason"] else []
    parts += [f"error {row['delivery_error']}"] if row["delivery_error"] is not None else []
    return "  ".join(safe(str(part)) for part in parts)


async def _list(database: Database, call: Invocation) -> Answer:
    state = call.values["state"]
    ours = call.settings.cloud.phone_number_id
    rows, advice = await database.read(
        lambda tx: (
            store.outgoing_rows(tx, store_rows.outgoing_ids(tx, state=state)),
            store_former.former_advice(tx, ours),
        )
    )
    if advice:
        call.say(advice)
    document = listed(rows, call.limit)
    lines = tuple(_line(row) for row in document["rows"])
    return Answer(
        document, lines or ("Nothing was written to be sent." if state is None else f"None is {state}.",)
    )


async def _show(database: Database, call: Invocation) -> Answer:
    def look(tx: Transaction) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]], str]:
        outgoing_id = store_rows.outgoing_named(tx, call.values["outgoing"])
        return (
            {
                **store.outgoing_rows(tx, [outgoing_id])[0],
                "blue_tick": store_ticks.tick_with(tx, outgoing_id),
            },
            store_rows.attempts_of(tx, outgoing_id),
            store_rows.deliveries_of(tx, outgoing_id),
            str(store_rows.outgoing_row(tx, outgoing_id)["text"]),
        )

    row, attempts, deliveries, text = await database.read(look)
    lines = [_line(row), safe(text[:TEXT_CHARACTERS_SHOWN_MAX])]
    lines += [
        safe(f"attempt {one['n']}  {one['started_at']}  {one['outcome'] or 'on its way'}  {one['detail']}")
        for one in attempts
    ]
    lines += [
        safe(f"{one['participant'] or 'delivery'}  {one['status']}  {one['error_detail']}")
        for one in deliveries
    ]
    if tick := row["blue_tick"]:
        lines.append(
            safe(f"blue tick  {tick['message']}  {tick['outcome'] or 'on its way'}  {tick['detail']}")
        )
    return Answer({**row, "text": text, "tries": attempts, "deliveries": deliveries}, tuple(lines))


async def _act(database: Database, call: Invocation, act: Act) -> dict[str, Any]:
    def work(tx: Transaction) -> dict[str, Any]:
        outgoing_id = store_rows.outgoing_named(tx, call.values["outgoing"])
        act(tx, operators.acting(tx, call.operator, now=call.now), outgoing_id, call.now)
        return store.outgoing_rows(tx, [outgoing_id])[0]

    return await database.write(work)


async def _cancel(database: Database, call: Invocation) -> Answer:
    row = await _act(database, call, lambda tx, who, one, now: service.cancel(tx, who, one, now=now))
    return Answer(
        row, (f"{row['outgoing']} is cancelled: it will not be sent. `waconsole undo` takes that back.",)
    )


async def _hold(database: Database, call: Invocation) -> Answer:
    reason = call.values["reason"] or ""
    if call.values["all"]:
        _must_name_none(call)
        moved = await service_many.hold_all(database, operator=call.operator, now=call.now, reason=reason)
        return _counted(moved, "held until somebody releases them")

    def hold(tx: Transaction, who: Operator, one: int, now: int, stroke: str | None) -> str:
        return service.hold(tx, who, one, now=now, reason=reason, stroke=stroke)

    return await _each(
        database, call, hold, "{} is held until somebody releases it. `waconsole undo` takes that back."
    )


async def _release(database: Database, call: Invocation) -> Answer:
    if call.values["all"]:
        _must_name_none(call)
        moved = await service_many.release_all(
            database, operator=call.operator, now=call.now, reason=call.values["reason"]
        )
        return _counted(moved, "queued again; if what held one still stands, it is held again")
    if call.values["reason"] is not None:
        raise UsageError("--reason goes with --all.")

    def release(tx: Transaction, who: Operator, one: int, now: int, stroke: str | None) -> str:
        return service.release(tx, who, one, now=now, stroke=stroke)

    return await _each(
        database,
        call,
        release,
        "{} is queued again. If what held it still stands, it is held again when its turn comes.",
    )


def _must_name_none(call: Invocation) -> None:
    if call.values["outgoing"]:
        raise UsageError("Name messages, or say --all.")


def _counted(moved: service_many.Moved, what: str) -> Answer:
    left = f" {moved.left:,} had moved meanwhile and were left alone." if moved.left else ""
    return Answer({"count": moved.count, "left": moved.left}, (f"{moved.count:,} are {what}.{left}",))


async def _each(database: Database, call: Invocation, move: service_many.Move, sentence: str) -> Answer:
    """Do it to each that is named, or to none: one transaction, one stroke. One answers its row, several a list."""
    names = call.values["outgoing"]
    if not names:
        raise UsageError("Name the messages, or say --all.")

    def work(tx: Transaction) -> list[dict[str, Any]]:
        ids = list(dict.fromkeys(store_rows.outgoing_named(tx, name) for name in names))
        who, stroke = operators.acting(tx, call.operator, now=call.now), None
        for one in ids:
            stroke = move(tx, who, one, call.now, stroke)
        return store.outgoing_rows(tx, ids)

    rows = await database.write(work)
    lines = tuple(sentence.format(row["outgoing"]) for row in rows)
    return Answer(rows[0] if len(rows) == 1 else listed(rows, call.limit), lines)


async def _resolve(database: Database, call: Invocation) -> Answer:
    chosen = [how for how in RESOLUTIONS if call.values.get("resend" if how == "resend" else f"as_{how}")]
    if len(chosen) != 1:
        raise UsageError("Say one of --as-accepted, --as-closed and --resend.")
    how = chosen[0]
    row = await _act(database, call, lambda tx, who, one, now: service.resolve(tx, who, one, how, now=now))
    if how == "resend":
        call.say(
            "If the first one did arrive, it arrives twice. `waconsole undo` helps only until it has left."
        )
    sentence = {
        "accepted": "counts as accepted, because you say so",
        "closed": "is closed: possibly sent, and left at that",
        "resend": "is queued for another attempt",
    }[how]
    return Answer(row, (f"{row['outgoing']} {sentence}.",))


_OUTGOING: Final = Argument("outgoing", "the message's ref, its beginning, or its wamid")

_MANY: Final = Argument(
    "outgoing", "the messages' refs, their beginnings, or wamids", optional=True, many=True
)

OUTGOING: Final[list[Command]] = [
    Command(("outbox", "list"), "Messages to send, newest first: our effort, and WhatsApp's word.", _list,
            (Argument("--state", "only those in this state", choices=store_rows.STATES),), writes=False),
    Command(("outbox", "show"), "One message to send with every attempt and every word of WhatsApp.", _show,
            (_OUTGOING,), writes=False),
    Command(("outbox", "cancel"), "Do not send a message that has not left.", _cancel, (_OUTGOING,)),
    Command(("outbox", "hold"), "Keep messages from leaving until they are released.", _hold,
            (_MANY, Argument("--all", "whatever waits", kind="flag"), Argument("--reason", "why, for the log of acts"))),
    Command(("outbox", "release"), "Queue held messages again.", _release,
            (_MANY, Argument("--all", "whatever is held", kind="flag"),
             Argument("--reason", "with --all: only what is held for it, like new_installation", metavar="REASON"))),
    Command(("outbox", "resolve"), "Settle a message whose answer was lost.", _resolve,
            (_OUTGOING,
             Argument("--as-accepted", "it arrived", kind="flag"),
             Argument("--as-closed", "possibly sent, and left at that", kind="flag"),
             Argument("--resend", "send it again, although it may have arrived", kind="flag"))),
]  # fmt: skip
