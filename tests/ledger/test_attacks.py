"""Everything somebody with the file may try by SQL is refused, whatever the pragmas; what cannot be refused is told."""

from __future__ import annotations

import pytest

from tests.ledger.books import books, first_bad, raw, tampered
from waconsole import catalogue
from waconsole.database import schema
from waconsole.ledger.attacks import POSITIONS, PRAGMAS, attacks, named, transfer_statements
from waconsole.ledger.service_attack import got_through, leaks

# What an owner of the file can do once the guards are out, and where verification sees it first.
CHANGES = {
    "UPDATE transfer SET amount = amount + 1 WHERE seq = 2": ("transfer", 2),
    "UPDATE transfer SET credit_id = debit_id WHERE seq = 2": ("transfer", 2),
    "UPDATE transfer SET reason = 'x' WHERE seq = 2": ("transfer", 2),
    "UPDATE transfer SET effective_at = 5 WHERE seq = 2": ("transfer", 2),
    "UPDATE transfer SET memo_commit = randomblob(32) WHERE seq = 3": ("transfer", 3),
    "UPDATE transfer SET body_hash = randomblob(32) WHERE seq = 3": ("transfer", 3),
    "UPDATE transfer SET released = 99 WHERE kind = 'void'": ("transfer", 7),
    "UPDATE transfer SET approved_by = 'x' WHERE seq = 1": ("transfer", 1),
    "UPDATE transfer SET chain_seq = chain_seq + 1 WHERE seq = 1": ("transfer", 1),
    "UPDATE transfer SET recorded_at = recorded_at - 1 WHERE seq = 1": ("transfer", 1),
    "DELETE FROM transfer WHERE seq = 3": ("transfer", 3),
    "DELETE FROM transfer WHERE seq = (SELECT max(seq) FROM transfer)": ("entry", 15),
    "UPDATE entry SET delta = delta + 1 WHERE id = 2": ("entry", 2),
    "UPDATE entry SET credits_posted = credits_posted + 1 WHERE id = 2": ("entry", 2),
    "UPDATE entry SET effective_at = 9 WHERE id = 3": ("entry", 3),
    "DELETE FROM entry WHERE id = 3": ("entry", 3),
    "INSERT INTO entry VALUES (99, 1, 1, 1, 1, 1, 1, 1)": ("entry", 99),
    "UPDATE balance SET credits_posted = credits_posted + 1 WHERE id = 2": ("balance", 2),
    "UPDATE balance SET last_seq = last_seq + 1 WHERE id = 2": ("balance", 2),
    "UPDATE balance SET debits_pending = 0 WHERE id = 2": ("balance", 2),
    "DELETE FROM balance WHERE id = 2": ("balance", 2),
    "UPDATE account SET name = 'mine' WHERE id = 2": ("account", 2),
    "UPDATE account SET limit_rule = 0 WHERE id = 2": ("account", 2),
    "UPDATE account SET opened_at = 0 WHERE id = 2": ("account", 2),
    "UPDATE account SET currency = 'EUR' WHERE id = 2": ("account", 2),
    "UPDATE account SET chain_seq = 3 WHERE id = 2": ("account", 2),
    "UPDATE account_closing SET closed_at = 1": ("account_closing", 1),
    "DELETE FROM account_closing": ("account_closing", 1),
    "UPDATE currency SET minor_units = 2 WHERE code = 'points'": ("currency", 1),
    "UPDATE currency SET code = 'USD' WHERE code = 'EUR'": ("account", 7),
    "UPDATE transfer_memo SET words = 'x'": ("transfer_memo", 1),
    "UPDATE transfer_memo SET salt = randomblob(16)": ("transfer_memo", 1),
    "UPDATE chain_link SET mac = randomblob(32) WHERE seq = 4": ("chain_link", 4),
    "UPDATE chain_link SET body_hash = randomblob(32) WHERE seq = 4": ("chain_link", 4),
    "UPDATE chain_link SET row_id = 9 WHERE seq = 4": ("chain_link", 4),
    "UPDATE chain_link SET key_id = 'x-1' WHERE seq = 4": ("chain_link", 4),
    "UPDATE chain_link SET room = 'x' WHERE seq = 4": ("chain_link", 4),
    "DELETE FROM chain_link WHERE seq = 4": ("chain_link", 4),
    "DELETE FROM chain_link WHERE seq = (SELECT max(seq) FROM chain_link)": ("account_closing", 1),
}


def test_every_attack_is_refused_in_every_position_of_the_pragmas() -> None:
    assert len(attacks()) >= 60 and len({one.name for one in attacks()}) == len(attacks())
    with books(staged=True) as tx:
        tx.execute("COMMIT")
        tx.execute("SAVEPOINT keep")
        tx.execute("RELEASE keep")
        assert leaks(raw(tx)) == []
        tx.execute("BEGIN")
        assert first_bad(tx) is None


def test_what_comes_before_an_attack_goes_through_so_that_it_is_the_attack_that_fails() -> None:
    with books(staged=True) as tx:
        for attack in attacks():
            tx.execute("SAVEPOINT one")
            for statement in attack.statements[:-1]:
                tx.execute(statement)
            tx.execute("ROLLBACK TO one")


@pytest.mark.parametrize("position", [POSITIONS[0], POSITIONS[-1]], ids=["all on", "all off"])
def test_a_transfer_written_by_hand_goes_in_and_is_told(position: tuple[str, ...]) -> None:
    with books(staged=True) as tx:
        tx.execute("COMMIT")
        for name, value in zip(PRAGMAS, position, strict=True):
            tx.execute(f"PRAGMA {name} = {value}")
        for statement in transfer_statements({}):
            tx.execute(named(statement))
        bad = first_bad(tx)
        assert bad is not None and bad[0] == "chain_link"


def test_one_guard_taken_out_lets_an_attack_through_so_the_attacks_do_attack() -> None:
    with books(staged=True) as tx:
        tx.execute("DROP TRIGGER transfer_next")
        through = [one.name for one in attacks() if got_through(raw(tx), one)]
        assert len(through) > 15


@pytest.mark.parametrize("sql", CHANGES)
def test_what_an_owner_of_the_file_changes_is_told_with_the_row(sql: str) -> None:
    with books(staged=True) as tx:
        tx.execute("COMMIT")
        tx.execute("PRAGMA foreign_keys = OFF")
        tx.execute("PRAGMA ignore_check_constraints = ON")
        tampered(tx, sql)
        assert first_bad(tx) == CHANGES[sql]


def test_a_guard_that_is_missing_changed_or_added_is_told() -> None:
    migrations = [one for one in catalogue.migrations() if one.room in ("database", "chain", "ledger")]
    with books() as tx:
        assert schema.differences(tx, migrations) == []
        kept = tx.value("SELECT sql FROM sqlite_schema WHERE name = 'entry_not_deleted'")
        tx.execute("DROP TRIGGER entry_not_deleted")
        assert schema.differences(tx, migrations) == ["The trigger entry_not_deleted is missing."]
        tx.execute(kept.replace("BEFORE DELETE ON entry", "BEFORE DELETE ON entry WHEN 0"))
        assert schema.differences(tx, migrations) == ["The trigger entry_not_deleted was changed."]
        tx.execute("CREATE TABLE beside (id INTEGER)")
        assert schema.differences(tx, migrations)[0] == "The table beside is none of ours."
