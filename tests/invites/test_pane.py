"""The invites pane on the screen: who brought whom, what it earns, and each act by its key."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import NOW as ASKED_AT
from tests.invites import asking
from tests.invites.pane_ledger import CAME, HELD, filled, flat, shown, staffed, turn_to
from tests.invites.rewarded import FRIENDS, NOW, REFERRER, invite, programme
from tests.invites.test_issuing import laid, limit
from tests.invites.test_proofs import picture
from tests.kit.screens import RAW_CONTROLS, screen_segments
from tests.policy.ledgers import OWNER
from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.invites.pane import InvitesPane
from waconsole.sync.proofs_arriving import catch_up_proofs
from waconsole.whatsapp.files import folder_of


async def test_a_programme_and_its_invites_are_told_beside_the_list_with_hidden_numbers(
    ledger_path: Path,
) -> None:
    async with shown(ledger_path) as shell:
        assert "Programmes 1 ▸ Invites 4 Held 1 Under way 1 Earned 1" in flat(shell)
        assert "each cashback 8.00 HKD people 1, given 1, held 1" in flat(shell)
        assert "held 1 28.00 HKD" in flat(shell) and "364.00 HKD of 400.00 HKD left" in flat(shell)

        await turn_to(shell, "held")
        assert "‖ held: return window, decided on from 08 Dec 2026" in flat(shell)
        assert HELD not in shell.text and REFERRER not in shell.text
        await shell.press("number_sign")
        assert HELD in shell.text

        await shell.press("number_sign")
        await turn_to(shell, "earned")
        assert "⟨202E⟩gpj.exe +852 •• •• •• 67" in shell.text
        assert all(RAW_CONTROLS.search(segment.text) is None for segment in screen_segments(shell.app))
        await shell.press("l")
        assert "comes from iv-" in flat(shell) and "budget:invites:pg-" in shell.text

        await shell.press("escape", "l")  # and from the transfer back to its cause
        assert shell.app.deck.pane.NAME == "invites" and shell.app.query_one(InvitesPane).key == 1
        held = await shell.database.read(
            lambda tx: str(tx.value("SELECT ref FROM invite ORDER BY id LIMIT 1 OFFSET 1"))
        )
        await shell.app.show_pane("invites", {"invite": held})
        await shell.settle()
        assert held in shell.text and "row 3/4" in shell.last_line


async def test_codes_are_revoked_one_by_one_and_many_and_taken_back(ledger_path: Path) -> None:
    def in_force(tx: Transaction) -> int:
        return int(tx.value("SELECT count(*) FROM code WHERE revoked_at IS NULL"))

    async with shown(ledger_path, size=(80, 40)) as shell:
        await turn_to(shell, "codes")
        assert "Codes 2 ▸" in shell.text
        await shell.press("Q")
        assert "██ ▄▄▄▄▄ █" in shell.text and "leads to nobody" in flat(shell)
        await shell.press("escape", "y")
        assert "the text to share" in shell.text
        await shell.press("c")
        assert "Copied 9 characters" in shell.last_line

        await shell.press("x", "1")
        assert "Revoked:" in shell.last_line
        assert await shell.database.read(in_force) == 1
        await shell.press("z")
        assert await shell.database.read(in_force) == 2

        await shell.press("asterisk", "enter", "X", "3")
        assert "Revoke: 2 codes" in shell.text and "reason Lost" in flat(shell)
        await shell.press("y")
        assert await shell.database.read(in_force) == 0


async def test_who_brought_them_is_disputed_corrected_and_repeated(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        filled(tx)
        invite(tx, FRIENDS[9], at=NOW - HOUR, by="+85298765432")

    def stands(tx: Transaction) -> list[tuple[str, str]]:
        rows = tx.rows(
            "SELECT confidence, refusal FROM invite WHERE refusal <> '' OR confidence <> 'exact' ORDER BY id"
        )
        return [(row["confidence"], row["refusal"]) for row in rows]

    async with shown(ledger_path, fill, size=(80, 24)) as shell:
        await turn_to(shell, "all", "state:joined")
        await shell.press("h")
        assert "Invites by state" in shell.text
        await shell.press("escape")
        await shell.press("G", "p")
        assert "Somebody else says they brought them" in shell.text
        await shell.press("2")
        assert "Disputed, and held:" in shell.last_line
        await shell.press("k", "full_stop")
        assert await shell.database.read(stands) == [("disputed", "")] * 2

        await shell.press("p", "1")
        assert "No longer disputed:" in shell.last_line
        await shell.press("G", "o")
        await shell.type("+85298765432", "enter", "1")
        assert "Corrected:" in shell.last_line
        found = await shell.database.read(stands)
        assert ("disputed", "Corrected, another brought them: The friend said so") in found
        assert ("manual", "") in found

        assert CAME not in shell.text


async def test_pictures_are_decided_on_and_gone(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        asking.shop_of(tx)
        asking.programme(tx, "friends", at=ASKED_AT - 9 * HOUR)
        folder = folder_of(ledger_path)
        for place, content in enumerate((b"one", b"one", b"two")):
            person = asking.person(tx, place)
            picture(tx, person, f"wamid.{place}", content, at=ASKED_AT - (8 - place) * HOUR, folder=folder)

    async with shown(ledger_path, fill, operator=OWNER, clock=lambda: ASKED_AT) as shell:
        assert await catch_up_proofs(shell.database, now=ASKED_AT) == 3
        await turn_to(shell, "proofs")
        assert "Proofs 3 ▸" in shell.text and "kept beside the ledger" in flat(shell)
        await shell.press("a", "1")
        assert "Proofs 2 ▸" in shell.text
        assert "had the same bytes before, from somebody else" in flat(shell)

        await shell.press("space", "space", "X", "1")
        assert "Refuse: 2 proofs" in shell.text and "nothing takes it back" in flat(shell)
        await shell.press("y")
        assert shell.text.count("is refused") == 2
        await shell.press("escape")
        assert "Proofs 0 ▸" in shell.text and "taken away" in flat(shell)
        assert not [file for file in folder_of(ledger_path).iterdir() if file.is_file()]

        await shell.press("b")
        assert "The picture is not here" in shell.last_line
        await shell.press("a")
        await shell.press("1")
        assert "None of them can be decided on so any more." in shell.last_line


async def test_what_is_over_its_budget_is_activated_by_another_owner(ledger_path: Path) -> None:
    async with shown(ledger_path, staffed, size=(80, 24)) as shell:
        assert "No programmes yet." in shell.text and ":invites programme create" in flat(shell)
        await shell.press("a")
        assert "There is no row here." in shell.last_line
        await shell.press("+", "1")
        await shell.type("friends", "enter")
        await shell.press("escape")
        assert "¶ draft" in shell.text

        await shell.database.write(lambda tx: programme(tx, "dear", budget="9.00 HKD"))
        await shell.settle()
        await shell.press("home")
        await shell.press("p")
        assert "This is for invites: another tab has them." in shell.last_line
        await shell.press("a")
        assert "Activate: 1 programme" in shell.text and "worst case 80.00 HKD: 80.00 HKD each" in flat(shell)
        await shell.press("y")
        assert "ann proposed this: somebody else decides on it." in shell.last_line

        shell.app.desk.operator = "bob"
        await shell.press("a", "y")
        assert "dear v1 earns from now on." in shell.last_line
        await shell.press("x", "1")
        assert "End: 1 programme" in shell.text
        await shell.press("y")
        assert "dear has ended" in shell.last_line and "✗ ended" in shell.text


async def test_nobody_acts_who_is_not_signed_in_and_requests_are_one_key_away(ledger_path: Path) -> None:
    async with shown(ledger_path, operator=None, size=(80, 24)) as shell:
        assert "nobody is signed in: `:sign-in NAME`" in shell.text
        await shell.press("a")
        assert "Nobody is signed in here" in shell.last_line
        await shell.press("shift+tab")
        assert "Nobody asks to come in." in shell.text
        await shell.press("l")
        assert "g j" in shell.text or "Requests" in shell.text
        assert shell.app.deck.pane.NAME == "joins"


async def test_what_waits_for_an_operator_goes_out_by_one_key_and_is_taken_back(ledger_path: Path) -> None:
    def waiting(tx: Transaction) -> None:
        staffed(tx)
        laid(tx, 2)
        limit(tx, "ann", "100 HKD")

    def issued(tx: Transaction) -> int:
        return int(tx.value("SELECT count(*) FROM invite_issue WHERE withdrawn = 0"))

    async with shown(ledger_path, waiting) as shell:
        await turn_to(shell, "held")
        assert "waits for an operator" in flat(shell)
        await shell.press("a")
        assert "It goes out with the next settling" in shell.last_line
        assert await shell.database.read(issued) == 1
        await shell.press("z")
        assert await shell.database.read(issued) == 0
        await shell.press("space", "j", "space", "A")
        assert "Let go out what was earned by" in flat(shell) and "money 16.00 HKD" in flat(shell)
        await shell.press("y")
        assert await shell.database.read(issued) == 2
