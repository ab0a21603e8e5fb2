"""Versions of policies are added and never changed, whatever the pragmas; what cannot be refused is told."""

from __future__ import annotations

import sqlite3

import pytest

from tests.conftest import NOW
from tests.policy.ledgers import INSTALLATION, ROOMS, first_bad, ledger, raw, set_value, tampered
from waconsole import catalogue
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.errors import Refused
from waconsole.ledger.attacks import POSITIONS, PRAGMAS, Attack
from waconsole.ledger.service_attack import got_through
from waconsole.policy import library, service_sealing, store
from waconsole.policy.attacks import attacks, version_statements

ATTACKS = [Attack(*one) for one in attacks()]
_CONFIRMED = "(SELECT {column} FROM policy_proposal WHERE reason = 'attacked: confirmed')"
# What would be taken, were it sealed: the attacks differ from it in one thing each.
HONEST = {
    **{column: _CONFIRMED.format(column=column) for column in ("name", "version", "value", "reason")},
    "proposal_id": _CONFIRMED.format(column="id"),
    "set_by": "'attack-one'",
    "confirmed_by": "'attack-two'",
    "valid_from": str(NOW),
    "set_at": str(NOW),
}
# What an owner of the file can do once the guards are out, and where verification sees it first.
CHANGES = {
    **{
        f"UPDATE policy_version SET {column} = {value} WHERE id = 7": "version"
        for column, value in {
            "name": "'mine'", "version": "9", "value": "'{}'", "says": "'x'", "valid_from": "5", "set_by": "'me'",
            "set_at": "5", "reason": "'x'", "proposal_id": "5", "confirmed_by": "'me'", "solo": "1",
            "second": "1 - second", "solo_seconds": "9",
        }.items()
    },
    "DELETE FROM policy_version WHERE id = 7": "policy_version",
    "DELETE FROM policy_version WHERE id = (SELECT max(id) FROM policy_version)": "policy_version",
    "UPDATE policy_seal SET last_id = last_id - 1 WHERE id = 1": "version",
    "DELETE FROM policy_seal WHERE id = (SELECT max(id) FROM policy_seal)": "policy_version",
    "UPDATE policy_proposal SET value = '{}' WHERE id = 1": "proposal",
    "UPDATE policy_proposal SET proposed_by = 'me' WHERE id = 1": "proposal",
    "UPDATE policy_proposal SET valid_from = 5 WHERE id = 1": "proposal",
    "DELETE FROM policy_proposal WHERE id = 1": "proposal",
    "UPDATE policy_decision SET verb = 'withdraw' WHERE id = 2": "decision",
    "UPDATE policy_decision SET decided_by = 'me' WHERE id = 2": "decision",
    "DELETE FROM policy_decision WHERE id = 2": "decision",
}  # fmt: skip


def test_every_attack_is_refused_in_every_position_of_the_pragmas() -> None:
    assert len(ATTACKS) >= 90 and len({one.name for one in ATTACKS}) == len(ATTACKS)
    with ledger(staged=True) as tx:
        tx.execute("COMMIT")
        found = []
        for position in POSITIONS:
            for name, value in zip(PRAGMAS, position, strict=True):
                tx.execute(f"PRAGMA {name} = {value}")
            tx.execute("BEGIN")
            found += [(one.name, position) for one in ATTACKS if got_through(raw(tx), one)]
            tx.execute("ROLLBACK")
        assert found == []
        tx.execute("BEGIN")
        assert first_bad(tx) is None


@pytest.mark.parametrize("changed", [{}, HONEST], ids=["by one", "confirmed"])
def test_a_version_written_by_hand_goes_in_and_is_told(changed: dict[str, str]) -> None:
    with ledger(staged=True) as tx:
        for statement in version_statements(changed):
            tx.execute(statement)
        bad = first_bad(tx)
        assert bad is not None and bad[0] == "chain_link"


