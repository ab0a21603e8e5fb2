"""Invitations to groups: who is chosen, who is left out, never twice within 30 days, taken back until sent."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.conftest import NOW
from tests.invites.asking import LINK, order, person, say, shop_of, stay
from waconsole import catalogue
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Undone
from waconsole.invites import plays
from waconsole.invites.plays import Bounds, Buyer, Standing
from waconsole.outbox import store as outbox

BOUNDS = Bounds(30 * DAY, 60 * DAY, 90 * DAY, 365 * DAY, Fraction(1, 5), 30 * DAY)


def buyer(member_id: int, first: int, last: int, **spent: int) -> Buyer:
    return Buyer(member_id, NOW - first, NOW - last, spent)


def test_the_bounds_of_new_and_dormant_belong_to_them() -> None:
    people = [buyer(1, 30 * DAY, 0), buyer(2, 30 * DAY + 1, 0)]
    assert [one.member_id for one in plays.chosen("new", people, BOUNDS, now=NOW)] == [1]
    ends = (60 * DAY - 1, 60 * DAY, 90 * DAY, 90 * DAY + 1)
    slept = [buyer(place, 400 * DAY, last) for place, last in enumerate(ends)]
    assert [one.member_id for one in plays.chosen("dormant", slept, BOUNDS, now=NOW)] == [1, 2]


def test_high_value_is_the_share_that_spent_most_in_each_currency() -> None:
    people = [buyer(place, 1, 1, EUR=1000 - place) for place in range(10)]
    people += [buyer(20, 1, 1, JPY=5), buyer(21, 1, 1, EUR=0)]
    found = plays.chosen("high_value", people, BOUNDS, now=NOW)
    assert [one.member_id for one in found] == [0, 20, 1]
    level = [buyer(place, 1, 1, EUR=7) for place in range(3)]
    assert len(plays.chosen("high_value", level, BOUNDS, now=NOW)) == 3, "who spent as much is in"


def test_the_first_reason_against_somebody_counts() -> None:
    def why(**facts: Any) -> str:
        return plays.why_not(Standing(**{"consent": "yes", **facts}), 30 * DAY, now=NOW)

    assert why() == "" and why(consent=None) == "no_consent" and why(consent="stop") == "stopped"
    assert why(invited_at=NOW - 30 * DAY) == "" and why(invited_at=NOW - 30 * DAY + SECOND) == "invited"
    assert why(is_in_group=True, is_blocked=True) == "in_group"
    assert why(is_blocked=True, is_reviewed=True) == "blocked" and why(is_reviewed=True) == "review_open"


def test_a_name_nobody_knows_leaves_no_hole() -> None:
    said = plays.text_of("Hello {name}, come to {group}: {link}", name="", group="G", link="L")
    assert said == "Hello, come to G: L"


async def test_new_members_are_asked_and_the_others_left_out_with_the_reason(database: Database) -> None:
    def work(tx: Transaction) -> None:
        group_id = shop_of(tx)
        for place, consent in enumerate(("yes", None, "stop", "yes", "yes")):
            order(tx, person(tx, place, consent=consent, is_open=place != 3), 3)
        stay(tx, group_id, person(tx, 5), NOW - DAY)
        order(tx, 6, 2)
        order(tx, person(tx, 7), 200)

    await database.write(work)
    dry = await say(database, "invites", "ask", "Runners", "--play", "new", "--dry-run", by=None)
    assert [one["name"] for one in dry.document["invited"]] == ["Person 0", "Person 4"]
    assert (await say(database, "invites", "invitations", "list")).document["rows"] == []

    asked = await say(database, "invites", "ask", "Runners", "--play", "new", "--channel", "mail")
    assert {one["name"]: one["reason"] for one in asked.document["left_out"]} == {
        "Person 1": "no_consent", "Person 2": "stopped", "Person 3": "template_needed", "Person 5": "in_group",
    }  # fmt: skip
    rows = (await say(database, "invites", "invitations", "list")).document["rows"]
    assert {(row["name"], row["channel"], row["play"], row["state"]) for row in rows} == {
        ("Person 0", "mail", "new", "queued"), ("Person 4", "mail", "new", "queued"),
    }  # fmt: skip
    (text, purpose, by) = await database.read(
        lambda tx: tuple(tx.one("SELECT text, purpose, operator_id FROM outgoing ORDER BY id LIMIT 1") or ())
    )
    assert (purpose, by) == ("invitation", None) and LINK in text and "Runners" in text and "Person" in text

    again = await say(database, "invites", "ask", "Runners", "--play", "new", now=NOW + DAY)
    assert again.exit_code == 1
    assert [one["reason"] for one in again.document["left_out"] if one["name"] == "Person 0"] == ["invited"]


async def test_an_invitation_is_taken_back_until_it_is_sent(database: Database) -> None:
    def work(tx: Transaction) -> None:
        shop_of(tx)
        for place in range(2):
            order(tx, person(tx, place), 3)

    await database.write(work)
    ask = ("invites", "ask", "Runners", "--play", "new")
    await say(database, *ask)
    assert (await catalogue.undo(database, operator="Ana", now=NOW))[:2] == ("invite", 4)
    rows = (await say(database, "invites", "invitations", "list")).document["rows"]
    assert {row["state"] for row in rows} == {"withdrawn"}

    assert len((await say(database, *ask, now=NOW + SECOND)).document["invited"]) == 2

    def sent(tx: Transaction) -> None:
        tx.execute(
            "UPDATE outgoing SET state = 'held', state_reason = 'operator' WHERE id = (SELECT max(id) FROM outgoing)"
        )

    await database.write(sent)
    with pytest.raises(Undone, match="changed again"):
        await catalogue.undo(database, operator="Ana", now=NOW)
    for sql in (
        "UPDATE group_invitation SET withdrawn = 1 WHERE id = (SELECT max(id) FROM group_invitation)",
        "UPDATE group_invitation SET invited_at = 0",
        "DELETE FROM group_invitation",
    ):
        with pytest.raises(Refused):
            await database.write(lambda tx, sql=sql: tx.execute(sql))  # type: ignore[misc]


async def test_who_is_of_high_value_is_spoken_to_by_a_person(database: Database) -> None:
    def work(tx: Transaction) -> None:
        shop_of(tx)
        for place in range(5):
            order(tx, person(tx, place, is_open=False), 100, f"{500 - place}.00 EUR")

    await database.write(work)
    asked = await say(database, "invites", "ask", "Runners", "--play", "high_value")
    (one,) = asked.document["invited"]
    assert (one["name"], one["by_hand"], asked.document["channel"]) == ("Person 0", True, "voice")
    (task,) = await database.read(lambda tx: outbox.tasks(tx, only_open=True))
    assert (task.ref, task.state) == (one["task"], "offered") and task.text.startswith("Voice message")
    await catalogue.undo(database, operator="Ana", now=NOW)
    (task,) = await database.read(lambda tx: outbox.tasks(tx, only_open=False))
    assert (task.state, task.reason) == ("refused", "undone")


async def test_a_round_too_many_a_week_is_refused(database: Database) -> None:
    def work(tx: Transaction) -> None:
        shop_of(tx)
        for place in range(7):
            person(tx, place)

    await database.write(work)

    async def ask(place: int, now: int = NOW) -> Any:
        words = ("invites", "ask", "Runners", "--play", "other", "--member", f"Person {place}")
        return await say(database, *words, now=now)

    said = [(await ask(place)).lines[-1] for place in range(5)]
    assert "send.invitations_high" in said[3] and "send.invitations_high" not in said[2]
    with pytest.raises(Refused, match="5 a week"):
        await ask(5)
    assert len((await ask(5, NOW + 7 * DAY)).document["invited"]) == 0, "the window has closed by then"
    with pytest.raises(Refused, match="--member"):
        await say(database, "invites", "ask", "Runners", "--play", "new", "--member", "Person 1")


@pytest.mark.parametrize(("apart", "stands"), [(30 * DAY, True), (30 * DAY - SECOND, False)])
async def test_the_database_keeps_thirty_days_apart_for_merged_rows_too(
    database: Database, apart: int, stands: bool
) -> None:
    def invite(tx: Transaction, member_id: int, at: int) -> None:
        number = tx.value("SELECT id FROM number LIMIT 1")
        outgoing_id = tx.insert(
            """
            INSERT INTO outgoing (ref, number_id, conversation_id, driver, kind, text, purpose, state, written_at, origin)
            VALUES (?, ?, 1, 'cloud', 'text', 'x', 'invitation', 'queued', 0, 'live')
            """,
            (f"out-{member_id}-{at}", number),
        )
        tx.execute(
            """
            INSERT INTO group_invitation (ref, group_id, member_id, play, channel, round, outgoing_id, operator_id, invited_at)
            VALUES (?, 1, ?, 'new', 'x', 'r', ?, 1, ?)
            """,
            (f"{member_id} {at}", member_id, outgoing_id, at),
        )

    def work(tx: Transaction) -> None:
        shop_of(tx)
        first, second = person(tx, 0), person(tx, 1)
        invite(tx, first, NOW)
        invite(tx, second, NOW + SECOND)  # another person, so far
        tx.execute("UPDATE member SET merged_into = ? WHERE id = ?", (first, second))
        invite(tx, second, NOW + SECOND + apart)

    if stands:
        await database.write(work)
    else:
        with pytest.raises(Refused, match="30 days"):
            await database.write(work)
