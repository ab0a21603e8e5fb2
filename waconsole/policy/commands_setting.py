"""Setting policy as it is typed: `policy set`, `copy`, `confirm`, `withdraw`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.operators import authority
from waconsole.policy import service_proposals, service_setting
from waconsole.policy.commands import instant
from waconsole.policy.model import plain
from waconsole.policy.service_proposals import Outcome
from waconsole.policy.service_reading import SCHEDULED, about, said
from waconsole.policy.service_setting import Checks

IN_FORCE, PROPOSED, WITHDRAWN = "in_force", "proposed", "withdrawn"

_REASON: Final = Argument("--reason", "why", required=True)
_FROM: Final = Argument("--from", "from when it counts: at once without it", metavar="ISO")


def commands(checks: Callable[[], Checks]) -> list[Command]:
    """The commands; `checks` gives what rooms say of a value for one of their policies."""

    async def set_value(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> Outcome:
            actor = authority.deciding(tx, call.operator, now=call.now)
            return service_setting.set_value(
                tx,
                actor,
                call.values["name"],
                call.values["value"],
                checks(),
                reason=call.values["reason"],
                valid_from=instant(call.values["from"], "--from"),
                now=call.now,
            )

        return _answer(await database.write(work), now=call.now)

    async def copy(database: Database, call: Invocation) -> Answer:
        def work(tx: Transaction) -> Outcome:
            actor = authority.deciding(tx, call.operator, now=call.now)
            return service_setting.copy(
                tx,
                actor,
                call.values["preset"],
                call.values["name"],
                checks(),
                reason=call.values["reason"],
                valid_from=instant(call.values["from"], "--from"),
                now=call.now,
            )

        return _answer(await database.write(work), now=call.now)

    return [
        Command(("policy", "set"), "Set a number or rule: one more version, with who, why and from when.", set_value, (
            Argument("name", "the policy's name"),
            Argument("value", "a number, a percentage, an amount, a word, field=value …, or JSON", many=True),
            Argument("--reason", "why; what another operator has to agree with needs one"),
            _FROM,
        )),
        Command(("policy", "copy"), "Copy a preset of the library into a policy.", copy, (
            Argument("preset", "the preset's name"),
            Argument("name", "the policy's name, which may be new"),
            _REASON,
            _FROM,
        )),
        *COMMANDS,
    ]  # fmt: skip


def _answer(outcome: Outcome, *, now: int) -> Answer:
    begins = outcome.valid_from
    state = (
        PROPOSED if outcome.is_proposal else SCHEDULED if begins is not None and begins > now else IN_FORCE
    )
    words = about(outcome.value)
    shown = plain(outcome.value)
    document: dict[str, Any] = {
        "name": outcome.name,
        "version": outcome.version,
        "value": shown,
        **words,
        "state": state,
        "valid_from": None if begins is None else iso(begins),
    }
    if outcome.confirmed_by:
        document["confirmed_by"] = outcome.confirmed_by
    text = f"{outcome.name} v{outcome.version}: {said(shown, words)}"
    if state == PROPOSED:
        document["can_confirm"] = list(outcome.others)
        who = f"Another operator ({', '.join(outcome.others)}) says `waconsole policy confirm {outcome.name} --as NAME`."
        alone = "Nobody else can confirm it yet: add an operator, or set operators.solo on and wait."
        return Answer(document, (f"{text} is proposed. {who if outcome.others else alone}",))
    when = f", from {iso(begins)}" if state == SCHEDULED and begins is not None else ""
    return Answer(document, (f"{text}{when}.",))


async def _confirm(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> Outcome:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_proposals.confirm(tx, actor, call.values["name"], call.values["version"], now=call.now)

    return _answer(await database.write(work), now=call.now)


async def _withdraw(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> tuple[str, int]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        row = service_proposals.withdraw(
            tx, actor, call.values["name"], reason=call.values["reason"] or "", now=call.now
        )
        return row.name, row.version

    name, version = await database.write(work)
    document = {"name": name, "version": version, "state": WITHDRAWN}
    return Answer(document, (f"The proposal for {name} is withdrawn.",))


COMMANDS: Final[list[Command]] = [
    Command(("policy", "confirm"), "Agree with what another operator proposed: it becomes a version.", _confirm, (
        Argument("name", "the policy's name"),
        Argument("version", "the version it would be", kind="integer", optional=True),
    )),
    Command(("policy", "withdraw"), "Take back a proposal nobody has confirmed.", _withdraw, (
        Argument("name", "the policy's name"),
        Argument("--reason", "why"),
    )),
]  # fmt: skip
