"""Statements and questions to payees, typed. What goes out as a message is written by whoever reaches members."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from waconsole.cashback import service_deciding, service_exporting, service_statement, store_deciding
from waconsole.cashback.commands_deciding import answer
from waconsole.cashback.service_deciding import Outcome
from waconsole.cashback.statement import Statement, as_text
from waconsole.cashback.statement_html import as_html
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.database.store_exports import note_export
from waconsole.errors import Refused
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.settings import Settings
from waconsole.text import safe

SERVICE, TRANSACTIONAL = "service", "transactional"
TEXT_CHARACTERS_MAX: Final = 4_000
LINES_IN_A_MESSAGE_MAX: Final = 30


class Letter(NamedTuple):
    """A text to a member: the ref of who gets it, and what it is for."""

    to: str
    text: str
    purpose: str


# Writes a message to a member in the caller's transaction; answers (the outgoing row's ref, its state, why).
Write = Callable[[Transaction, Settings, Operator, Letter, int], tuple[str, str, str]]


def shortened(said: Statement) -> str:
    """A statement as the text of a message: its totals, and as many of its lines as fit."""
    lines = as_text(said)
    more = len(lines) - LINES_IN_A_MESSAGE_MAX
    if more > 0:
        lines = [*lines[:LINES_IN_A_MESSAGE_MAX], f"and {more} more"]
    return "\n".join(safe(line) for line in lines)[:TEXT_CHARACTERS_MAX]


def _statement(write: Write) -> Callable[[Database, Invocation], Any]:
    async def work(database: Database, call: Invocation) -> Answer:
        values = call.values
        if values["send"] and database.read_only:
            raise Refused("A statement that is sent changes the ledger: leave out --read-only.")

        def read(tx: Transaction) -> Statement:
            return service_statement.statement(tx, values["member"], values["period"], now=call.now)

        said = await database.read(read)
        document = service_statement.as_document(said)
        lines = [safe(line) for line in as_text(said)]
        if values["html"] is not None:
            file = Path(values["html"]).expanduser()
            digest = await service_exporting.write_private(
                database, file, as_html(said).encode(), lambda tx: note_export(tx, "statement", str(file), now=call.now)
            )  # fmt: skip
            document |= {"file": str(file), "sha256": digest}
            lines.append(safe(f"Written to {file}."))
        if values["send"]:

            def send(tx: Transaction) -> tuple[str, str, str]:
                actor = authority.deciding(tx, call.operator, now=call.now)
                letter = Letter(said.member, shortened(read(tx)), TRANSACTIONAL)
                return write(tx, call.settings, actor, letter, call.now)

            outgoing, state, reason = await database.write(send)
            document |= {"outgoing": outgoing, "outgoing_state": state, "outgoing_reason": reason}
            lines.append(safe(f"{outgoing} is {state}{f' ({reason})' if reason else ''}."))
        return Answer(document, tuple(lines))

    return work


def _ask(write: Write) -> Callable[[Database, Invocation], Any]:
    async def work(database: Database, call: Invocation) -> Answer:
        ref, text = call.values["line"], call.values["text"]
        service_deciding.check("ask", 1, text)

        def ask(tx: Transaction) -> tuple[Outcome, tuple[str, str, str] | None]:
            actor = authority.deciding(tx, call.operator, now=call.now)
            outcome = service_deciding.decide(tx, actor, "ask", [ref], now=call.now, reason=text)
            if not outcome.done:
                return outcome, None
            letter = Letter(store_deciding.payee_of(tx, ref), text, SERVICE)
            return outcome, write(tx, call.settings, actor, letter, call.now)

        outcome, written = await database.write(ask)
        found = answer("ask", outcome)
        if written is None:
            return found
        outgoing, state, reason = written
        document = {
            **found.document,
            "outgoing": outgoing,
            "outgoing_state": state,
            "outgoing_reason": reason,
        }
        return Answer(
            document, (*found.lines, safe(f"{outgoing} is {state}{f' ({reason})' if reason else ''}."))
        )

    return work


def commands(write: Write) -> list[Command]:
    """The commands that may write to a member, with what writes."""
    return [
        Command(("cashback", "ask"), "Ask the payee of a line something: it is held until you release it.", _ask(write), (
            Argument("line", "the line's name"),
            Argument("--text", "the question, as it is sent", required=True, metavar="WORDS"),
        )),
        Command(("cashback", "statement"), "What a member earned, what was taken back, paid, and is due.", _statement(write), (
            Argument("member", "a ref, a phone number with + or a name"),
            Argument("--period", "only what was earned in a month: 2026-11", metavar="MONTH"),
            Argument("--html", "also write it as an HTML file to print", metavar="FILE"),
            Argument("--send", "send it to the member as a message", kind="flag"),
        ), writes=False),
    ]  # fmt: skip


__all__ = ["Letter", "Write", "commands", "shortened"]
