"""`fraud queue|show|take|decide|appeal`: the review desk, typed. Items are decided on one by one: what is refused says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.clock import DAY, HOUR, MINUTE, iso, parse_iso
from waconsole.command import (
    EXIT_DONE,
    EXIT_PARTLY,
    EXIT_REFUSED,
    Answer,
    Argument,
    Command,
    Invocation,
    listed,
)
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.fraud import service_deciding, service_desk, service_taking, store_stakes
from waconsole.fraud.commands_panel import line, panel
from waconsole.fraud.deciding import OUTCOMES, SNOOZE, TAKING_BACK
from waconsole.fraud.service_deciding import Outcome, Refusal, Wanted
from waconsole.fraud.stakes import Amounts, most, said, shown
from waconsole.fraud.store_panel import ATTRIBUTES
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.text import SafeText, safe

ITEMS_PER_TRANSACTION: Final = 20
_SPANS: Final = {"d": DAY, "h": HOUR, "m": MINUTE}
_DONE: Final = {
    "release": "released", "void": "voided", "freeze": "frozen", "unfreeze": "unfrozen", "block": "blocked",
    "ask": "asked", "escalate": "handed to the owners", "snooze": "put off", "appeal": "opened again",
}  # fmt: skip


class _Tried(Exception):
    """Carries what would be decided out of its transaction, which is rolled back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("dry run")
        self.outcome = outcome


def until(text: str | None, *, now: int) -> int | None:
    """`3d`, `12h`, a date or an instant, as microseconds UTC. Raises UsageError."""
    if text is None:
        return None
    words = text.strip()
    if words[:-1].isdecimal() and words[-1:] in _SPANS:
        return now + int(words[:-1]) * _SPANS[words[-1]]
    try:
        return parse_iso(words)
    except ValueError:
        raise UsageError(f"{text!r} is no time: write --until 3d or --until 2026-12-01.") from None


