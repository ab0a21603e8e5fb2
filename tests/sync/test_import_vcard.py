"""What importing a phone's vCards leaves in the ledger."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.sync.imports import found, quiet
from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.members import store
from waconsole.sync.intake_contacts import ContactsImported, import_contacts
from waconsole.sync.vcard_people import people


def card(*lines: str, version: str = "3.0") -> str:
    """One card with these lines between its ends, as a phone writes them."""
    return "".join(f"{line}\r\n" for line in ("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD"))


async def imported(
    database: Database, path: Path, content: str | bytes, *, region: str | None = None
) -> ContactsImported:
    """Import a file of this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return await import_contacts(database, path, quiet(), region=region, zone=ZoneInfo("UTC"), now=NOW)


async def members(database: Database) -> list[tuple[str, str]]:
    """(phone, name) of every member."""
    return [(row["phone"], row["name"]) for row in await found(database, subject="members")]


async def phones(database: Database, phone: str) -> list[object]:
    """Every number of the member with a number."""
    rows: list[dict[str, Any]] = await database.read(
        lambda tx: store.aliases(tx, store.member_named(tx, phone).id)
    )
    return sorted(row["value"] for row in rows if row["kind"] == "phone")


async def test_an_android_phones_cards_become_members(database: Database, tmp_path: Path) -> None:
    content = card(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=42=61=72;=49=6E=C3=A8=73;;;",
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=49=6E=C3=A8=73=20=",
        "=42=61=72",
        "TEL;CELL;PREF:+33 6 39 98 12 17",
        "PHOTO;ENCODING=BASE64;JPEG:" + "QUJD" * 15,
        *(" " + "QUJD" * 15 for _ in range(3)),
        "",
        version="2.1",
    ) + card("N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:M=FCller;J=F6rg", "TEL;CELL:+4917012345678", version="2.1")  # fmt: skip

    result = await imported(database, tmp_path / "contacts.vcf", content)

    assert (result.rows, result.new, result.rejected) == (2, 2, [])
    assert sorted(await members(database)) == [
        ("+33639981217", "Inès Bar"),
        ("+4917012345678", "Jörg Müller"),
    ]


async def test_an_iphones_card_gives_tags_but_never_consent(database: Database, tmp_path: Path) -> None:
    content = card(
        "PRODID:-//Apple Inc.//iPhone OS 18.1//EN",
        "N:Bar;Inès;;;",
        "FN:Inès\\, la vraie ",
        " Bar",
        "item1.TEL;waid=33639981217:+33 6 39 98 12 17",
        "item1.X-ABLabel:WhatsApp",
        "item2.TEL;type=pref:+33 1 42 34 56 78",
        "item2.X-ABLabel:_$!<Home>!$_",
        "CATEGORIES:vip,mère\\, deux,myContacts",
        "NOTE:marketing: yes",
        "TZ:Europe/Paris",
        "PHOTO;ENCODING=b;TYPE=JPEG:" + base64.b64encode(b"\xff\xd8" * 40).decode(),
    )

    result = await imported(database, tmp_path / "contacts.vcf", content)

    assert (result.new, result.rejected) == (1, [])
    row = (await found(database, subject="members"))[0]
    assert (row["phone"], row["name"]) == ("+33639981217", "Inès, la vraie Bar")
    assert row["tags"] == ["mère, deux", "vip"]
    member = await database.read(lambda tx: store.member_named(tx, "+33639981217"))
    assert member.timezone == "Europe/Paris"
    assert await database.read(lambda tx: store.consents(tx, member.id)) == []


