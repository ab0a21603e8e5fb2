"""`erase` and `members export` as they are typed, and what an import brings back."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Said, Say, say
from tests.conftest import NOW
from tests.erasing import person
from tests.erasing.person import IDENTIFIERS, OWNER, ZED, Scene
from tests.sync.imports import found, quiet
from waconsole import catalogue
from waconsole.command import Invocation
from waconsole.errors import Refused, Undone
from waconsole.members import service as members
from waconsole.members.store import member_named
from waconsole.settings import Settings
from waconsole.sync import commands_erasing, handing_over, service_erasing
from waconsole.sync.intake_shop import ShopImport, import_shop

__all__ = ["say"]

ANAS = "words of Ana alone"
ORDERS = (
    "reference,phone,ordered_at,currency,total,category,product,quantity,unit_price\n"
    "A1,+15550001234,2026-11-01T10:00:00Z,EUR,25.00,shoes,boot,1,25.00\n"
    "A9,+15550001234,2026-11-20T10:00:00Z,EUR,5.00,shoes,lace,1,5.00\n"
)


@pytest.fixture
def community(say: Say, tmp_path: Path) -> Iterator[Say]:
    """A ledger with an owner and a buyer."""
    say("operators", "add", "Ana", "--role", "owner", handed=[ANAS])
    orders = tmp_path / "orders.csv"
    orders.write_text(ORDERS.partition("A9")[0])
    assert say("import", "orders", str(orders)).code == 0
    yield say


def erased(say: Say, *more: str) -> Said:
    """The buyer is erased by Ana."""
    return say("erase", "+15550001234", "--as", "Ana", "--json", *more, handed=[ANAS])


def test_erase_answers_with_rows_files_and_what_it_did_not_reach(community: Say) -> None:
    dry, done, again = erased(community, "--dry-run"), erased(community), erased(community)

    assert (dry.code, done.code, again.code) == (0, 0, 1)
    assert {"erased", "rows", "files", "not_reached"} <= done.document.keys()
    assert dry.document == {**done.document, "dry_run": True}
    assert community("verify", "--json").document["ok"]
    assert community("doctor", "--json").document["ok"]


def test_erase_needs_an_owner_who_proves_it(community: Say) -> None:
    assert community("erase", "+15550001234").code == 1
    assert community("erase", "+15550001234", "--as", "Ana").code == 1
    assert community("erase", "+19995550000", "--as", "Ana", handed=[ANAS]).code == 1
    assert community("members", "show", "+15550001234").code == 0


def test_an_imported_file_brings_back_somebody_new(community: Say, tmp_path: Path) -> None:
    ref = erased(community).document["erased"]
    orders = tmp_path / "again.csv"
    orders.write_text(ORDERS)

    done = community("import", "orders", str(orders), "--json").document
    rows = {row["reference"]: row["member"] for row in community("orders", "list", "--json").document["rows"]}

    assert (done["new"], done["unchanged"] + len(done["rejected"])) == (1, 1)
    assert rows["A1"] == ref
    assert rows["A9"] != ref


def test_an_export_is_noted_and_told_when_they_are_erased(community: Say, tmp_path: Path) -> None:
    file = tmp_path / "hers.json"
    assert community("members", "export", "+15550001234", "--out", str(file)).code == 0
    assert community("members", "export", "+15550001234", "--out", str(file)).code == 1

    told = {left["what"]: left["refs"] for left in erased(community).document["not_reached"]}

    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["orders"][0]["reference"] == "A1"
    assert [row["kind"] for row in told["exports"]] == ["members"]


async def test_what_is_handed_over_is_all_of_theirs_and_nothing_of_others(scene: Scene) -> None:
    async with catalogue.open_ledger(scene.path, now=NOW) as database:
        whole = await database.stream(lambda tx: handing_over.document(tx, f"+{ZED}", now=NOW))
    text = json.dumps(whole, ensure_ascii=False)

    # What was never theirs to see or is no message: rejected lines, bodies nobody could read, what an edit replaced, a
    # draft of ours, the bytes of a file.
    kept_back = {
        "gardyloo",
        "collywobbles",
        "malarkey",
        "skedaddle",
        "hullabaloo",
        "lollygag",
        "nincompoop",
        "sesquipedalian",
    }
    missing = {word for word in (*IDENTIFIERS, *person.WORDS) if word.lower() not in text.lower()}
    assert missing == kept_back
    assert "hello from Bo" not in text
    assert all(
        whole[part] for part in ("consent", "messages", "orders", "clicks", "memberships", "ledger", "acts")
    )


def test_a_table_of_it_holds_no_formula() -> None:
    rows = csv.reader(handing_over.csv_text({"notes": [{"text": "=1+1", "written_at": "2026"}]}).splitlines())

    assert list(rows)[1:] == [["notes", "2026", "text", "'=1+1"], ["notes", "2026", "written_at", "2026"]]


async def test_an_act_on_somebody_erased_is_not_undone(scene: Scene, tmp_path: Path) -> None:
    async with catalogue.open_ledger(tmp_path / "ledger.db", now=NOW) as database:
        await database.write(person.owner)
        await database.write(lambda tx: person.owner(tx, "Mo", "moderator"))
        file = tmp_path / "orders.csv"
        file.write_text(ORDERS)
        await import_shop(database, ShopImport("orders", file, ZoneInfo("UTC")), quiet(), now=NOW)
        member = await database.read(lambda tx: member_named(tx, f"+{ZED}"))
        await members.tag(database, [member.id], "vip", True, operator="Mo", now=NOW)
        await service_erasing.erase(database, member.ref, operator=OWNER, now=NOW)
        with pytest.raises(Undone, match="erased since"):
            await catalogue.undo(database, operator="Mo", now=NOW)
        with pytest.raises(Refused):
            await database.read(lambda tx: handing_over.document(tx, member.ref, now=NOW))
        assert await found(database, "vip", subject="members") == []


class Terminal(io.StringIO):
    """A terminal on which something is typed."""

    def isatty(self) -> bool:
        """It is one."""
        return True


async def test_on_a_terminal_the_ref_is_to_be_typed(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(scene.path.parent, tmp_path, dirs_exist_ok=True)
    said: list[str] = []
    call = Invocation(
        values={"member": f"+{ZED}", "yes": False, "dry_run": False}, now=NOW, operator=OWNER, settings=Settings(),
        say=said.append, progress=lambda *_: None, cancelled=lambda: False,
    )  # fmt: skip
    erase = commands_erasing.COMMANDS[0].work
    monkeypatch.setattr(sys, "stderr", Terminal())
    async with catalogue.open_ledger(tmp_path / scene.path.name, now=NOW) as database:
        monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
        with pytest.raises(Refused, match="Nothing was erased"):
            await erase(database, call)
        monkeypatch.setattr(sys, "stdin", Terminal(f"{scene.ref}\n"))
        answer = await erase(database, call)

    assert answer.document["erased"] == scene.ref
    assert any("5.00" in line and "nobody can be paid" in line for line in said)