async def decided(
    database: Database,
    call: Invocation,
    wanted: Wanted,
    refs: Sequence[str],
    *,
    cascade: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Decide on items, some in each transaction so that others get their turn; all of it is one stroke of undo.

    A cascade and a dry run are one transaction, and a dry run leaves nothing.
    """
    found = Outcome()
    at_once = len(refs) if cascade or dry_run else ITEMS_PER_TRANSACTION
    for start in range(0, len(refs), max(at_once, 1)):
        part = refs[start : start + at_once]

        def work(tx: Transaction, part: Sequence[str] = part) -> Outcome:
            outcome = _part(tx, call, wanted, part, cascade=cascade, stroke=found.stroke)
            if dry_run:
                raise _Tried(outcome)
            return outcome

        try:
            one = await database.write(work)
        except _Tried as tried:
            return tried.outcome
        found.done += one.done
        found.proposed += one.proposed
        found.refused += one.refused
        found.member_ids |= one.member_ids
        found.review_ids += one.review_ids
        found.stroke = one.stroke
        if call.cancelled():
            found.refused += [Refusal(ref, "It was stopped before.") for ref in refs[start + at_once :]]
            break
        call.progress(min(start + at_once, len(refs)), len(refs))

    def at_stake(tx: Transaction) -> tuple[Amounts, Amounts]:
        given = store_stakes.given_together(tx, found.review_ids) if wanted.outcome in TAKING_BACK else {}
        return store_stakes.held_together(tx, found.review_ids), given

    found.held, found.taken_back = await database.read(at_stake)
    return found


def _part(
    tx: Transaction,
    call: Invocation,
    wanted: Wanted,
    refs: Sequence[str],
    *,
    cascade: bool,
    stroke: str | None,
) -> Outcome:
    actor = authority.deciding(tx, call.operator, now=call.now)
    try:
        return service_deciding.decide(tx, actor, wanted, refs, now=call.now, cascade=cascade, stroke=stroke)
    except authority.Forbidden as forbidden:  # by their role: every item, before any was touched
        return Outcome(refused=[Refusal(ref, str(forbidden), forbidden.rule) for ref in refs], stroke=stroke)


def answer(outcome: str, found: Outcome, *, dry_run: bool = False) -> Answer:
    """What came of it: `{"done", "proposed", "refused": [{"id", "reason"}], "people", "held", "taken_back", "dry_run"}`."""
    document: dict[str, Any] = {
        "done": found.done,
        "proposed": found.proposed,
        "refused": [{"id": one.id, "reason": one.reason} for one in found.refused],
        "people": len(found.member_ids),
        "held": most(found.held),
        "held_all": shown(found.held),
        "taken_back": most(found.taken_back),
        "taken_back_all": shown(found.taken_back),
        "dry_run": dry_run,
    }
    would = "would be " if dry_run else ""
    back = f", {said(found.taken_back)} taken back" if found.taken_back else ""
    what = f"{len(found.member_ids)} people, {said(found.held)} held{back}"
    lines: list[SafeText] = [safe(f"{len(found.done)} {would}{_DONE[outcome]}: {what}.")]
    if found.proposed:
        lines.append(
            safe(
                f"{len(found.proposed)} {would}proposed: more is at stake than one decides, another operator confirms."
            )
        )
    lines += [safe(f"{one.id}: {one.reason}") for one in found.refused]
    is_whole = bool(found.done) and not (found.refused or found.proposed)
    code = EXIT_DONE if is_whole else EXIT_PARTLY if found.done or found.proposed else EXIT_REFUSED
    return Answer(document, tuple(lines), code)


async def _decide(database: Database, call: Invocation) -> Answer:
    values = call.values
    refs = list(dict.fromkeys(one.strip() for one in values["id"]))
    wanted = Wanted(
        values["outcome"],
        values["reason"] or "",
        (values["note"] or "").strip(),
        until(values["until"], now=call.now),
    )
    if wanted.until is not None and wanted.outcome != SNOOZE:
        raise UsageError("--until is for --outcome snooze alone.")
    dry_run = bool(values["dry_run"])
    if dry_run and database.read_only:
        raise Refused("A dry run decides and takes it back: leave out --read-only.")
    found = await decided(database, call, wanted, refs, cascade=bool(values["cascade"]), dry_run=dry_run)
    return answer(wanted.outcome, found, dry_run=dry_run)


async def _appeal(database: Database, call: Invocation) -> Answer:
    values = call.values

    def work(tx: Transaction) -> Outcome:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_deciding.appeal(
            tx, actor, values["id"].strip(), values["reason"] or "", values["evidence"] or "", now=call.now
        )

    return answer("appeal", await database.write(work))


async def _queue(database: Database, call: Invocation) -> Answer:
    values = call.values

    def work(tx: Transaction) -> list[dict[str, Any]]:
        mine = None
        if values["mine"]:
            mine = operators.acting_id(tx, call.operator) or 0
        return service_desk.queue(
            tx,
            state=values["state"],
            order=values["order"],
            operator_id=mine,
            kind=values["kind"],
            now=call.now,
        )

    rows = await database.read(work)
    lines = [line(one) for one in rows[: call.limit]]
    return Answer(listed(rows, call.limit), tuple(lines) or (safe("Nothing waits for a decision."),))


async def _show(database: Database, call: Invocation) -> Answer:
    values = call.values
    found = await database.read(
        lambda tx: service_desk.show(
            tx, values["id"], now=call.now, operator=call.operator, only=values["only"], hidden=values["hide"]
        )
    )
    return Answer(found, tuple(panel(found)))


async def _take(database: Database, call: Invocation) -> Answer:
    ref, back = call.values["id"].strip(), bool(call.values["back"])

    def work(tx: Transaction) -> int | None:
        actor = authority.deciding(tx, call.operator, now=call.now)
        if back:
            service_taking.give_back(tx, actor, ref, now=call.now)
            return None
        return service_taking.take(tx, actor, ref, now=call.now)

    ends = await database.write(work)
    said_so = f"{ref} is yours until {iso(ends)}." if ends is not None else f"{ref} is given back."
    document = {"id": ref, "taken": ends is not None, "taken_until": None if ends is None else iso(ends)}
    return Answer(document, (safe(said_so),))


COMMANDS: Final[list[Command]] = [
    Command(("fraud", "queue"), "What waits for a decision, by what is at stake.", _queue, (
        Argument("--state", "which ones", default="open", choices=service_desk.STATES),
        Argument("--mine", "only what you have taken", kind="flag"),
        Argument("--order", "by what", default="money", choices=service_desk.ORDERS),
        Argument("--kind", "only of a kind: ring, chain, velocity, …", metavar="KIND"),
    ), writes=False),
    Command(("fraud", "show"), "One item with all that speaks for and against it, and what may be done.", _show, (
        Argument("id", "the item's name, as in `fraud queue`", metavar="ID"),
        Argument("--only", "of what people share only this", choices=ATTRIBUTES),
        Argument("--hide", "of what people share all but this", choices=ATTRIBUTES),
    ), writes=False),
    Command(("fraud", "take"), "Take an item: nobody else decides on it while it is yours.", _take, (
        Argument("id", "the item's name", metavar="ID"),
        Argument("--back", "give it back", kind="flag"),
    )),
    Command(("fraud", "decide"), "Decide on items, each by itself; `waconsole undo` takes it back.", _decide, (
        Argument("id", "the items' names", many=True, metavar="ID"),
        Argument("--outcome", "what is decided", required=True, choices=OUTCOMES),
        Argument("--reason", "why: one of the reasons that policy lists for the outcome", metavar="CODE"),
        Argument("--note", "why, in your own words", metavar="WORDS"),
        Argument("--until", "until when it is put off: 3d, 12h, 2026-12-01", metavar="TIME"),
        Argument("--cascade", "and on every open item that hangs together with them", kind="flag"),
        Argument("--dry-run", "tell how many people and how much money it would be, and decide nothing", kind="flag"),
    )),
    Command(("fraud", "appeal"), "Open a decided item again, with what is new.", _appeal, (
        Argument("id", "the item's name", metavar="ID"),
        Argument("--reason", "why: one of the reasons that policy lists for an appeal", metavar="CODE"),
        Argument("--evidence", "what is new", required=True, metavar="TEXT"),
    )),
]  # fmt: skip
