"""A payee is erased between approval and payout: the books and every seal hold, and no table has their number."""

from __future__ import annotations

from pathlib import Path

from tests.cashback.earnings import AMARA, LIN
from tests.cashback.ledger_lines import NOW, approved, done, lines_ledger, operator
from waconsole import catalogue
from waconsole.cashback import service_paying
from waconsole.ledger.service_reading import sums, trial
from waconsole.ledger.service_verify import verify
from waconsole.sync import service_erasing


def test_a_payee_is_erased_and_what_they_earned_stays(tmp_path: Path) -> None:
    with lines_ledger() as tx:
        approved(tx, 1, 2, 3)
        done(tx, "zoe", "reject", 4, reason=f"flapdoodle, says {LIN}")
        service_paying.batch(tx, operator(tx, "zoe"), "HKD", now=NOW)
        before = trial(tx)

        outcome = service_erasing._erase(tx, tmp_path / "ledger.db", LIN, "zoe", now=NOW)

        payees = [row["phone"] for row in tx.rows("SELECT phone FROM batch_payee")]
        words = [row["words"] for row in tx.rows("SELECT words FROM decision_words")]
        verify(tx, catalogue.sealed())
        after = trial(tx)

    assert payees == [AMARA]
    assert not any("flapdoodle" in one for one in words)
    assert after == before
    assert all(debits == credits for debits, credits in sums(after).values())
    assert outcome.operators == ["lee"]
    assert {row["currency"] for row in outcome.owed} >= {"HKD", "KWD"}
    assert not [left["what"] for left in outcome.not_reached if "." in left["what"]]
