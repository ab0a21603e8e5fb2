"""After `erase`: nothing of the person in any byte of the ledger, the books whole, the others as they were."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.erasing import person
from tests.erasing.person import IDENTIFIERS, OWNER, PHOTO, SHARED, WAMID, WORDS, ZED, Scene
from tests.sync.imports import found
from tests.sync.webhooks import BO, body, take_in, text
from waconsole import catalogue
from waconsole.clock import MINUTE
from waconsole.database import rewriting
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger.service_verify import verify
from waconsole.members import store_erased
from waconsole.members.store import consent_in_force, ensure_member, member_named
from waconsole.operators import store_erasing as operators
from waconsole.segments import service_asking
from waconsole.sync import process, receive_again, service_erasing
from waconsole.sync.service_erasing import Outcome


@pytest.fixture(scope="module")
def erased(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Outcome]:
    """A copy in which they were erased, and what the command answered."""
    copy = copied(scene, tmp_path_factory.mktemp("erased"))

    async def work() -> Outcome:
        async with catalogue.open_ledger(copy.path, now=NOW) as database:
            outcome = await service_erasing.erase(database, f"+{ZED}", operator=OWNER, now=NOW)
            assert told(copy.path) == []  # while it is still open, nothing more needs to be said
            return outcome

    return copy, asyncio.run(work())


def copied(scene: Scene, folder: Path) -> Scene:
    """The same ledger in another folder."""
    shutil.copytree(scene.path.parent, folder, dirs_exist_ok=True)
    return Scene(folder / scene.path.name, scene.ref, scene.merged, scene.before)


def opened(scene: Scene) -> Any:
    """The ledger of a scene. A copy at home elsewhere is the same for what is tested here."""
    return catalogue.open_ledger(scene.path, now=NOW)


def told(path: Path) -> list[str]:
    """Which of their identifiers and words stand in any file of the ledger."""
    return [word for word in (*IDENTIFIERS, *WORDS) if person.find_bytes(path, word)]


def test_every_word_stands_in_the_ledger_before(scene: Scene) -> None:
    assert told(scene.path) == [*IDENTIFIERS, *WORDS]


def test_no_word_stands_in_any_file_of_the_ledger_after(erased: tuple[Scene, Outcome]) -> None:
    assert told(erased[0].path) == []


async def test_what_is_counted_and_booked_stays_and_verifies(erased: tuple[Scene, Outcome]) -> None:
    scene, outcome = erased
    async with opened(scene) as database:
        after = await database.read(person.counted)
        await database.read(lambda tx: verify(tx, catalogue.sealed()))
        checks = await database.read(lambda tx: tx.rows("PRAGMA integrity_check"))

    assert {**after, "poll_vote": 2} == scene.before  # the votes of their own poll had its options as words
    assert outcome.ref == scene.ref
    assert [row[0] for row in checks] == ["ok"]


async def test_what_was_not_reached_is_told(erased: tuple[Scene, Outcome]) -> None:
    left = {left["what"]: left["count"] for left in erased[1].not_reached}

    assert left == {"messages": 1, "files": 1, "unnoted files": 1, "WhatsApp": 1}
    assert [row["balance_minor"] for row in erased[1].owed] == [500]
    assert not erased[1].pending


async def test_only_their_own_files_are_gone(erased: tuple[Scene, Outcome]) -> None:
    assert erased[1].files == 1
    assert person.copies(erased[0].path) == {person.sha256(SHARED)}
    assert person.sha256(PHOTO) != person.sha256(SHARED)


async def test_rules_say_the_pseudonym_and_still_can_be_asked(erased: tuple[Scene, Outcome]) -> None:
    def rules(tx: Transaction) -> list[str]:
        said = tx.rows("SELECT rule FROM tag_rule UNION ALL SELECT rule FROM segment_version ORDER BY 1")
        for row in said:
            service_asking.read(tx, row["rule"], service_asking.Asking(catalogue.vocabulary(), NOW))
        with pytest.raises(sqlite3.IntegrityError, match="never changes"):
            tx.execute("UPDATE tag_rule SET rule = 'tag:vip'")
        sent = "SELECT s.ref FROM segment_send AS s JOIN outgoing_batch AS b ON b.ref = s.ref JOIN outgoing AS o ON o.campaign = s.ref"
        assert {row["ref"] for row in tx.rows(sent)} == {f"Round {erased[0].ref}-promo"}
        return [row["rule"] for row in said]

    async with opened(erased[0]) as database:
        assert await database.write(rules) == [f'not from:"{erased[0].ref}"', f"not from:{erased[0].ref}"]


async def test_others_are_found_by_their_words_and_they_by_none(erased: tuple[Scene, Outcome]) -> None:
    async with opened(erased[0]) as database:
        assert [row["text"] for row in await found(database, "hello Bo")] == ["hello from Bo"]
        assert await found(database, "lollygag") == []
        rows = await found(database, f"from:{erased[0].ref}")

    assert rows and {row["text"] for row in rows} == {""}


async def test_the_rest_of_a_body_is_still_there_and_is_tried_again(erased: tuple[Scene, Outcome]) -> None:
    async with opened(erased[0]) as database:
        bodies = await database.read(lambda tx: [row["body"] for row in tx.rows("SELECT body FROM inbound")])
        ids = await database.read(lambda tx: receive_again.bodies_since(tx, 0))
        done = await process.replay(database, ids, clock=lambda: NOW)

    assert any(b"hello from Bo" in one for one in bodies)
    assert (done.processed, done.quarantined) == (0, 0)


async def test_a_message_told_again_is_nothing_new(erased: tuple[Scene, Outcome], tmp_path: Path) -> None:
    copy = copied(erased[0], tmp_path)
    async with opened(copy) as database:
        again = body(messages=[text(WAMID, "lollygag?", sender=ZED)], names=[(ZED, "Again")])
        done = await take_in(database, again, now=NOW + MINUTE)
        people = await database.read(lambda tx: tx.value("SELECT count(*) FROM member"))

    assert done.processed == 0
    assert people == copy.before["member"]


async def test_who_comes_back_is_somebody_new_and_their_stop_stands(
    erased: tuple[Scene, Outcome], tmp_path: Path
) -> None:
    copy = copied(erased[0], tmp_path)

    def meet(tx: Transaction) -> tuple[str, str | None]:
        member_id = ensure_member(tx, phone=f"+{ZED}", origin="live", now=NOW, seen_at=NOW)
        return member_named(tx, f"+{ZED}").ref, consent_in_force(tx, member_id)

    async with opened(copy) as database:
        ref, state = await database.write(meet)
        assert await database.read(store_erased.keys_missing) == []

    assert ref != copy.ref
    assert state == "stop"


async def test_whom_nobody_knows_or_who_is_erased_is_refused(erased: tuple[Scene, Outcome]) -> None:
    async with opened(erased[0]) as database:
        with pytest.raises(Refused, match="nothing is left to erase"):
            await service_erasing.erase(database, erased[0].ref, operator=OWNER, now=NOW)
        with pytest.raises(NotFound):
            await service_erasing.erase(database, f"+{ZED}", operator=OWNER, now=NOW)


async def test_only_an_owner_who_is_named_erases(scene: Scene, tmp_path: Path) -> None:
    copy = copied(scene, tmp_path)
    async with opened(copy) as database:
        await database.write(lambda tx: person.owner(tx, "Mo", "moderator"))
        for name in (None, "Mo"):
            with pytest.raises(Refused):
                await service_erasing.erase(database, f"+{BO}", operator=name, now=NOW)
        assert await database.read(operators.undone) == {}


async def test_a_dry_run_tells_the_same_and_changes_nothing(
    scene: Scene, erased: tuple[Scene, Outcome], tmp_path: Path
) -> None:
    copy = copied(scene, tmp_path)
    async with opened(copy) as database:
        tried = await service_erasing.erase(database, f"+{ZED}", operator=OWNER, now=NOW, dry_run=True)
        acts = await database.read(lambda tx: tx.value("SELECT count(*) FROM act WHERE verb = 'erase'"))

    assert tried == erased[1]
    assert acts == 0
    assert person.find_bytes(copy.path, WORDS[0])


async def test_a_merged_row_names_the_whole_person(scene: Scene, tmp_path: Path) -> None:
    copy = copied(scene, tmp_path)
    async with opened(copy) as database:
        outcome = await service_erasing.erase(database, person.ZED_HOME, operator=OWNER, now=NOW)

    assert outcome.ref == scene.ref


async def test_the_act_log_is_closed_but_while_somebody_is_erased(erased: tuple[Scene, Outcome]) -> None:
    for sql in (
        "UPDATE act SET before = '{}', after = '{}', salt = NULL, words_hash = zeroblob(32) WHERE id = 1",
        "UPDATE erasure SET state = 'open'",
        "INSERT INTO erasure (member_id, operator_id, state, erased_at) VALUES (1, 1, 'open', 0)",
        "DELETE FROM erasure",
        "UPDATE outgoing SET text = 'other'",
    ):
        async with opened(erased[0]) as database:
            with pytest.raises(Refused):
                await database.write(lambda tx, sql=sql: tx.execute(sql))


async def test_who_reads_on_keeps_the_log_and_the_next_to_open_goes_on(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "CUT_WAIT_MILLISECONDS", 20)
    copy = copied(scene, tmp_path)
    async with opened(copy) as database:
        reader = sqlite3.connect(copy.path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        outcome = await service_erasing.erase(database, f"+{ZED}", operator=OWNER, now=NOW)
        waiting = await database.read(operators.undone)
        reader.close()
    async with opened(copy) as database:
        left = await database.read(operators.undone)

    assert outcome.pending == service_erasing.READ
    assert waiting
    assert left == {}
    assert told(copy.path) == []


async def test_another_console_reads_and_writes_on(scene: Scene, tmp_path: Path) -> None:
    copy = copied(scene, tmp_path)

    def write(tx: Transaction) -> None:
        person.owner(tx, "Mo", "moderator")

    async with opened(copy) as database, opened(copy) as other:
        assert isinstance(other, Database)
        await other.read(lambda tx: tx.value("SELECT count(*) FROM message"))
        outcome = await service_erasing.erase(database, f"+{ZED}", operator=OWNER, now=NOW)
        await other.write(write)
        rows = await found(other, "hello Bo")

    assert not outcome.pending
    assert len(rows) == 1
