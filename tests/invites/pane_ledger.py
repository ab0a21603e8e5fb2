"""What the tests of the invites pane stand on: a programme, invites in several states, codes, pictures, invitations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.console.shell import Console, console
from tests.invites.programmes import PASSPHRASE
from tests.invites.rewarded import FRIENDS, NOW, REFERRER, START, buys, invite, programme, refund, settle
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Transaction
from waconsole.invites import service_codes
from waconsole.invites.pane import InvitesPane
from waconsole.members.model import folded, ref_of
from waconsole.operators import service_known
from waconsole.operators.service_known import Wanted

EVIL: Final = "[@click=app.bell]evil[/] \u202egpj.exe +85291234567"
LATE: Final = NOW - 2 * DAY  # its return window is still open
EARNED, HELD, CAME, BACK = FRIENDS[:4]


def staffed(tx: Transaction) -> None:
    """Two owners and a moderator."""
    for name, role in (("ann", "owner"), ("bob", "owner"), ("mia", "moderator")):
        service_known.add(tx, None if name == "ann" else "ann", Wanted(name, role), PASSPHRASE, now=START)


def call(tx: Transaction, phone: str, name: str) -> None:
    """Give a member a name."""
    tx.execute(
        "UPDATE member SET name = ?, folded = ? WHERE ref = ?", (name, folded(name), ref_of("phone", phone))
    )


def invited(tx: Transaction, **terms: Any) -> dict[str, str]:
    """Four friends: one earned, one waits for its return window, one only came, one sent it all back; and two codes."""
    programme(tx, budget="400.00 HKD", reward_2="cashback 20.00 HKD", **terms)
    refs = {phone: invite(tx, phone, at=START + place * HOUR, channel=("order_page", "", "x", "x")[place])
            for place, phone in enumerate((EARNED, HELD, CAME, BACK))}  # fmt: skip
    buys(tx, EARNED, ref="A1")
    buys(tx, HELD, at=LATE, ref="A2")
    refund(tx, buys(tx, BACK, ref="A3"), "250.00 HKD", at=START + 3 * DAY)
    call(tx, REFERRER, "Lin C.")
    call(tx, EARNED, EVIL)
    settle(tx)
    for channel in ("", "order_page"):
        service_codes.give(tx, REFERRER, "spring", channel=channel, operator="ann", now=NOW)
    return refs


def filled(tx: Transaction) -> None:
    """The same in a ledger without operators."""
    staffed(tx)
    invited(tx, attribution_window="none")


@asynccontextmanager
async def shown(
    path: Path, fill: Callable[[Transaction], None] = filled, **options: Any
) -> AsyncIterator[Console]:
    """The console on the invites pane, where ann acts."""
    async with console(path, fill, **{"operator": "ann", "clock": lambda: NOW, **options}) as shell:
        await shell.press("g", "v")
        yield shell


async def turn_to(shell: Console, tab: str, narrowing: str = "") -> None:
    """Open a tab, narrowed."""
    pane = shell.app.query_one(InvitesPane)
    pane.tabs.open(tab)
    if narrowing:
        await pane.narrow_to(narrowing)
    await shell.settle()


def flat(shell: Console) -> str:
    """The screen with its gaps and rules squeezed."""
    return " ".join(shell.text.replace("│", " ").split())
