"""Passphrases, sign-ins and who adds whom: what is right goes in, what is wrong is counted, everything ends in time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.operators.staff import WORDS, add, add_member, staff, told
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.operators import (
    service,
    service_adopting,
    service_known,
    service_passphrase,
    service_sign_in,
    service_token,
    store_known,
)
from waconsole.operators.authority import Forbidden, deciding
from waconsole.operators.store import Act
from waconsole.operators.store_known import Known
from waconsole.settings.secrets import Secret

RIGHT, WRONG = Secret(WORDS), Secret("words that are not theirs")


def test_the_real_cost_is_what_an_attacker_pays() -> None:
    assert service_passphrase.__dict__["COST"] == 2, "tests pay less"
    source = Path(service_passphrase.__file__).read_text(encoding="utf-8")
    assert "COST = 1 << 15" in source


def test_a_passphrase_is_kept_as_a_hash_and_told_apart() -> None:
    one, other = service_passphrase.hashed(RIGHT), service_passphrase.hashed(RIGHT)

    assert one.salt != other.salt and one.hash != other.hash
    assert service_passphrase.matches(one, RIGHT)
    assert not service_passphrase.matches(one, WRONG)
    assert not service_passphrase.matches(one, Secret("x" * 5_000))
    composed, apart = Secret("caf\u00e9 au lait"), Secret("cafe\u0301 au lait")
    assert service_passphrase.matches(service_passphrase.hashed(composed), apart)


@pytest.mark.parametrize("words", ["", "        ", "\t\t\t\t\t\t\t\t\t", "x" * 1_025])
def test_a_passphrase_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(Refused) as refused:
        service_passphrase.hashed(Secret(words))
    assert not words.strip() or words not in str(refused.value)


def test_a_short_passphrase_is_advised_against() -> None:
    assert "short" in service_passphrase.advice(Secret("seven77"))
    assert service_passphrase.advice(RIGHT) == ""


def test_the_first_is_an_owner_and_only_owners_add_others() -> None:
    with staff() as tx:
        with pytest.raises(Refused, match="first operator must be an owner"):
            add(tx, "Bo", "moderator", by=None)
        ana = add(tx, "Ana", "owner", "500 HKD", by=None)
        assert told(tx) == ("add operator", {"name": "Ana", "role": "owner", "member_id": None, "limits": [{"amount": "500.00", "currency": "HKD"}]})  # fmt: skip
        add(tx, "Bo", "moderator")
        for by, rule in ((None, "Name who decides"), ("Bo", "for an owner")):
            with pytest.raises(Refused, match=rule):
                add(tx, "Cy", "owner", by=by)
        with pytest.raises(Refused, match="already called Bo"):
            add(tx, "Bo", "moderator")
        assert store_known.limits(tx) == [(ana.id, "HKD", 50_000)]


def test_the_owner_made_of_the_account_gets_a_passphrase() -> None:
    with staff() as tx:
        made = service.acting(tx, None, now=NOW)
        name = made.name
        with pytest.raises(Refused, match="first operator must be an owner"):
            add(tx, name, "moderator", by=None)

        assert add(tx, name, "owner", by=None) == made
        assert deciding(tx, name, now=NOW) == made
        bare = service.add(tx, "Bare", "moderator", now=NOW)
        with pytest.raises(Refused, match="with the role moderator"):
            add(tx, "Bare", "owner", by=name)
        assert add(tx, "Bare", "moderator", by=name) == bare


def test_one_member_is_one_operator_also_after_a_merge() -> None:
    with staff() as tx:
        root = add_member(tx, "root")
        add_member(tx, "same", merged_into=root)
        add(tx, "Ana", by=None, member="root")
        with pytest.raises(Refused, match="is Ana already"):
            add(tx, "Bo", "moderator", member="same")
        with pytest.raises(NotFound, match="No member is known as"):
            add(tx, "Bo", "moderator", member="nobody")
        add(tx, "Bo", "moderator")
        with pytest.raises(Refused, match="is Ana already"):
            service_known.link(tx, "Ana", "Bo", "same", now=NOW)
        other = add_member(tx, "other")
        assert service_known.link(tx, "Ana", "Bo", "other", now=NOW).member_id == other


def test_limits_are_amounts_one_for_each_currency() -> None:
    assert [str(one) for one in service_known.amounts(["500 HKD", "1000 JPY", "1.250 KWD", "0 EUR"])] == [
        *("500.00 HKD", "1000 JPY", "1.250 KWD", "0.00 EUR"),
    ]
    for bad in (["-1 EUR"], ["1 EUR", "2 EUR"], ["5"], ["much EUR"]):
        with pytest.raises(Refused):
            service_known.amounts(bad)


def test_the_last_owner_stays_and_who_retires_keeps_their_name() -> None:
    with staff() as tx:
        add(tx, "Ana", by=None)
        service.add(tx, "Bare", "owner", now=NOW)
        with pytest.raises(Forbidden, match="last owner"):
            service_known.retire(tx, "Ana", "Ana", now=NOW)
        add(tx, "Bo")
        assert service_known.retire(tx, "Bo", "Ana", now=NOW).retired_at == NOW
        for act in (
            lambda: service.acting(tx, "Ana", now=NOW),
            lambda: deciding(tx, "Ana", now=NOW),
            lambda: add(tx, "Ana", by="Bo"),
            lambda: service_known.set_limits(tx, "Bo", "Ana", (), now=NOW),
        ):
            with pytest.raises(Refused, match="retired"):
                act()
        assert service.acting(tx, None, now=NOW).name == "Bare"


def test_signing_in_is_no_act_that_undo_takes_back() -> None:
    with staff() as tx:
        ana = add(tx, "Ana", by=None)
        known = store_known.known_by_id(tx, ana.id)
        assert known is not None
        service.record(tx, ana, "tag", [Act("tag", 1, {}, {"tagged": 1})], now=NOW)
        service_sign_in._failed(tx, known, now=NOW)

        assert service.undo(tx, ana, {"tag": lambda *_: True}, now=NOW) == ("tag", 1)
        with pytest.raises(Undone, match="“add operator” cannot be undone"):
            service.undo(tx, ana, {"tag": lambda *_: True}, now=NOW)


async def known(database: Database, name: str = "Ana") -> Known:
    """The operator as those who prove themselves are looked up."""
    found = await database.read(lambda tx: service_sign_in.needs_proof(tx, name))
    assert found is not None
    return found


async def rule(work: object) -> str:
    """The rule that refuses."""
    with pytest.raises(Forbidden) as refused:
        await work  # type: ignore[misc]
    return refused.value.rule


async def test_a_sign_in_lasts_while_it_is_used_and_ends_with_the_shift(database: Database) -> None:
    await database.write(lambda tx: add(tx, "Ana", by=None))
    made = await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=60, now=NOW)
    ana = await known(database)
    installation = await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)) or ""
    file = service_token.file_of(installation, ana.id)

    assert (made.name, made.idle_minutes, made.ends_at) == ("Ana", 60, NOW + 12 * HOUR)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    at = NOW
    while at + 60 * MINUTE < made.ends_at:
        at += 60 * MINUTE
        await service_sign_in.check_sign_in(database, ana, now=at)
    assert await rule(service_sign_in.check_sign_in(database, ana, now=made.ends_at)) == "sign_in.ended"
    assert await rule(service_sign_in.check_sign_in(database, ana, now=at)) == "sign_in"

    await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=None, now=at)
    assert (
        await rule(service_sign_in.check_sign_in(database, ana, now=at + 30 * MINUTE + 1)) == "sign_in.ended"
    )
    for minutes in (0, 12 * 60 + 1, -5):
        with pytest.raises(Refused, match="from 1 to 720 minutes"):
            await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=minutes, now=at)


async def test_a_sign_in_ends_with_its_passphrase_and_with_sign_out(database: Database) -> None:
    await database.write(lambda tx: add(tx, "Ana", by=None))
    await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=None, now=NOW)
    kept = service_passphrase.hashed(Secret("entirely other words"))
    await database.write(lambda tx: service_known.set_passphrase(tx, "Ana", None, kept, now=NOW))

    assert (
        await rule(service_sign_in.check_sign_in(database, await known(database), now=NOW)) == "sign_in.ended"
    )
    assert (
        await rule(service_sign_in.prove(database, await known(database), RIGHT, now=NOW))
        == "passphrase.wrong"
    )
    await service_sign_in.sign_in(database, "Ana", Secret("entirely other words"), idle_minutes=None, now=NOW)
    assert await database.write(lambda tx: service_sign_in.sign_out(tx, None, now=NOW)) == ["Ana"]
    assert await database.write(lambda tx: service_sign_in.sign_out(tx, None, now=NOW)) == []
    assert await rule(service_sign_in.check_sign_in(database, await known(database), now=NOW)) == "sign_in"


async def test_a_file_that_others_read_or_that_is_forged_proves_nothing(database: Database) -> None:
    await database.write(lambda tx: add(tx, "Ana", by=None))
    await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=None, now=NOW)
    ana = await known(database)
    installation = await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)) or ""
    file = service_token.file_of(installation, ana.id)
    good = file.read_text()

    file.chmod(0o644)
    with pytest.raises(Refused, match="open to others"):
        await service_sign_in.check_sign_in(database, ana, now=NOW)
    file.chmod(0o600)
    for bad in ("", "{}", "nonsense", good.replace("token", "tok")):
        file.write_text(bad)
        assert await rule(service_sign_in.check_sign_in(database, ana, now=NOW)) == "sign_in"
    service_token.keep(installation, ana.id, service_token.Kept(b"x" * 32, NOW))
    assert await rule(service_sign_in.check_sign_in(database, ana, now=NOW)) == "sign_in.ended"
    file.symlink_to(file.with_name("elsewhere"))
    with pytest.raises(Refused, match="cannot be read"):
        await service_sign_in.check_sign_in(database, ana, now=NOW)
    file.unlink()


async def test_too_many_wrong_passphrases_lock_for_a_quarter_of_an_hour(database: Database) -> None:
    await database.write(lambda tx: add(tx, "Ana", by=None))
    ana = await known(database)
    for minute in range(5):
        at = NOW + minute * MINUTE
        assert await rule(service_sign_in.prove(database, ana, WRONG, now=at)) == "passphrase.wrong"

    with pytest.raises(Forbidden, match=r"wrong 5 times: try again at 12:15:00 UTC"):
        await service_sign_in.prove(database, ana, RIGHT, now=NOW + 5 * MINUTE)
    await service_sign_in.prove(database, ana, RIGHT, now=NOW + 15 * MINUTE)
    acts = await database.read(
        lambda tx: tx.value("SELECT count(*) FROM act WHERE verb = 'wrong passphrase'")
    )
    assert acts == 5


async def test_a_copy_decides_nothing_until_an_owner_adopts_it(ledger_path: Path, tmp_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        add(tx, "Ana", by=None)
        add(tx, "Bo", "moderator")

    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(fill)
        await service_sign_in.sign_in(database, "Ana", RIGHT, idle_minutes=None, now=NOW)
        assert not await database.read(service_adopting.is_pending)
    copied = tmp_path / "copied.db"
    copied.write_bytes(ledger_path.read_bytes())
    async with catalogue.open_ledger(copied, now=NOW + DAY) as database:
        assert await database.read(service_adopting.is_pending)
        assert (
            await rule(service_sign_in.check_sign_in(database, await known(database), now=NOW + 1))
            == "sign_in"
        )

        def adopt(tx: Transaction, name: str) -> bool:
            return service_adopting.adopt(tx, deciding(tx, name, now=NOW), now=NOW)

        with pytest.raises(Forbidden, match="for an owner"):
            await database.write(lambda tx: adopt(tx, "Bo"))
        assert await database.write(lambda tx: adopt(tx, "Ana"))
        assert not await database.write(lambda tx: adopt(tx, "Ana"))
        assert not await database.read(service_adopting.is_pending)
    async with catalogue.open_ledger(copied, now=NOW + DAY) as database:
        assert not await database.read(service_adopting.is_pending)


async def test_a_copy_of_a_ledger_where_nobody_has_a_passphrase_waits_for_nobody(
    ledger_path: Path, tmp_path: Path
) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(lambda tx: service.add(tx, "Ana", "owner", now=NOW))
    copied = tmp_path / "copied.db"
    copied.write_bytes(ledger_path.read_bytes())
    async with catalogue.open_ledger(copied, now=NOW) as database:
        assert not await database.read(service_adopting.is_pending)
