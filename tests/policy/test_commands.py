"""What the commands of policy answer, as programs read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from tests.policy.ledgers import OWNER, PASSPHRASE, SECOND
from waconsole import catalogue
from waconsole.cli.parse import parse
from waconsole.clock import DAY, iso
from waconsole.command import Answer, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused, UsageError
from waconsole.operators import service_known
from waconsole.operators.service_known import Wanted
from waconsole.settings import Settings


async def staffed(database: Database) -> None:
    def work(tx: Any) -> None:
        service_known.add(tx, None, Wanted(OWNER, "owner"), PASSPHRASE, now=NOW)
        service_known.add(tx, OWNER, Wanted(SECOND, "moderator"), PASSPHRASE, now=NOW)

    await database.write(work)


async def say(database: Database, *words: str, by: str | None = None, now: int = NOW) -> Answer:
    command, values = parse(words, catalogue.commands())
    call = Invocation(
        values=values, now=now, operator=by, settings=Settings(), say=print, progress=lambda done, total: None,
        cancelled=lambda: False,
    )  # fmt: skip
    return await command.work(database, call)


async def test_a_policy_of_one_word_or_number_shows_it_plainly(database: Database) -> None:
    rounding = (await say(database, "policy", "show", "cashback.rounding")).document
    assert (rounding["value"], rounding["author"], rounding["state"]) == ("half-even", "preset", "in_force")
    order = (await say(database, "policy", "show", "fraud.minimum_order")).document
    assert (order["value"], order["comparator"], order["currency"], order["minor"], order["source"]) == (
        "199.00 HKD", ">=", "HKD", 19_900, "FRD-02",
    )  # fmt: skip
    gap = (await say(database, "policy", "show", "send.gap")).document
    assert (gap["value"], gap["unit"]) == (36, "hours")
    quiet = (await say(database, "policy", "show", "send.quiet_hours")).document
    assert quiet["value"] == "21:00-09:00"
    caps = (await say(database, "policy", "show", "send.caps")).document
    assert caps["value"] == {
        "count": 3,
        "days": 7,
        "silent_count": 1,
        "silent_days": 14,
        "silent_after_days": 7,
    }
    churn = (await say(database, "policy", "show", "referral.churn_advice")).document
    assert (churn["value"], churn["unit"], churn["comparator"], churn["sample_min"]) == (
        40,
        "percent",
        ">",
        30,
    )


async def test_setting_needs_a_name_and_a_reason_and_answers_what_is_in_force(database: Database) -> None:
    await staffed(database)
    with pytest.raises(Refused, match="Name who decides: --as OPERATOR"):
        await say(database, "policy", "set", "send.holdout", "5%", "--reason", "to measure")
    with pytest.raises(Refused, match="--reason WHY"):
        await say(database, "policy", "set", "fraud.minimum_order", "35 HKD", by=OWNER)
    with pytest.raises(UsageError, match="takes a day"):
        await say(
            database, "policy", "set", "send.holdout", "5%", "--reason", "x", "--from", "soon", by=OWNER
        )
    answer = await say(database, "policy", "set", "send.holdout", "5%", "--reason", "to measure", by=OWNER)
    assert answer.exit_code == 0
    assert {key: answer.document[key] for key in ("name", "version", "value", "unit", "state", "valid_from")} == {
        "name": "send.holdout", "version": 2, "value": 5, "unit": "percent", "state": "in_force", "valid_from": iso(NOW),
    }  # fmt: skip
    shown = (await say(database, "policy", "show", "send.holdout")).document
    assert (shown["value"], shown["author"], shown["reason"]) == (5, OWNER, "to measure")
    first = (await say(database, "policy", "show", "send.holdout", "1")).document
    assert (first["value"], first["state"]) == (0, "past")
    earlier = (await say(database, "policy", "show", "send.holdout", "--at", iso(NOW - DAY))).document
    assert earlier["version"] == 1
    await say(database, "policy", "set", "send.holdout", "6%", by=OWNER)
    bare = (await say(database, "policy", "show", "send.holdout")).document
    assert (bare["value"], bare["reason"]) == (6, "No reason was given.")


async def test_a_proposal_is_listed_confirmed_and_shown_with_both_names(database: Database) -> None:
    await staffed(database)
    money = "fraud.rewarded_invites_max"
    proposed = await say(database, "policy", "set", money, "12", "--reason", "growth", by=OWNER)
    assert (proposed.document["state"], proposed.document["valid_from"]) == ("proposed", None)
    assert proposed.document["can_confirm"] == [SECOND]
    (row,) = (await say(database, "policy", "proposals")).document["rows"]
    assert (row["name"], row["version"], row["before"], row["value"], row["proposed_by"]) == (
        money,
        2,
        10,
        12,
        OWNER,
    )
    with pytest.raises(Refused):
        await say(database, "policy", "confirm", money, by=OWNER)
    confirmed = await say(database, "policy", "confirm", money, "2", by=SECOND)
    assert (confirmed.document["state"], confirmed.document["confirmed_by"]) == ("in_force", SECOND)
    assert (await say(database, "policy", "proposals")).document == {"count": 0, "rows": []}
    (diff,) = (await say(database, "policy", "diff")).document["rows"]
    assert (diff["name"], diff["field"], diff["preset"], diff["ledger"]) == (money, "value", 10, 12)


async def test_lists_history_and_differences_have_their_rows(database: Database) -> None:
    await staffed(database)
    await say(
        database, "policy", "set", "send.gap", "24", "--reason", "x", "--from", iso(NOW + DAY), by=OWNER
    )
    rows = (await say(database, "policy", "list", "send.gap", "--all-versions")).document["rows"]
    assert [(row["value"], row["state"]) for row in rows] == [(36, "in_force"), (24, "scheduled")]
    history = (await say(database, "policy", "history", "send.gap")).document
    assert [row["valid_from"] for row in history["rows"]] == [None, iso(NOW + DAY)]
    diff = (await say(database, "policy", "diff", "send.gap")).document
    assert diff["rows"] == [{"field": "hours", "before": 36, "after": 24}]
    assert (await say(database, "policy", "diff", "send.gap", "2", "3")).document["rows"] == diff["rows"]
    assert (await say(database, "policy", "quoted", "REF-24")).document["count"] == 10
    assert (await say(database, "policy", "presets", "costs.")).document["count"] == 13


async def test_a_replay_answers_totals_and_writes_nothing(database: Database) -> None:
    answer = await say(
        database, "policy", "replay", "send.gap", "24", "--from", "2026-10-01", "--to", "2026-11-01"
    )
    assert answer.document == {
        "name": "send.gap", "value": 24, "unit": "hours", "comparator": ">=", "source": "TIM-06",
        "articles": "000 002 003", "from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z", "seen": 0, "money": [],
        "totals": [], "members": [], "groups": [],
    }  # fmt: skip
    with pytest.raises(Refused, match="a replay knows"):
        await say(
            database, "policy", "replay", "roi.send_review", "3", "--from", "2026-10-01", "--to", "2026-11-01"
        )
    with pytest.raises(UsageError, match="ends after it begins"):
        await say(database, "policy", "replay", "send.gap", "3", "--from", "2026-11-01", "--to", "2026-11-01")
