"""Cashback as it is decided on, typed. Lines are decided on one by one: what is refused says why, the others stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.cashback import service_deciding, store_deciding
from waconsole.cashback.service_deciding import Outcome, Refusal
from waconsole.clock import iso
from waconsole.command import (
    EXIT_DONE,
    EXIT_PARTLY,
    EXIT_REFUSED,
    Answer,
    Argument,
    Command,
    Invocation,
    Work,
    listed,
)
from waconsole.database.connection import Database, Transaction
from waconsole.money import Money, parse
from waconsole.operators import authority
from waconsole.text import SafeText, safe

LINES_PER_TRANSACTION: Final = 8
DONE_WORDS: Final = {
    "propose": "proposed",
    "approve": "approved",
    "reject": "rejected",
    "hold": "held",
    "ask": "asked about",
    "release": "released",
    "split": "approved in part",
    "again": "to be paid again",
}


async def decided(
    database: Database,
    call: Invocation,
    verb: str,
    lines: Sequence[str],
    *,
    reason: str = "",
    amount: Money | None = None,
) -> Outcome:
    """Do a verb to lines, a few in each transaction so that others get their turn; all of it is one stroke of undo."""
    service_deciding.check(verb, len(lines), reason)
    whole = Outcome()
    for start in range(0, len(lines), LINES_PER_TRANSACTION):
        part = lines[start : start + LINES_PER_TRANSACTION]

        def work(tx: Transaction, part: Sequence[str] = part) -> Outcome:
            actor = authority.deciding(tx, call.operator, now=call.now)
            try:
                return service_deciding.decide(
                    tx, actor, verb, part, now=call.now, reason=reason, amount=amount, stroke=whole.stroke
                )
            except (
                authority.Forbidden
            ) as forbidden:  # by their role, or of a copy: every line, before any was touched
                refused = [Refusal(line, str(forbidden), forbidden.rule) for line in part]
                return Outcome(refused=refused, stroke=whole.stroke)

        found = await database.write(work)
        whole.done += found.done
        whole.refused += found.refused
        whole.stroke = found.stroke
        if call.cancelled():
            whole.refused += [
                Refusal(line, "It was stopped before.") for line in lines[start + LINES_PER_TRANSACTION :]
            ]
            break
        call.progress(min(start + LINES_PER_TRANSACTION, len(lines)), len(lines))
    return whole


def answer(verb: str, outcome: Outcome) -> Answer:
    """What came of it: `{"done", "refused": [{"line", "reason"}]}`, and which lines were done."""
    document: dict[str, Any] = {
        "done": len(outcome.done),
        "lines": outcome.done,
        "refused": [{"line": one.line, "reason": one.reason} for one in outcome.refused],
    }
    lines: list[SafeText] = [safe(f"{len(outcome.done)} {DONE_WORDS[verb]}.")]
    lines += [safe(f"{one.line}: {one.reason}") for one in outcome.refused]
    code = EXIT_REFUSED if not outcome.done else EXIT_PARTLY if outcome.refused else EXIT_DONE
    return Answer(document, tuple(lines), code)


def _verb(verb: str) -> Work:
    async def work(database: Database, call: Invocation) -> Answer:
        lines: list[str] = list(dict.fromkeys(call.values["line"]))
        reason = call.values.get("reason") or ""
        return answer(verb, await decided(database, call, verb, lines, reason=reason))

    return work


async def _split(database: Database, call: Invocation) -> Answer:
    amount = parse(call.values["amount"])
    return answer("split", await decided(database, call, "split", [call.values["line"]], amount=amount))


async def _conflicts(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> list[dict[str, Any]]:
        actor = None
        if call.values["seen"]:
            actor = authority.deciding(tx, call.operator, now=call.now)
        rows = store_deciding.conflicts(tx, None if actor is None else actor.id)
        if actor is not None:
            service_deciding.see_conflicts(tx, actor, now=call.now)
        return [
            {
                "line": row["line"],
                "operator": row["operator"],
                "tried": row["tried"],
                "already": row["kind"],
                "by": row["by"],
                "at": iso(row["decided_at"]),
                "met_at": iso(row["met_at"]),
            }
            for row in rows
        ]

    rows = await (database.write(work) if call.values["seen"] else database.read(work))
    document = listed(rows, call.limit)
    lines = tuple(
        safe(
            f"{row['line']}  {row['operator']} wanted to {row['tried']} it: {row['already']} by {row['by']} at {row['at']}"
        )
        for row in document["rows"]
    )
    return Answer(document, lines or ("No conflicts.",))


_LINES: Final = Argument("line", "the lines' names, as in `cashback list`", many=True, metavar="LINE")


def _command(verb: str, says: str, reason: str) -> Command:
    more = (Argument("--reason", reason, metavar="WORDS"),) if reason else ()
    return Command(("cashback", verb), says, _verb(verb), (_LINES, *more))


COMMANDS: Final[list[Command]] = [
    _command("propose", "Propose lines: somebody else approves them.", "what speaks for them"),
    _command("approve", "Approve lines that somebody else proposed, within your limit of the day.", "why"),
    _command("reject", "Reject lines.", "why, which is asked for"),
    _command("hold", "Hold lines: nobody approves or pays them until they are released.", "why"),
    _command("release", "Let held lines go on.", "why"),
    _command("again", "Let lines whose payout failed or came back be paid again.", "why"),
    Command(("cashback", "split"), "Approve a part of a line now; the rest is proposed and decided on later.", _split, (
        Argument("line", "the line's name"),
        Argument("--amount", "what is approved now: '40.00 HKD'", required=True, metavar="MONEY"),
    )),
    Command(("cashback", "conflicts"), "Lines that somebody else had decided on before.", _conflicts, (
        Argument("--seen", "only your own, and note that you saw them", kind="flag"),
    )),
]  # fmt: skip