async def test_a_card_of_version_four_is_read(database: Database, tmp_path: Path) -> None:
    content = card(
        'TEL;VALUE=uri;TYPE="voice,work";PREF=1:tel:+33-1-42-34-56-78',
        "TEL;VALUE=uri;TYPE=cell;PREF=2:tel:+33-6-39-98-12-17;ext=4",
        "TEL;TYPE=cell:+33 6 39 98 12 18,,99",
        "FN:Ana",
        "LANG;PREF=2:fr",
        "LANG;PREF=1:pt-BR",
        "TZ:-0300",
        version="4.0",
    )

    result = await imported(database, tmp_path / "contacts.vcf", content)

    assert result.rejected == []
    assert await members(database) == [("+33639981217", "Ana")]
    assert await phones(database, "+33639981217") == ["+33639981217", "+33639981218"]
    member = await database.read(lambda tx: store.member_named(tx, "+33639981217"))
    assert (member.language, member.timezone) == ("pt-BR", "")


@pytest.mark.parametrize(
    ("lines", "phone", "also"),
    [
        (["TEL;HOME:+33142345678", "TEL;CELL:+33639981217"], "+33639981217", ()),
        (["TEL;CELL:+33639981218", "TEL;CELL;PREF:+33639981217"], "+33639981217", ("+33639981218",)),
        (["TEL;WORK:+33142345678", "TEL;PREF:+33142345679"], "+33142345679", ()),
        (["TEL;FAX:+33142345678", "TEL:+33639981217"], "+33639981217", ()),
        (["TEL;CELL:+33639981218", "TEL;waid=33639981217:06 39 98 12 17"], "+33639981217", ("+33639981218",)),
        (["TEL;CELL:*121#", "TEL;HOME:+33142345678"], "+33142345678", ()),
        (["TEL;CELL:+33639981217", "TEL;TYPE=CELL:+33 6 39 98 12 17"], "+33639981217", ()),
    ],
)
def test_the_number_is_the_one_that_answers_on_whatsapp(
    tmp_path: Path, lines: list[str], phone: str, also: tuple[str, ...]
) -> None:
    path = tmp_path / "c.vcf"
    path.write_text(card("FN:Ana", *lines))

    (person,) = people(path, None)

    assert (person.phone, person.also, person.fault) == (phone, also, "")


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:", "N:Bar;Inès;Marie;Dr.;PhD"], "Dr. Inès Marie Bar PhD"),
        (["N:王;小明;;;"], "王小明"),
        (["N:Bar"], "Bar"),
        (["ORG:Club\\; Lyon;Sud"], "Club; Lyon Sud"),
        (["NICKNAME:Nès", "ORG:Club"], "Nès"),
        (["FN:A;B\\nC"], "A;B C"),
        ([], ""),
    ],
)
def test_a_name_is_put_together_when_the_card_says_none(tmp_path: Path, lines: list[str], name: str) -> None:
    path = tmp_path / "c.vcf"
    path.write_text(card(*lines, "TEL:+33639981217"))

    (person,) = people(path, None)

    assert dict(person.cells)["name"] == name


async def test_what_cannot_be_read_is_rejected_with_line_and_reason(
    database: Database, tmp_path: Path
) -> None:
    content = b"".join(
        (
            card("FN:Mail only", "EMAIL:a@example.org").encode(),  # 1
            card("FN:Taxi", "TEL;CELL:06 39 98 12 17").encode(),  # 6
            b"BEGIN:VCARD\r\nFN:Cut off\r\nTEL:+33639981217\r\n",  # 11
            card("FN:In\xe8s").encode("latin-1").replace(b"END", b"TEL:+33639981218\r\nEND"),  # 14
            card("FN;CHARSET=zlib:x", "TEL:+33639981219").encode(),  # 19
            card("FN:Good", "no colon on this line", "TEL:+33639981220").encode(),
            card("FN:Fax", "TEL;FAX:+33142345678").encode(),  # 30
        )
    )

    result = await imported(database, tmp_path / "c.vcf", content)

    assert (result.rows, result.new) == (7, 1)
    assert [(line, reason) for line, reason, _raw in result.rejected] == [
        (1, "no phone"),
        (6, "phone '06 39 98 12 17' cannot be read; a national number needs --region"),
        (11, "the card has no END:VCARD"),
        (14, "FN is not UTF-8, and names no charset"),
        (19, "FN names 'zlib', a charset nobody knows here"),
        (30, "no phone"),
    ]


