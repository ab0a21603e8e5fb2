"""Who may be one person: what is shared is offered, and nothing is merged by itself."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import NOW
from tests.console.shell import console
from tests.outbox import road
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import store_list, store_pane_thread, store_thread
from waconsole.members import likeness, service_merge, store, store_duplicates, store_rows
from waconsole.members.likeness import Alike, Shared, address_key, alike_addresses

INES, OTHER, PAULA, BO = "+33639980001", "+33639980002", "+33639980003", "+33639980004"


def people(tx: Transaction) -> None:
    """Two who share a device, an address and a name; two who share a name alone."""
    said = {
        INES: {"name": "Inès", "device": "d-1", "address": "1, Rue du Lac, Lyon"},
        OTHER: {"name": "INÈS", "device": "d-1", "address": "1 rue du lac LYON"},
        PAULA: {"name": "Paula", "payment": "p-1"},
        BO: {"name": "paula", "payment": "p-2"},
    }
    for phone, words in said.items():
        key = store.ensure_member(tx, phone=phone, origin="live", now=NOW, seen_at=NOW)
        store_rows.set_words(tx, key, words)


async def test_what_members_share_is_told_the_strongest_first(database: Database) -> None:
    await database.write(people)

    found = likeness.together(await database.read(store_duplicates.shared))

    assert found == [
        Alike((1, 2), (("device", "d-1"), ("address", "1, Rue du Lac, Lyon"), ("name", "INÈS"))),
        Alike((3, 4), (("name", "Paula"),)),
    ]


async def test_the_merged_are_no_longer_offered(database: Database) -> None:
    await database.write(people)

    await service_merge.merge(database, OTHER, INES, operator=None, now=NOW)

    def work(tx: Transaction) -> list[list[Shared]]:
        return [store_duplicates.shared(tx, key) for key in (1, 3)]

    ines, paula = await database.read(work)
    assert ines == []
    assert [(one.reason, one.members) for one in paula] == [("name", (3, 4))]


async def test_what_a_merged_row_has_is_the_persons(database: Database) -> None:
    await database.write(people)

    await service_merge.merge(database, OTHER, PAULA, operator=None, now=NOW)

    found = await database.read(lambda tx: likeness.of_one(store_duplicates.shared(tx, 3), 3))
    assert [(other, [reason for reason, _ in reasons]) for other, reasons in found] == [
        (1, ["device", "address", "name"]),
        (4, ["name"]),
    ]


async def test_of_two_who_are_one_the_inbox_shows_the_number_and_counts_no_namesake(
    database: Database,
) -> None:
    await database.write(people)
    await database.write(lambda tx: road.add_thread(tx, road.add_number(tx), 7))
    await service_merge.merge(database, OTHER, INES, operator=None, now=NOW)
    await service_merge.merge(database, BO, road.phone(7), operator=None, now=NOW)

    def work(tx: Transaction) -> None:
        card = store_thread.member_card(tx, 1)
        assert card is not None and (card.phone, card.namesakes) == (INES, 0)
        (row,) = store_list.first_page(tx, "1 = 1", {}, now=NOW)
        opening = store_pane_thread.opening(tx, row.id, now=NOW)
        assert opening is not None and row.phone == opening.phone == road.phone(7)

    await database.read(work)


async def test_a_number_whatsapp_says_of_two_is_the_first_reason(database: Database) -> None:
    def work(tx: Transaction) -> None:
        for bsuid in ("FR.1", "FR.2"):
            store.ensure_member(tx, phone=INES, bsuid=bsuid, origin="live", now=NOW, seen_at=NOW)

    await database.write(work)

    found = await database.read(store_duplicates.shared)
    assert found == [Shared("number", INES, (1, 2))]


def test_addresses_compare_without_case_spaces_and_punctuation() -> None:
    assert address_key(" 1, Rue du Lac — ＬＹＯＮ ") == address_key("1 rue du lac lyon")
    assert alike_addresses([(1, "- -"), (2, "..."), (3, "A 1"), (4, "a1"), (4, "A-1")]) == [
        Shared("address", "A 1", (3, 4))
    ]


async def test_the_key_offers_merges_and_undo_parts(ledger_path: Path) -> None:
    async with console(ledger_path, people, operator=None) as shell:
        await shell.press("g", "m", "g", "g", "equals_sign")

        assert "One person with" in shell.text
        assert "same device, same address, same name" in shell.text

        await shell.press("1")

        assert "Merge: 2 members" in shell.text
        assert "stands for both" in shell.text
        assert "nobody asked either of them" in shell.text
        assert "Undo parts them exactly as they were" in shell.text

        await shell.press("y")

        assert "is one with" in shell.last_line
        count = "SELECT count(*) FROM visible_member"
        assert await shell.database.read(lambda tx: tx.value(count)) == 3

        await shell.press("z")

        assert await shell.database.read(lambda tx: tx.value(count)) == 4


async def test_the_key_says_who_cannot_be_meant(ledger_path: Path) -> None:
    async with console(ledger_path, people, operator=None) as shell:
        await shell.press("g", "m", "g", "g", "equals_sign", "tab")
        await shell.type("Zora", "enter")

        assert "No member is known as Zora" in shell.text
