"""What was earned is neither changed nor taken out; what cannot be refused to the owner of the file is told."""

from __future__ import annotations

import sqlite3
from itertools import product

import pytest

from tests.cashback.earnings import (
    LIN,
    NOW,
    ambassador,
    ann,
    at,
    catch_up,
    first_bad,
    line_ref,
    order,
    refund,
    scheme,
    shop_ledger,
)
from tests.ledger.books import raw
from waconsole.cashback import service_evidence, service_schemes
from waconsole.database.connection import Transaction

TABLES = (
    "scheme",
    "ambassador",
    "ambassador_ending",
    "attribution",
    "cashback_line",
    "line_reversal",
    "dispute",
)
PRAGMAS = ("foreign_keys", "recursive_triggers", "ignore_check_constraints")


def earned(tx: Transaction) -> None:
    """Two lines, one of them reversed in part; somebody ended, somebody was referred."""
    scheme(tx, cap="4.00 HKD")
    ambassador(tx, LIN)
    order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
    order(tx, "B", LIN, "2026-10-02", "100.00 HKD")
    refund(tx, "A", "50.00")
    catch_up(tx)
    order(tx, "C", "+85298765432", "2026-10-02", "100.00 HKD")
    service_schemes.attribute(tx, ann(tx), "+85298765432", LIN, reason="told", valid_from=0, now=NOW)
    service_evidence.dispute(tx, ann(tx), line_ref(tx), reason="not hers", now=NOW)
    service_schemes.end_ambassador(tx, ann(tx), LIN, "seed", ends_at=at("2026-11-20"), now=NOW)


COPIED = "INSERT OR REPLACE INTO {0} SELECT * FROM {0} WHERE id = 1"
LINE = """
    INSERT INTO cashback_line (id, ref, scheme_id, ambassador_id, payee_id, order_id, period, currency, basis_minor,
                               full_minor, amount_minor, rule, rule_version, inputs, ordered_at, matures_at, accrued_at,
                               chain_seq)
    SELECT 3, 'x', l.scheme_id, l.ambassador_id, {payee}, 3, l.period, o.currency, o.total_minor, l.full_minor, {amount},
           l.rule, {version}, l.inputs, o.ordered_at, l.matures_at, l.accrued_at, l.chain_seq
      FROM cashback_line AS l JOIN "order" AS o ON o.id = 3
     WHERE l.id = 1
"""
PLAIN = {"payee": "l.payee_id", "amount": "l.amount_minor", "version": "1"}
AMBASSADOR = """
    INSERT INTO ambassador
    SELECT 2, member_id, scheme_id, group_id, group_ref, group_whatsapp_id, 5, operator_id, added_at, chain_seq
      FROM ambassador
"""
ATTACKS = (
    *(f"UPDATE {table} SET id = id WHERE id = 1" for table in TABLES),
    *(f"UPDATE OR IGNORE {table} SET chain_seq = 0" for table in TABLES),
    *(f"DELETE FROM {table}" for table in TABLES),
    *(COPIED.format(table) for table in TABLES),
    LINE.format(**PLAIN),
    *(LINE.format(**(PLAIN | one)) for one in ({"payee": "2"}, {"amount": "301"}, {"version": "9"})),
    "INSERT INTO line_reversal VALUES (2, 1, 1, 5000, 1, 151, 1, 1, 1)",
    "INSERT INTO line_reversal VALUES (2, 2, 1, 5000, 999, 999, 1, 1, 1)",
    AMBASSADOR,
    "INSERT INTO scheme VALUES (2, 'mine', 'cashback.scheme.seed', 1, 1)",
    "INSERT INTO attribution VALUES (2, 1, 2, 0, 'operator', 'x', 1, 1, 1)",
    "INSERT INTO ambassador_ending VALUES (2, 1, 9, 1, 1, 1)",
)


def test_every_change_of_what_was_earned_is_refused_in_every_position_of_the_pragmas() -> None:
    with shop_ledger() as tx:
        earned(tx)
        tx.execute("COMMIT")
        connection = raw(tx)
        for position in product(("ON", "OFF"), repeat=len(PRAGMAS)):
            for name, value in zip(PRAGMAS, position, strict=True):
                connection.execute(f"PRAGMA {name} = {value}")
            for sql in ATTACKS:
                connection.execute("BEGIN")
                before = connection.total_changes
                with pytest.raises(sqlite3.IntegrityError):
                    connection.execute(sql)
                assert connection.total_changes == before, sql
                connection.execute("ROLLBACK")


CHANGES = {
    "UPDATE scheme SET name = 'x'": ("scheme", 1),
    "UPDATE ambassador SET member_id = 2": ("ambassador", 1),
    "UPDATE ambassador SET group_ref = 'x', group_id = 1": ("ambassador", 1),
    "UPDATE ambassador_ending SET ended_at = 9": ("ambassador_ending", 1),
    "DELETE FROM ambassador_ending": ("ambassador_ending", 1),
    "UPDATE attribution SET referrer_id = NULL": ("attribution", 1),
    "UPDATE cashback_line SET amount_minor = 301, full_minor = 301 WHERE id = 1": ("line", 1),
    "UPDATE cashback_line SET payee_id = 2 WHERE id = 2": ("line", 2),
    "UPDATE cashback_line SET inputs = '{}' WHERE id = 2": ("line", 2),
    "UPDATE cashback_line SET matures_at = ordered_at WHERE id = 1": ("line", 1),
    "DELETE FROM cashback_line WHERE id = 2": ("line", 2),
    "UPDATE line_reversal SET total_minor = 151": ("reversal", 1),
    "DELETE FROM line_reversal": ("reversal", 1),
    "UPDATE dispute SET reason = 'x'": ("dispute", 1),
    'UPDATE "order" SET total_minor = 1 WHERE id = 1': ("cashback_line", 1),
}


def test_all_is_well_of_what_the_program_wrote() -> None:
    with shop_ledger() as tx:
        earned(tx)

        assert first_bad(tx) is None


@pytest.mark.parametrize(("sql", "bad"), CHANGES.items())
def test_what_the_owner_of_the_file_changed_is_told(sql: str, bad: tuple[str, int]) -> None:
    with shop_ledger() as tx:
        earned(tx)
        tx.execute("COMMIT")
        raw(tx).execute("PRAGMA foreign_keys = OFF")
        table = sql.split()[1 if sql.startswith("UPDATE") else 2].strip('"')
        for row in tx.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ):
            tx.execute(f"DROP TRIGGER {row['name']}")
        tx.execute(sql)

        assert first_bad(tx) == bad
