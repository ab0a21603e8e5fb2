"""People a linked phone knows by a hidden id: one member as soon as their number is known."""

from __future__ import annotations

from tests.members.test_identity import INES, known_as, met
from waconsole.database.connection import Database, Transaction
from waconsole.members import store

LID = "9000000001"


async def test_somebody_known_by_a_hidden_id_is_one_member_once_the_number_shows(database: Database) -> None:
    def work(tx: Transaction) -> None:
        hidden = met(tx, None, lid=LID, name="Ana")

        assert met(tx, None, lid=LID) == hidden
        assert met(tx, INES, lid=LID) == hidden
        assert store.member_by_alias(tx, "phone", INES) == hidden
        assert store.member_by_id(tx, hidden).phone == INES
        assert known_as(tx, hidden) == [("lid", LID, None), ("phone", INES, None)]

    await database.write(work)


async def test_a_row_of_the_hidden_id_joins_the_row_of_the_number(database: Database) -> None:
    def work(tx: Transaction) -> None:
        numbered = met(tx, INES, name="Inès")
        hidden = met(tx, None, lid=LID, name="Ana")

        assert met(tx, INES, lid=LID) == numbered
        assert store.member_by_alias(tx, "lid", LID) == numbered
        assert tx.value("SELECT rule FROM merge WHERE member_id = :id", {"id": hidden}) == "number shown"
        assert met(tx, None, lid=LID) == numbered

    await database.write(work)


async def test_two_who_have_a_number_each_are_left_to_an_operator(database: Database) -> None:
    def work(tx: Transaction) -> None:
        one = met(tx, INES, lid=LID)
        other = met(tx, "+33639980042")

        assert met(tx, "+33639980042", lid=LID) == other
        assert store.member_by_alias(tx, "lid", LID) == one
        assert tx.value("SELECT count(*) FROM merge") == 0

    await database.write(work)