def test_one_guard_taken_out_lets_attacks_through_so_they_do_attack() -> None:
    with ledger(staged=True) as tx:
        for guard, least in (
            ("policy_version_next", 20),
            ("policy_proposal_next", 5),
            ("policy_decision_next", 3),
        ):
            kept = tx.value("SELECT sql FROM sqlite_schema WHERE name = :name", {"name": guard})
            tx.execute(f"DROP TRIGGER {guard}")
            tx.execute("COMMIT")  # a schema that is not committed is read anew after every attack
            tx.execute("BEGIN")
            assert sum(got_through(raw(tx), one) for one in ATTACKS) >= least, guard
            tx.execute(kept)


@pytest.mark.parametrize("sql", CHANGES)
def test_what_an_owner_of_the_file_changes_is_told(sql: str) -> None:
    with ledger(staged=True) as tx:
        tx.execute("COMMIT")
        tx.execute("PRAGMA foreign_keys = OFF")
        tx.execute("PRAGMA ignore_check_constraints = ON")
        tampered(tx, sql)
        bad = first_bad(tx)
        assert bad is not None and bad[0] == CHANGES[sql]


def test_an_unsealed_version_is_told_though_the_guards_were_out() -> None:
    with ledger() as tx:
        tampered(tx, version_statements({}, is_sealed=False)[-1])
        assert first_bad(tx) == ("policy_version", tx.value("SELECT max(id) FROM policy_version"))


def test_a_ledger_without_an_installation_is_sealed_when_it_gets_one() -> None:
    with ledger(installed=False) as tx:
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            tx.execute("UPDATE policy_version SET valid_from = 1 WHERE name = 'send.gap'")
        with pytest.raises(Refused, match="no installation id"):
            service_sealing.seal_standing(tx)
        facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
        assert first_bad(tx) == ("policy_version", 1)
        assert service_sealing.seal_standing(tx) == store.next_id(tx) - 1
        assert service_sealing.seal_standing(tx) == 0
        assert first_bad(tx) is None


def test_a_newer_preset_is_sealed_and_never_takes_the_place_of_what_an_operator_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ledger() as tx:
        set_value(tx, "send.gap", "48")
        newer = {"version": 9, "says": "x", "hours": 1}
        monkeypatch.setattr(
            library, "bundled", lambda: iter([("send.gap", newer), ("send.experiment", newer)])
        )
        assert library.seed(tx, now=NOW) == 1
        assert store.in_force(tx, "send.gap", now=NOW)[0]["hours"] == 48
        assert store.in_force(tx, "send.experiment", now=NOW) == ({"version": 9, "says": "x", "hours": 1}, 9)
        assert first_bad(tx) is None


def test_a_ledger_of_an_older_waconsole_is_sealed_when_it_is_brought_up() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA trusted_schema = OFF")
    tx = Transaction(connection, lambda: False)
    mine = [one for one in catalogue.migrations() if one.room in ROOMS]
    with ledger():  # the key is this process's own
        tx.execute("BEGIN")
        migrate(tx, [one for one in mine if one.room != "policy" or one.name < "002"])
        facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
        tx.execute(
            """
            INSERT INTO policy_version (name, version, value, says, valid_from, set_by, set_at)
            VALUES ('send.gap', 1, '{"hours": 36, "version": 1, "says": ""}', '', 0, 'preset', 5),
                   ('own.rule', 1, '{"days": 3, "version": 1, "says": ""}', '', 9, 'op-1', 9)
            """
        )
        migrate(tx, mine)
        assert first_bad(tx) == ("policy_version", 1)
        assert library.seed(tx, now=NOW) > 300
        assert service_sealing.seal_standing(tx) == 0, "what stood was sealed before what is new"
        assert first_bad(tx) is None
        seals = tx.rows("SELECT first_id, last_id FROM policy_seal ORDER BY id")
        assert tuple(seals[0]) == (1, 2)
        assert store.in_force(tx, "own.rule", now=NOW)[1] == 1
    connection.close()
