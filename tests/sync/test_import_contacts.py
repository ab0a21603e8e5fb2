"""What importing a contacts file leaves in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.sync.imports import found, quiet
from waconsole.clock import iso
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.inbox import store_elsewhere as said
from waconsole.members import store
from waconsole.outbox import store_elsewhere as pushed
from waconsole.shop import store_facts
from waconsole.sync.intake_contacts import ContactsImported, import_contacts

HEADER = "phone,name,language,timezone,consent_marketing,consent_at,tags"


async def imported(database: Database, path: Path, *rows: str, region: str | None = None) -> ContactsImported:
    """Import a file of these lines."""
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return await import_contacts(
        database, path, quiet(), region=region, zone=ZoneInfo("Europe/Paris"), now=NOW
    )


async def consents(database: Database, phone: str) -> list[dict[str, Any]]:
    """All consents of the member with a number."""
    return await database.read(lambda tx: store.consents(tx, store.member_named(tx, phone).id))


async def test_rows_become_members_with_consent_and_tags(database: Database, tmp_path: Path) -> None:
    result = await imported(
        database, tmp_path / "c.csv", HEADER,
        "+33 6 39 98 12 17,Inès,fr,Europe/Paris,yes,2026-11-01T10:00:00Z,vip;mère",
        "0033-6-39-98-12-18,Ana,pt-BR,,no,2026-11-02,",
    )  # fmt: skip

    assert (result.rows, result.new, result.updated, result.rejected) == (2, 2, 0, [])
    rows = await found(database, "", subject="members")
    assert [(row["phone"], row["name"], row["tags"]) for row in rows] == [
        ("+33639981217", "Inès", ["mère", "vip"]), ("+33639981218", "Ana", []),
    ]  # fmt: skip
    assert [row["name"] for row in await found(database, "lang:pt", subject="members")] == ["Ana"]
    assert await consents(database, "+33639981217") == [
        {"purpose": "marketing", "state": "yes", "source": "contacts file c.csv", "text_version": "",
         "decided_at": "2026-11-01T10:00:00Z"},
    ]  # fmt: skip
    assert (await consents(database, "+33639981218"))[0]["decided_at"] == "2026-11-01T23:00:00Z"


async def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    rows = (HEADER, "+33639981217,Inès,fr,,yes,2026-11-01,vip", "+33639981217,Inès,fr,,yes,2026-11-01,vip")
    first = await imported(database, tmp_path / "c.csv", *rows)
    before = await found(database, subject="members")

    again = await imported(database, tmp_path / "c.csv", *rows)

    assert (first.new, first.updated, again.new, again.updated) == (1, 1, 0, 2)
    assert await found(database, subject="members") == before
    assert len(await consents(database, "+33639981217")) == 1


async def test_what_cannot_be_read_is_rejected_with_line_and_reason(
    database: Database, tmp_path: Path
) -> None:
    result = await imported(
        database, tmp_path / "c.csv", HEADER, ",Nobody,,,,,", "06 39 98 12 17,National,,,,,", "12,Short,,,,,",
        "+33639981217,Future,,,yes,2027-01-01,", "+33639981218,Maybe,,,maybe,2026-01-01,",
        "+33639981219,Zone,,Mars/Olympus,,,", "", "+33639981220,Good,,,,,", "+33639981221,Lind, Ana,fr,,,,vip",
    )  # fmt: skip

    assert (result.rows, result.new) == (8, 1)
    reasons = {line: reason for line, reason, _ in result.rejected}
    assert sorted(reasons) == [2, 3, 4, 5, 6, 7, 10]
    assert "8 cells stand under 7 columns" in reasons[10]
    assert "--region" in reasons[3]
    assert "future" in reasons[5]
    assert "yes, no, stop" in reasons[6]


async def test_a_region_reads_national_numbers(database: Database, tmp_path: Path) -> None:
    result = await imported(database, tmp_path / "c.csv", "name;phone", "Inès;06 39 98 12 17", region="FR")

    assert result.rejected == []
    assert [row["phone"] for row in await found(database, subject="members")] == ["+33639981217"]


async def test_a_stop_outranks_everything_and_is_never_erased(database: Database, tmp_path: Path) -> None:
    await imported(database, tmp_path / "a.csv", HEADER, "+33639981217,Inès,,,stop,2026-01-01,")

    await imported(database, tmp_path / "b.csv", HEADER, "+33639981217,Inès,,,yes,2026-11-01,")

    assert [row["state"] for row in await consents(database, "+33639981217")] == ["yes", "stop"]
    assert [row["marketing"] for row in await found(database, subject="members")] == ["stop"]


async def test_former_numbers_are_the_same_person(database: Database, tmp_path: Path) -> None:
    await imported(database, tmp_path / "a.csv", HEADER, "+33639981217,Inès,,,,,")

    result = await imported(
        database,
        tmp_path / "b.csv",
        "phone,name,former_phones,groups",
        "+33639981299,Inès B.,+33639981217,Mamans:admin;Club",
    )

    assert (result.new, result.updated) == (0, 1)
    rows = await found(database, subject="members")
    assert [(row["phone"], row["name"], row["groups"]) for row in rows] == [
        ("+33639981299", "Inès B.", ["Club", "Mamans"])
    ]


async def test_a_former_number_that_was_somebody_here_becomes_the_same_person(
    database: Database, tmp_path: Path
) -> None:
    await imported(
        database, tmp_path / "a.csv", HEADER, "+33639981217,Inès,,,stop,,", "+33639981299,Inès B.,,,,,"
    )

    result = await imported(
        database, tmp_path / "b.csv", "phone,name,former_phones", "+33639981299,Inès B.,+33639981217"
    )

    assert (result.new, result.updated, result.rejected) == (0, 1, [])
    rows = await found(database, subject="members")
    assert [(row["phone"], row["name"], row["marketing"]) for row in rows] == [
        ("+33639981299", "Inès B.", "stop")
    ]


async def test_a_spreadsheets_file_is_understood(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_bytes('\ufeffPhone;Name;Notes\r\n"+33639981217";"Inès ""la"" B.";"x;y"\r\n'.encode())

    result = await import_contacts(database, path, quiet(), region=None, zone=ZoneInfo("UTC"), now=NOW)

    assert (result.new, result.rejected) == (1, [])
    assert [row["name"] for row in await found(database, subject="members")] == ['Inès "la" B.']


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name,tel\nA,1\n", "no column called phone"),
        (b"phone,name\n+33639981217,In\xe8s\n", "not UTF-8 .line 2."),
    ],
)
async def test_what_is_no_contacts_file_is_refused(
    database: Database, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(content)

    with pytest.raises(Refused, match=sentence):
        await import_contacts(database, path, quiet(), region=None, zone=ZoneInfo("UTC"), now=NOW)


async def test_a_member_of_a_contacts_file_is_met_in_a_chat_by_number(
    database: Database, tmp_path: Path
) -> None:
    from tests.sync.imports import imported as import_chat
    from tests.sync.imports import written

    await imported(database, tmp_path / "c.csv", HEADER, "+33639981217,Inès,,,,,vip")

    await import_chat(database, written(tmp_path / "a.txt", "20/11/2026, 09:00 - +33 6 39 98 12 17: bonjour"))

    assert [row["text"] for row in await found(database, "tag:vip")] == ["bonjour"]
    assert (
        iso(await database.read(lambda tx: tx.value("SELECT joined_at FROM membership")))
        == "2026-11-20T09:00:00Z"
    )


async def test_a_fact_told_under_both_numbers_of_a_person_is_one_whatever_came_first(
    database: Database, tmp_path: Path
) -> None:
    def tell(tx: Transaction) -> list[int]:
        ids = [store.member_named(tx, phone).id for phone in ("+33639981217", "+33639981299")]
        return [
            store_facts.add_clicks(tx, [(one, NOW, "c", "p", "", NOW, 0) for one in ids]),
            store_facts.add_carts(tx, [(one, NOW, "open", NOW, 0) for one in ids]),
            pushed.add_pushes(tx, [pushed.PushRow(one, NOW, "marketing", NOW, 0) for one in ids]),
            said.add_said(tx, [said.SaidRow(one, NOW, None, NOW, 0) for one in ids]),
        ]

    def kept(tx: Transaction) -> list[int]:
        tables = ("click", "cart", "elsewhere_push", "elsewhere_message")
        return [tx.value(f"SELECT count(*) FROM {table}") for table in tables]

    await imported(
        database, tmp_path / "a.csv", HEADER, "+33639981217,Inès,,,,,", "+33639981299,Inès B.,,,,,"
    )
    assert await database.write(tell) == [2, 2, 2, 2]
    await imported(
        database, tmp_path / "b.csv", "phone,name,former_phones", "+33639981299,Inès B.,+33639981217"
    )

    assert await database.read(kept) == [1, 1, 1, 1]
    assert await database.write(tell) == [0, 0, 0, 0]
