"""The waterfall holds all members against the rules that the drain holds one message against, and says the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.outbox import service_eligible
from waconsole.outbox.holdout import is_held_out, place_of
from waconsole.policy import library
from waconsole.segments import service_asking, service_waterfall
from waconsole.segments.service_asking import Asking, Engine, Sql
from waconsole.segments.service_columns_then import PreviewColumns
from waconsole.segments.waterfall import STEPS, Waterfall

ASKED_AT = NOW + 2 * HOUR  # nothing of a crowd is later
NIGHT = ASKED_AT + 9 * HOUR
EVERYBODY = "not tag:nobody"


@contextmanager
def crowd(seed: int) -> Iterator[Transaction]:
    """A ledger with a crowd, reviews that are open, a template of each kind, and the policies in force."""
    chosen = random.Random(seed)
    with empty_ledger() as tx:
        library.seed(tx, now=0)
        made = Crowd(tx, seed)
        made.add_members(60)
        made.add_facts(60)
        for _ in range(9):
            made.change()
        tx.execute(
            "INSERT INTO review (id, ref, kind, state, happened_at, found_at) VALUES (1, 'r', 'ring', 'open', 0, 0)"
        )
        for member in chosen.sample(range(1, 60), 12):
            tx.execute("INSERT INTO review_member (review_id, member_id) VALUES (1, ?)", (member,))
        for name, category, status in (
            ("promo", "MARKETING", "APPROVED"), ("shipped", "UTILITY", "APPROVED"), ("gone", "MARKETING", "PAUSED"),
        ):  # fmt: skip
            tx.execute(
                "INSERT INTO template (waba_id, name, language, category, status, told_at) VALUES ('', ?, 'en', ?, ?, 0)",
                (name, category, status),
            )
        yield tx


@pytest.fixture
def a_fifth_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The policies in force, and a holdout of 20 %."""
    asked = service_eligible.in_force
    monkeypatch.setattr(
        service_eligible, "in_force", lambda tx, now: replace(asked(tx, now), holdout_percent=20)
    )


def fallen(tx: Transaction, template: str, *, now: int = ASKED_AT, engine: Engine | None = None) -> Waterfall:
    asking = Asking(catalogue.vocabulary(), now, ZoneInfo("UTC"))
    question = service_asking.read(tx, EVERYBODY, asking)
    return service_waterfall.of(tx, question, engine or Sql(), service_waterfall.chosen(tx, template))


def one_by_one(
    tx: Transaction, found: Waterfall, template: str, category: str, now: int
) -> dict[int, str | None]:
    """What `outbox.eligible` says of a message of a segment to each of these members."""
    members: dict[int, int] = {}
    for member in found.ids.tolist():
        thread = tx.value("SELECT id FROM conversation WHERE member_id = ?", (member,)) or tx.insert(
            "INSERT INTO conversation (ref, number_id, member_id) VALUES (?, 1, ?)", (f"c{member}", member)
        )
        row = tx.insert(
            "INSERT INTO outgoing (ref, number_id, conversation_id, driver, kind, text, body, purpose, segment, template_name,"
            " template_language, template_category, state, written_at, origin)"
            " VALUES (?, 1, ?, 'cloud', 'template', 'x', '{}', ?, 's', ?, 'en', ?, 'queued', ?, 'live')",
            (
                f"w{member}",
                thread,
                "marketing" if category == "MARKETING" else "service",
                template,
                category,
                now,
            ),
        )
        members[row] = member
    against = service_eligible.objections(tx, list(members), now=now)
    return {member: (one.reason if (one := against.get(row)) else None) for row, member in members.items()}


@pytest.mark.usefixtures("a_fifth_held_out")
@pytest.mark.parametrize("seed", [4, 5])
def test_columns_that_stay_between_commits_say_the_same_as_rows(seed: int) -> None:
    engine = PreviewColumns()
    with crowd(seed) as tx:
        for now in (ASKED_AT, ASKED_AT + SECOND, NIGHT, NIGHT):
            for template in ("promo", "shipped", "gone", "none"):
                by_columns = fallen(tx, template, now=now, engine=engine)
                assert by_columns.first.tolist() == fallen(tx, template, now=now).first.tolist()
            tx.execute("UPDATE member SET timezone = 'Asia/Tokyo' WHERE id % 7 = 3")
            tx.execute(
                "INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at, import_run_id)"
                " SELECT id, ? - id % 5 * ?, iif(id % 2, 'marketing', 'utility'), 0, 1 FROM member"
                " WHERE id % 3 = 0 ON CONFLICT DO NOTHING",
                (now, HOUR),
            )
            tx.execute("UPDATE alias SET seen_until = iif(seen_until, NULL, ?) WHERE id % 4 = 1", (now,))
            tx.execute(
                "INSERT INTO alias (member_id, kind, value, folded, origin)"
                " SELECT id, 'phone', '+1' || (id + ?), '', 'live' FROM member WHERE id % 5 = 2 ON CONFLICT DO NOTHING",
                (now,),
            )


