"""What importing a chat export leaves in the ledger, and what importing again adds."""

from __future__ import annotations

import zipfile
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.sync.imports import HEAD, found, imported, texts, written
from waconsole import catalogue
from waconsole.clock import DAY, iso, parse_iso
from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.database.engine import connect
from waconsole.errors import Refused, Transient
from waconsole.groups import store as groups
from waconsole.inbox import store_list
from waconsole.sync import chat_reader, chat_rows, intake_chat, sweep

# A process for each test takes long; test_chat_reader sees every day that it reads what a thread reads.
APART = pytest.param("in a process of its own", marks=pytest.mark.slow)


@pytest.fixture(autouse=True, params=["on a thread", APART])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test holds wherever the file is read."""
    monkeypatch.setattr(chat_reader, "APART_FROM_BYTES", 1 << 60 if request.param == "on a thread" else 0)


CHAT = (
    HEAD,
    '20/11/2026, 08:01 - Paula created group "Mamans"',
    "20/11/2026, 09:12 - Inès: Quelqu'un a essayé la taille 2 ?",
    "20/11/2026, 09:14 - +33 6 39 98 12 17: oui",
    "et elle taille petit",
    "20/11/2026, 09:20 - Inès: Et c'est quand le prochain arrivage ?",
    "20/11/2026, 09:21 - Paula: jeudi",
)


async def test_a_file_becomes_messages_people_and_notices(database: Database, tmp_path: Path) -> None:
    result = await imported(database, written(tmp_path / "chat.txt", *CHAT), me="Paula")

    assert (result.totals.messages, result.totals.new, result.totals.system, result.members) == (4, 4, 2, 3)
    assert iso(result.totals.first_at or 0) == "2026-11-20T08:00:00Z"
    rows = await found(database)
    assert [(row["from"], row["direction"]) for row in rows] == [
        ("Paula", "out"), ("Inès", "in"), ("+33639981217", "in"), ("Inès", "in"),
    ]  # fmt: skip
    assert rows[2]["text"] == "oui\net elle taille petit"
    assert [row["kind"] for row in await found(database, "kind:system")] == ["system", "system"]


async def test_the_same_file_again_adds_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "chat.txt", *CHAT, CHAT[-1])
    await imported(database, path, me="Paula")
    before = await found(database)

    again = await imported(database, path, me="Paula")

    assert again.totals.new == 0
    assert again.totals.messages == 5
    assert await found(database) == before


async def test_a_longer_file_adds_only_what_is_new(database: Database, tmp_path: Path) -> None:
    await imported(database, written(tmp_path / "short.txt", *CHAT))
    longer = written(
        tmp_path / "long.txt", *CHAT, "20/11/2026, 09:21 - Inès: merci", "21/11/2026, 10:00 - Inès: top"
    )

    result = await imported(database, longer)

    assert result.totals.new == 2
    assert (await texts(database))[:3] == ["top", "merci", "jeudi"]


async def test_an_overlap_keeps_the_larger_of_two_counts(database: Database, tmp_path: Path) -> None:
    line = "20/11/2026, 09:21 - Inès: oui"
    await imported(database, written(tmp_path / "two.txt", HEAD, line, line))
    assert (await imported(database, written(tmp_path / "one.txt", HEAD, line))).totals.new == 0
    assert (await imported(database, written(tmp_path / "three.txt", HEAD, line, line, line))).totals.new == 1
    assert await texts(database) == ["oui", "oui", "oui"]


async def test_a_count_holds_across_parts_and_chunks(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_rows, "PART_LINES", 2)
    line = "20/11/2026, 09:21 - Inès: oui"
    await imported(database, written(tmp_path / "a.txt", *[line] * 5))

    result = await imported(database, written(tmp_path / "b.txt", *[line] * 9))

    assert result.totals.new == 4
    assert len(await texts(database)) == 9


async def test_an_edited_or_deleted_line_is_a_new_message(database: Database, tmp_path: Path) -> None:
    await imported(
        database,
        written(
            tmp_path / "a.txt", HEAD, "20/11/2026, 09:00 - Inès: taille 2", "20/11/2026, 09:01 - Inès: non"
        ),
    )
    changed = written(
        tmp_path / "b.txt", HEAD, "20/11/2026, 09:00 - Inès: taille 3 <This message was edited>",
        "20/11/2026, 09:01 - Inès: This message was deleted",
    )  # fmt: skip

    result = await imported(database, changed)

    assert result.totals.new == 2
    rows = {(row["kind"], row["text"], row["edited"]) for row in await found(database)}
    assert rows == {
        ("text", "taille 2", False), ("text", "non", False), ("text", "taille 3", True), ("deleted", "", False),
    }  # fmt: skip


async def test_a_line_without_a_place_is_told_with_its_number(database: Database, tmp_path: Path) -> None:
    result = await imported(
        database, written(tmp_path / "a.txt", "stray", *CHAT, "20/11/2026, 09:22 - zorp blip")
    )

    assert result.unplaced == [(1, "stray"), (9, "20/11/2026, 09:22 - zorp blip")]


async def test_only_fourteen_days_are_unread_and_owed(database: Database, tmp_path: Path) -> None:
    edge = NOW - 14 * DAY
    lines = [
        f"{_head(at)} - Inès: c'est combien la taille {number} ?"
        for number, at in enumerate((edge - 60_000_000, edge, NOW - DAY))
    ]

    await imported(database, written(tmp_path / "a.txt", *lines))

    assert [row["text"][-3] for row in await found(database, "is:unread")] == ["2", "1"]
    assert [row["text"][-3] for row in await found(database, "-is:unread")] == ["0"]
    items = await found(database, subject="items")
    assert [item["owed_until"] for item in items] == [iso(NOW), iso(edge + DAY)]
    row = store_list.first_page(database.pages(), "1 = 1", {}, now=NOW)[0]
    assert (row.unread, row.owed, row.owed_until, row.driver) == (2, 2, edge + DAY, "human")


def _head(at: int) -> str:
    stamp = iso(at)
    return f"{stamp[8:10]}/{stamp[5:7]}/{stamp[:4]}, {stamp[11:16]}"


async def test_stays_in_the_group_are_dated(database: Database, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.txt", HEAD, "20/11/2026, 09:00 - Inès: bonjour", "20/11/2026, 10:00 - Ana joined using this group's invite link",
        "20/11/2026, 11:00 - Inès left", "20/11/2026, 12:00 - Ana: coucou",
    )  # fmt: skip

    await imported(database, path)

    def stays(tx: Transaction) -> list[tuple[str, str, str | None, str]]:
        rows = tx.rows(
            "SELECT m.name, s.joined_at, s.left_at, s.entry_channel FROM membership AS s JOIN member AS m ON m.id = s.member_id ORDER BY m.name"
        )
        return [(row[0], iso(row[1]), row[2] and iso(row[2]), row[3]) for row in rows]

    expected = [
        ("Ana", "2026-11-20T10:00:00Z", None, "link"),
        ("Inès", "2026-11-20T08:00:00Z", "2026-11-20T11:00:00Z", ""),
    ]
    assert await database.read(stays) == expected
    await imported(database, path)
    assert await database.read(stays) == expected


async def test_media_of_a_zip_are_copied_beside_the_ledger(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "chat.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "WhatsApp Chat with Mamans.txt",
            "20/11/2026, 09:00 - Inès: IMG-20261120-WA0001.jpg (file attached)\nla facture\n",
        )
        archive.writestr("IMG-20261120-WA0001.jpg", b"\xff\xd8picture")

    result = await imported(database, path)

    assert (result.totals.messages, result.totals.media) == (1, 1)
    copies = list((tmp_path / "ledger.db-media").iterdir())
    assert [copy.read_bytes() for copy in copies] == [b"\xff\xd8picture"]
    assert copies[0].stat().st_mode & 0o777 == 0o600
    assert (await found(database, "has:media"))[0]["text"] == "la facture"


async def test_a_dry_run_counts_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    await imported(database, written(tmp_path / "a.txt", *CHAT))
    longer = written(tmp_path / "b.txt", *CHAT, "21/11/2026, 10:00 - Neu: hallo", "stray system words")
    before = await found(database)

    result = await imported(database, longer, dry_run=True)
    other = await imported(database, longer, "Other group", dry_run=True)

    assert (result.totals.new, other.totals.new, result.members) == (1, 5, 4)
    assert await found(database) == before
    assert [group.name for group in await database.read(groups.groups)] == ["Mamans"]


async def test_an_undecidable_date_order_stores_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "03/04/2026, 09:00 - Inès: a", "05/06/2026, 09:00 - Inès: b")

    with pytest.raises(Refused, match="--date-order"):
        await imported(database, path)

    assert await database.read(groups.groups) == []
    assert (await imported(database, path, date_order="dmy")).totals.new == 2


class _Killed(BaseException):
    """Stands for kill -9: nothing after it runs in the importing process."""


async def _kill_midway(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch, chunks: int = 2
) -> None:
    written_chunks = 0
    write = chat_rows.write_chunk

    def dying(*arguments: object, **options: object) -> int:
        nonlocal written_chunks
        if written_chunks == chunks:
            raise _Killed
        written_chunks += 1
        return write(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(intake_chat, "write_chunk", dying)
        patch.setattr("waconsole.sync.intake_chat.CHUNK_LINES", 2)
        with pytest.raises(_Killed):
            await imported(database, path)


async def test_a_killed_import_shows_nothing_and_is_resumed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.txt", *CHAT)
    await _kill_midway(database, path, monkeypatch)
    assert await found(database) == []
    assert await database.read(groups.groups) == []
    assert await found(database, subject="members") == []
    assert len(await database.read(runs.open_runs)) == 1

    result = await imported(database, path)

    assert (result.totals.new, result.totals.messages) == (4, 4)
    assert len(await found(database)) == 4
    assert await database.read(runs.open_runs) == []


async def test_a_killed_import_can_be_swept_out(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path / "a.txt", HEAD, "19/11/2026, 09:00 - Inès: avant")
    await imported(database, first)
    kept = await found(database)
    await _kill_midway(database, written(tmp_path / "b.txt", *CHAT), monkeypatch)

    assert len(await sweep.sweep_dead_runs(database, now=NOW)) == 1

    assert await found(database) == kept
    leftovers = await database.read(lambda tx: tx.value("SELECT count(*) FROM message"))
    assert leftovers == 2
    assert await database.read(runs.open_runs) == []


async def test_another_file_takes_a_dead_run_out_first(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _kill_midway(database, written(tmp_path / "a.txt", *CHAT), monkeypatch)

    await imported(database, written(tmp_path / "b.txt", HEAD, "20/11/2026, 09:12 - Inès: seule"))

    assert await texts(database) == ["seule"]


async def test_stopping_an_import_says_how_to_go_on(database: Database, tmp_path: Path) -> None:
    wanted = intake_chat.ChatImport(written(tmp_path / "a.txt", *CHAT), "Mamans", ZoneInfo("UTC"))
    talk = intake_chat.Talk(lambda _: None, lambda _done, _of: None, lambda: True)

    with pytest.raises(Transient, match="import the same file again"):
        await intake_chat.import_chat(database, wanted, talk, now=NOW)

    assert await found(database) == []
    assert (await imported(database, wanted.path)).totals.new == 4


async def test_a_full_disk_leaves_nothing_half_written(ledger_path: Path, tmp_path: Path) -> None:
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        pass
    with closing(connect(ledger_path, read_only=False)) as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
    path = written(
        tmp_path / "a.txt",
        *(f"20/11/2026, 09:{minute:02} - Inès: {'mot ' * 400}{minute}" for minute in range(60)),
    )
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall())
        with pytest.raises(Refused, match="disk is full"):
            await imported(database, path)
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        assert await found(database) == []
        assert (await imported(database, path)).totals.new == 60


async def test_clocks_of_items_start_at_the_message(database: Database, tmp_path: Path) -> None:
    await imported(database, written(tmp_path / "a.txt", *CHAT))

    items = await found(database, "is:open", subject="items")

    asked = parse_iso("2026-11-20T09:20:00Z")
    assert items[0]["owed_until"] == iso(asked + DAY)
    assert items[0]["rule"]
