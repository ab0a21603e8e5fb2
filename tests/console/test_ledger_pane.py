"""The ledger on the screen: what moved, what an account is made of, and why."""

from __future__ import annotations

from pathlib import Path

from tests.console.shell import console
from tests.inbox.ledger_builder import NOW
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.ledger import service as ledger
from waconsole.ledger.model import Wanted
from waconsole.ledger.pane import LedgerPane
from waconsole.money import Money


def moved(tx: Transaction) -> None:
    """60 days ago 12.50 were held and 10.00 of them posted; 7.00 are still held; 3.00 were given back."""
    for ref, minor in (("cashback:7f3a:accrual:1", 1250), ("cashback:81bc:accrual:1", 700)):
        wanted = Wanted(
            ref=ref, debit="budget:vip", credit="member:m-1:payable", money=Money(minor, "HKD"), purpose="cashback",
            effective_at=NOW - 60 * DAY, actor="rule", source="#1001", journal="cashback:one", owner="Ana",
            rule="ledger.clearing", rule_version=1,
        )  # fmt: skip
        ledger.pend(tx, wanted, now=NOW - 60 * DAY)
    ledger.settle(
        tx, "cashback:7f3a:post:1", "cashback:7f3a:accrual:1", effective_at=NOW - DAY, actor="Kim",
        approved_by="Ana", amount_minor=1000, now=NOW - DAY, reason="31 orders",
    )  # fmt: skip
    ledger.reverse(
        tx, "cashback:7f3a:refund:1", "cashback:7f3a:post:1", effective_at=NOW, actor="rule", now=NOW,
        amount_minor=300, reason="refund R-1",
    )  # fmt: skip


async def test_every_transfer_stands_in_the_ledger_and_opens_to_its_cause(ledger_path: Path) -> None:
    async with console(ledger_path, moved) as shell:
        await shell.press("g", "l")
        assert "All 4 ▸ Held 1 Not cleared 1 Payouts 0 Reversals 1" in " ".join(shell.text.split())
        assert "given back" in shell.text
        assert "budget:vip ▸ member:m-1:payable" in shell.text

        await shell.press("j", "enter")
        assert "approved by   Ana" in shell.text
        assert "rule          ledger.clearing v1" in shell.text
        assert "comes from    #1001" in shell.text
        assert "not-cleared list" in shell.text  # what the rule says
        await shell.press("end")
        assert "reversal  3.00 HKD" in shell.text


async def test_an_account_opens_to_what_it_is_made_of(ledger_path: Path) -> None:
    async with console(ledger_path, moved) as shell:
        await shell.press("g", "l", "h")
        assert "Accounts: 2" in shell.text
        assert "-7.00 HKD" in " ".join(shell.text.split())

        await shell.press("j", "enter")
        assert '/account:"member:m-1:payable"' in shell.text
        assert "+10.00" in shell.text
        assert "-3.00" in shell.text

        await shell.press("escape")
        assert "+10.00" not in shell.text


async def test_what_has_not_cleared_has_a_tab_and_is_narrowed(ledger_path: Path) -> None:
    async with console(ledger_path, moved) as shell:
        await shell.press("g", "l", "tab", "tab")
        assert "7.00" in shell.text
        assert "10.00" not in shell.text

        await shell.press("/")
        await shell.type("amount>=8 HKD", "enter")
        assert "Nothing here matches." in shell.text

        await shell.app.show_pane(
            "ledger", {"transfer": 2}
        )  # what another pane leads to, neither first nor in this tab
        await shell.settle()
        await shell.press("escape")
        assert shell.app.query_one(LedgerPane).key == 2