@pytest.mark.usefixtures("a_fifth_held_out")
@pytest.mark.parametrize(("seed", "now"), [(1, ASKED_AT), (2, ASKED_AT), (3, NIGHT)])
def test_all_at_once_and_one_by_one_agree(seed: int, now: int) -> None:
    with crowd(seed) as tx:
        for template, category in (("promo", "MARKETING"), ("shipped", "UTILITY")):
            found = fallen(tx, template, now=now)
            places = zip(found.ids.tolist(), found.first.tolist(), strict=True)
            at_once = {member: None if place < 0 else STEPS[place] for member, place in places}
            assert at_once == one_by_one(tx, found, template, category, now)
            assert len(set(at_once.values())) > 1
            tx.execute("DELETE FROM outgoing WHERE segment = 's'")


@pytest.mark.usefixtures("a_fifth_held_out")
def test_steps_stand_in_their_order_and_sum_up() -> None:
    with crowd(4) as tx:
        for template in ("promo", "shipped", "none", "gone"):
            found = fallen(tx, template)
            steps = found.steps()
            assert tuple(one.reason for one in steps) == STEPS
            left = found.match
            for one in steps:
                left -= one.excluded
                assert one.left == left and len(found.of(one.reason)) == one.excluded
            assert found.reached == left == len(found.of(None))
        assert fallen(tx, "gone").reached == 0
        assert fallen(tx, "none").reached < fallen(tx, "promo").reached


def test_a_template_nobody_knows_is_none() -> None:
    with crowd(5) as tx, pytest.raises(NotFound, match="There is no template nix"):
        service_waterfall.chosen(tx, "nix")


def test_the_ends_of_every_span_are_where_the_rules_put_them() -> None:
    with empty_ledger() as tx:
        library.seed(tx, now=0)
        tx.execute(
            "INSERT INTO template (waba_id, name, language, category, status, told_at) VALUES ('', 'promo', 'en', 'MARKETING', 'APPROVED', 0)"
        )
        made = Crowd(tx, 0)
        made.random.random = lambda: 0.9  # type: ignore[method-assign]
        made.random.choice = lambda it: it[0]  # type: ignore[method-assign, assignment]
        made.add_members(9)
        now = ASKED_AT
        for member in range(1, 10):
            tx.execute(
                "INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)"
                " VALUES (?, 'marketing', 'yes', 'f', 0, 0, 'import')",
                (member,),
            )

        def push(member: int, *ages: int) -> None:
            for age in ages:
                tx.execute(
                    "INSERT INTO elsewhere_push (member_id, sent_at, purpose, recorded_at) VALUES (?, ?, 'marketing', 0)",
                    (member, now - age),
                )

        def heard(member: int, age: int) -> None:
            tx.execute(
                "INSERT INTO elsewhere_message (member_id, said_at, recorded_at) VALUES (?, ?, 0)",
                (member, now - age),
            )

        push(1, 14 * DAY)
        push(2, 14 * DAY + SECOND)
        push(3, 14 * DAY)
        heard(3, 7 * DAY)
        push(4, 14 * DAY)
        heard(4, 7 * DAY + SECOND)
        push(5, 2 * DAY, 3 * DAY, 7 * DAY)
        heard(5, HOUR)
        push(6, 2 * DAY, 3 * DAY, 7 * DAY + SECOND)
        heard(6, HOUR)
        push(7, 36 * HOUR)
        heard(7, DAY - SECOND)
        push(8, 36 * HOUR - SECOND)
        heard(8, DAY)
        found = fallen(tx, "promo")
        reasons = {
            m: None if p < 0 else STEPS[p]
            for m, p in zip(found.ids.tolist(), found.first.tolist(), strict=True)
        }
        open_ones = fallen(tx, "none").of("no_template").tolist()

    assert reasons == {
        1: "capped",
        2: None,
        3: None,
        4: "capped",
        5: "capped",
        6: None,
        7: None,
        8: "gap",
        9: None,
    }
    assert 7 not in open_ones and 3 in open_ones


def test_a_share_sticks_and_grows() -> None:
    refs = [f"m-{number:06x}" for number in range(4_000)]
    five, ten = ({ref for ref in refs if is_held_out(ref, share)} for share in (5, 10))
    assert (
        five < ten
        and not any(is_held_out(ref, 0) for ref in refs)
        and all(is_held_out(ref, 100) for ref in refs)
    )
    assert 140 < len(five) < 260 and {place_of(ref) for ref in refs} <= set(range(10_000))
