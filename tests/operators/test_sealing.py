"""Who may act and what was done is sealed row by row: SQL is refused, and what cannot be refused is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.operators.staff import add, first_bad, staff, tampered
from waconsole import catalogue
from waconsole.chain.service_verify import check
from waconsole.database.connection import Database, Transaction
from waconsole.ledger.attacks import POSITIONS, PRAGMAS
from waconsole.operators import attacks, sealing, service, service_sealing, store_seals
from waconsole.operators.sealing import COLUMNS
from waconsole.operators.store import Act


@pytest.mark.parametrize("position", POSITIONS, ids="-".join)
def test_every_attack_is_refused_whatever_the_pragmas(position: tuple[str, ...]) -> None:
    with staff(staged=True) as tx:
        tx.execute("DELETE FROM ledger_fact WHERE name = 'presets'")
        tx.execute("COMMIT")
        for name, value in zip(PRAGMAS, position, strict=True):
            tx.execute(f"PRAGMA {name} = {value}")
        tx.execute("BEGIN")
        through = [name for name, (sql,) in attacks.attacks() if _gets_through(tx, sql)]
        assert through == []
        assert first_bad(tx) is None


def _gets_through(tx: Transaction, sql: str) -> bool:
    tx.execute("SAVEPOINT attack")
    before = tx.value("SELECT total_changes()")
    try:
        tx.execute(sql)
        return bool(tx.value("SELECT total_changes()") != before)
    except Exception as error:
        assert type(error).__name__ in ("IntegrityError", "OperationalError"), error
        return False
    finally:
        tx.execute("ROLLBACK TO attack")


def test_the_attacks_hit_rows_that_are_there() -> None:
    """A table without rows would refuse an update by having nothing to update."""
    with staff(staged=True) as tx:
        tables = [*COLUMNS, "act", "operator_seal", "act_seal"]
        assert [one for one in tables if not tx.value(f"SELECT count(*) FROM {one}")] == []
        assert len(attacks.attacks()) >= 100


def _changes() -> list[tuple[str, str]]:
    """Every column of every sealed table, changed."""
    found = []
    for kind, columns in COLUMNS.items():
        found += [(f"{kind}.{one}", _changed(kind, one)) for one in columns]
        found.append((f"{kind} row out", f"DELETE FROM {kind} WHERE id = 1"))
        found.append((f"last {kind} row out", f"DELETE FROM {kind} WHERE id = (SELECT max(id) FROM {kind})"))
    for one in sealing.ACT_COLUMNS:
        found.append((f"act.{one}", _changed("act", one)))
    for one in ("first_id", "last_id", "chain_seq", "row_kind"):
        value = "'x'" if one == "row_kind" else f"{one} + 1000"
        found.append((f"operator_seal.{one}", f"UPDATE operator_seal SET {one} = {value} WHERE id = 3"))
    found += [
        (f"act_seal.{one}", f"UPDATE act_seal SET {one} = {one} + 1000 WHERE id = 1")
        for one in ("first_id", "last_id", "chain_seq")
    ]
    found += [
        ("operator_seal out", "DELETE FROM operator_seal WHERE id = 3"),
        ("act_seal out", "DELETE FROM act_seal"),
    ]
    return found


TEXTS = {
    *(
        "ref",
        "name",
        "currency",
        "installation",
        "stroke",
        "verb",
        "object_kind",
        "before",
        "after",
        "rule",
        "undoes",
    ),
}
BLOBS = {"salt", "hash", "token_hash", "words_hash"}


def _changed(table: str, column: str) -> str:
    if column in BLOBS:
        value = "randomblob(32)"
    elif column == "role":
        value = "CASE role WHEN 'owner' THEN 'moderator' ELSE 'owner' END"
    else:
        value = "'x'" if column in TEXTS else f"coalesce({column}, 0) + 1000"
    return f'UPDATE {table} SET "{column}" = {value} WHERE id = 1'


@pytest.mark.parametrize(("what", "sql"), [pytest.param(*one, id=one[0]) for one in _changes()])
def test_a_change_around_the_guards_is_told(what: str, sql: str) -> None:
    with staff(staged=True) as tx:
        tampered(tx, sql)
        assert first_bad(tx) is not None


def test_rows_that_nobody_sealed_are_told() -> None:
    with staff(staged=True) as tx:
        insert = "INSERT INTO operator_limit SELECT max(id) + 1, 1, 'EUR', 900, 1, 1 FROM operator_limit"
        tampered(tx, insert)
        assert first_bad(tx) == ("operator_limit", 4)


def test_an_act_whose_words_were_erased_is_still_proved() -> None:
    with staff() as tx:
        ana = add(tx, "Ana", by=None)
        service.record(
            tx, ana, "note", [Act("note", 1, {"text": ""}, {"text": "words of a member"})], now=NOW
        )
        row = tx.one("SELECT id, salt, before, after FROM act ORDER BY id DESC LIMIT 1")
        assert row is not None
        kept = sealing.words_hash(row["salt"], row["before"], row["after"]).hex()
        erased = "UPDATE act SET before = '{}', after = '{}', salt = NULL, words_hash = x'%s' WHERE id = %d"
        tx.execute("SAVEPOINT one")
        tampered(tx, erased % (kept, row["id"]))
        assert first_bad(tx) is None
        tampered(tx, f'UPDATE act SET after = \'{{"text": "other words"}}\' WHERE id = {row["id"]}')
        assert first_bad(tx) == ("act", row["id"])


def test_one_stroke_of_many_acts_takes_one_link_and_is_read_back_in_part() -> None:
    with staff() as tx:
        ana = add(tx, "Ana", by=None)
        before = tx.value("SELECT max(seq) FROM chain_link")
        point = tx.one("SELECT seq, mac FROM chain_link ORDER BY seq DESC LIMIT 1")
        service.record(tx, ana, "tag", [Act("tag", number, {}, {}) for number in range(500)], now=NOW)

        assert tx.value("SELECT max(seq) FROM chain_link") == before + 1
        assert point is not None
        assert check(tx, service_sealing.sealed(), since=(point["seq"], point["mac"])) == before + 1


def test_no_act_and_no_seal_holds_a_passphrase() -> None:
    with staff() as tx:
        add(tx, "Ana", by=None)
        texts = json.dumps([list(row) for row in tx.rows("SELECT verb, before, after FROM act LIMIT 99")])
        assert "nobody guesses" not in texts and "hash" not in texts


async def test_what_stood_before_the_installation_is_sealed_with_it(ledger_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW, installed=False) as database:
        await database.write(_before)
        assert await database.read(lambda tx: tx.value("SELECT count(*) FROM act_seal")) == 0
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(
            lambda tx: service.record(
                tx, service.acting(tx, "Ana", now=NOW), "tag", [Act("tag", 1, {}, {})], now=NOW
            )
        )
        seals = await database.read(lambda tx: list(store_seals.act_seals_after(tx, 0)))

        assert [one[2:] for one in seals] == [(1, 3), (4, 4)]
        await database.read(lambda tx: check(tx, catalogue.sealed()))


def _before(tx: Transaction) -> None:
    ana = service.add(tx, "Ana", "owner", now=NOW)
    service.record(tx, ana, "tag", [Act("tag", number, {}, {}) for number in range(3)], now=NOW)


async def test_what_is_written_around_the_program_is_never_sealed_afterwards(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ana = service.add(tx, "Ana", "owner", now=NOW)
        service.record(tx, ana, "tag", [Act("tag", 1, {}, {})], now=NOW)
        insert = (
            "INSERT INTO operator (id, ref, name, role, added_at) VALUES (2, 'op-x', 'Mallory', 'owner', 1)"
        )
        tampered(tx, insert)
        service_sealing.seal_standing(tx)

    await database.write(work)

    assert await database.read(first_bad) == ("operator", 2)


def test_a_copy_that_was_made_to_wait_for_nobody_is_told() -> None:
    with staff(staged=True) as tx:
        tampered(tx, "UPDATE ledger_fact SET value = 'adopted' WHERE name = 'adoption'")
        assert first_bad(tx) == ("ledger_fact", None)