async def test_a_region_reads_national_numbers(database: Database, tmp_path: Path) -> None:
    result = await imported(database, tmp_path / "c.vcf", card("FN:A", "TEL;CELL:0639981217"), region="FR")

    assert result.rejected == []
    assert await members(database) == [("+33639981217", "A")]


async def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    content = card("FN:A", "TEL;CELL:+33639981217", "TEL;CELL:+33639981218")
    await imported(database, tmp_path / "c.vcf", content)
    before = await found(database, subject="members")

    again = await imported(database, tmp_path / "c.vcf", content)

    assert (again.new, again.updated) == (0, 1)
    assert await found(database, subject="members") == before


async def test_a_second_mobile_never_takes_the_place_of_the_number_known(
    database: Database, tmp_path: Path
) -> None:
    await imported(database, tmp_path / "a.vcf", card("FN:A", "TEL;CELL;PREF:+33639981217"))

    await imported(
        database, tmp_path / "b.vcf", card("FN:A", "TEL;CELL;PREF:+33639981217", "TEL;CELL:+33639981218")
    )

    assert await members(database) == [("+33639981217", "A")]
    assert await phones(database, "+33639981218") == ["+33639981217", "+33639981218"]


async def test_a_mobile_that_is_somebody_elses_stays_theirs(database: Database, tmp_path: Path) -> None:
    content = card("FN:A", "TEL;CELL:+33639981217") + card("FN:B", "TEL;CELL:+33639981218")
    await imported(database, tmp_path / "a.vcf", content)

    both = card("FN:A", "TEL;CELL;PREF:+33639981217", "TEL;CELL:+33639981218")
    result = await imported(database, tmp_path / "b.vcf", both)

    assert (result.updated, result.rejected) == (1, [])
    assert await phones(database, "+33639981217") == ["+33639981217"]


async def test_an_agents_card_within_a_card_is_nobody(database: Database, tmp_path: Path) -> None:
    agent = card("FN:Agent", "TEL:+33639981299", version="2.1")
    content = card("FN:A", "AGENT:\r\n" + agent.rstrip(), "TEL;CELL:+33639981217", version="2.1")

    result = await imported(database, tmp_path / "c.vcf", content)

    assert (result.rows, result.rejected) == (1, [])
    assert await members(database) == [("+33639981217", "A")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_file_with_another_name_or_encoding_is_known_by_its_first_word(
    database: Database, tmp_path: Path, encoding: str
) -> None:
    content = card("FN:Inès 王", "TEL;CELL:+33639981217").encode(encoding)

    await imported(database, tmp_path / "contacts.txt", content)

    assert await members(database) == [("+33639981217", "Inès 王")]


@pytest.mark.parametrize("content", [b"", b"phone,name\n+33639981217,A\n", b"\x00\x01\x02" * 50])
async def test_what_holds_no_card_is_refused(database: Database, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refused, match="holds no card"):
        await imported(database, tmp_path / "c.vcf", content)


async def test_hundreds_of_cards_with_pictures_are_read_at_once(database: Database, tmp_path: Path) -> None:
    picture = [" " + "QUJD" * 18 for _ in range(400)]
    content = "".join(
        card(
            f"FN:Member {number}",
            f"TEL;TYPE=CELL:+336399{number:05}",
            "PHOTO;ENCODING=b;TYPE=JPEG:QUJD",
            *picture,
        )
        for number in range(300)
    )
    began = time.perf_counter()

    result = await imported(database, tmp_path / "c.vcf", content)

    assert (result.rows, result.new, result.rejected) == (300, 300, [])
    assert time.perf_counter() - began < 10
