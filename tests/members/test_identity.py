"""Whom WhatsApp means: by number, by BSUID, after a changed number; and what they agreed to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.members import store

INES, PAULA = "+33639980012", "+33639980042"


def met(tx: Transaction, phone: str | None, **named: Any) -> int:
    """Somebody WhatsApp names, seen a minute ago."""
    values: dict[str, Any] = {"origin": "live", "now": NOW, "seen_at": NOW - 60_000_000, **named}
    return store.ensure_member(tx, phone=phone, **values)


def known_as(tx: Transaction, member_id: int) -> list[tuple[object, object, object]]:
    return [(one["kind"], one["value"], one["seen_until"]) for one in store.aliases(tx, member_id)]


async def test_a_person_met_twice_is_one_member(database: Database) -> None:
    def work(tx: Transaction) -> None:
        first = met(tx, INES, bsuid="FR.aBc9", name="Inès", language="fr")

        assert met(tx, INES, name="Inès") == first
        assert met(tx, None, bsuid="FR.aBc9") == first
        assert store.member_by_alias(tx, "phone", INES) == first
        assert store.member_by_alias(tx, "bsuid", "FR.aBc9") == first
        member = store.member_by_id(tx, first)
        assert (member.name, member.phone, member.language) == ("Inès", INES, "fr")

    await database.write(work)


async def test_a_bsuid_minds_its_case(database: Database) -> None:
    def work(tx: Transaction) -> None:
        first = met(tx, None, bsuid="FR.aBc9")

        assert store.member_by_alias(tx, "bsuid", "FR.ABC9") is None
        assert met(tx, None, bsuid="FR.ABC9") != first

    await database.write(work)


async def test_nobody_is_found_by_a_username_or_a_name(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines = met(tx, INES, username="ana", name="Ana")
        paula = met(tx, PAULA, username="ana", name="Ana")

        assert ines != paula
        assert store.member_by_alias(tx, "username", "ana") is None
        assert store.member_by_alias(tx, "name", "Ana") is None

    await database.write(work)


async def test_another_username_closes_the_one_before(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines = met(tx, INES, username="ines1")
        met(tx, INES, username="ines2", seen_at=NOW)

        assert known_as(tx, ines) == [
            ("phone", INES, None),
            ("username", "ines1", "2026-11-26T12:00:00Z"),
            ("username", "ines2", None),
        ]

    await database.write(work)


async def test_a_profile_name_fills_an_empty_name_and_else_stays_beside_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines = met(tx, INES)
        met(tx, INES, name="Inès")
        met(tx, INES, name="Inès ♥")
        met(tx, INES, name="Inès ♥")

        assert store.member_by_id(tx, ines).name == "Inès"
        assert known_as(tx, ines) == [("phone", INES, None), ("name", "Inès ♥", None)]

    await database.write(work)


async def test_a_number_of_somebody_with_another_bsuid_is_another_person(database: Database) -> None:
    """Numbers are given to new people; a BSUID never is."""

    def work(tx: Transaction) -> None:
        before = met(tx, INES, bsuid="FR.before")
        after = met(tx, INES, bsuid="FR.after")

        assert after != before
        assert met(tx, INES, bsuid="FR.after") == after
        assert met(tx, INES, bsuid="FR.before") == before
        assert store.member_by_alias(tx, "phone", INES) == before
        assert known_as(tx, after) == [("bsuid", "FR.after", None), ("wa_id", INES, None)]

    await database.write(work)


async def test_somebody_needs_a_number_or_a_bsuid(database: Database) -> None:
    with pytest.raises(Refused, match="needs a phone number or a BSUID"):
        await database.write(lambda tx: met(tx, None, username="ana"))


async def test_after_a_number_change_there_is_one_row_under_the_new_number(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines = met(tx, INES, name="Inès")

        assert store.change_number(tx, ines, phone=PAULA, now=NOW, origin="live") == ines
        assert store.change_number(tx, ines, phone=PAULA, now=NOW + DAY, origin="live") == ines
        assert store.member_by_id(tx, ines).phone == PAULA
        assert known_as(tx, ines) == [("phone", INES, "2026-11-26T12:00:00Z"), ("phone", PAULA, None)]
        assert store.member_by_alias(tx, "phone", INES) == ines
        assert tx.value("SELECT count(*) FROM visible_member") == 1

    await database.write(work)


async def test_a_new_number_that_has_a_row_already_brings_it_along(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines, second = met(tx, INES, name="Inès"), met(tx, PAULA, name="Inès neu")

        assert store.change_number(tx, ines, phone=PAULA, now=NOW, origin="live") == ines
        assert store.member_by_alias(tx, "phone", PAULA) == ines
        assert met(tx, PAULA) == ines
        member = store.member_by_id(tx, second)
        assert (member.id, member.phone) == (ines, PAULA)
        assert tx.value("SELECT count(*) FROM visible_member") == 1

    await database.write(work)


async def test_a_changed_number_can_change_back(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ines = met(tx, INES)
        store.change_number(tx, ines, phone=PAULA, now=NOW, origin="live")
        store.change_number(tx, ines, phone=INES, now=NOW + HOUR, origin="live")

        assert store.member_by_id(tx, ines).phone == INES

    await database.write(work)


@pytest.mark.parametrize(
    ("words", "in_force"),
    [
        ([("give", 1)], "yes"),
        ([("give", 1), ("withdraw", 2)], "stop"),
        ([("give", 1), ("withdraw", 2), ("give", 3)], "stop"),
        ([("withdraw", 1), ("resume", 2)], "yes"),
        ([("withdraw", 1), ("resume", 2), ("withdraw", 3)], "stop"),
        ([("resume", 3), ("withdraw", 2)], "yes"),
        ([("withdraw", 2), ("resume", 2)], "stop"),
        ([], None),
    ],
)
async def test_a_stop_outranks_everything_until_the_person_resumes(
    database: Database, words: list[tuple[str, int]], in_force: str | None
) -> None:
    def work(tx: Transaction) -> None:
        states = {"give": "yes", "withdraw": "stop", "resume": "resume"}
        ines = met(tx, INES)
        for verb, day in words:
            said: dict[str, Any] = {"source": "word", "decided_at": day * DAY, "now": NOW, "origin": "live"}
            said |= {"member_id": ines, "purpose": "marketing", "state": states[verb]}
            assert store.add_consent(tx, **said)
            assert not store.add_consent(tx, **said), "the same word again changes nothing"

        assert store.consent_in_force(tx, ines) == in_force

    await database.write(work)
