"""What the composer shows of a rule is what SQL over the rows says, and what an explanation says of one member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.segments.columns_against_rows import by_rows, question, vocabulary
from tests.segments.crowds import NOW, Crowd, empty_ledger
from tests.segments.rules_at_random import Rules
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import folded
from waconsole.policy import library
from waconsole.query.mistakes import QueryError
from waconsole.query.tree import All, written
from waconsole.segments import pane_look, pane_look_rows, service_asking, service_composing, store_segments
from waconsole.segments.pane_look import LOOKS, Fallen, Wanted
from waconsole.segments.pane_sending import Letter, command, planned
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_columns_then import PreviewColumns
from waconsole.whatsapp.templates import placeholders

ASKING = Asking(vocabulary(), NOW)
RULE = "clicks(ever) >= 1 and (lang:pt or orders(ever) >= 1) and not is:dormant"


@contextmanager
def crowd(seed: int) -> Iterator[tuple[Transaction, PreviewColumns]]:
    """A ledger with a crowd, and an engine that knows nothing yet."""
    with empty_ledger() as tx:
        library.seed(tx, now=0)
        made = Crowd(tx, seed)
        made.add_members(40)
        made.add_products()
        made.add_facts(60)
        yield tx, PreviewColumns()


def saved(
    tx: Transaction, name: str, rule: str, *, members: tuple[str, ...] = (), at: int = NOW - DAY
) -> None:
    """A segment, without asking who may."""
    segment = store_segments.add_segment(tx, ref=name, name=name, folded=folded(name), now=at)
    store_segments.add_version(tx, segment, 1, rule=rule, members=members, owner="ann", operator_id=1, now=at)


@pytest.mark.parametrize("seed", range(2))
def test_every_line_of_a_rule_counts_whom_sql_names(seed: int) -> None:
    rules = Rules(seed)
    with crowd(seed) as (tx, engine):
        for _ in range(6):
            rule = rules.tree()
            found = service_composing.counted(tx, engine, rule, ASKING)
            assert found.count == len(by_rows(tx, question(tx, rule)))
            assert found.of == store_segments.population(tx)
            above: list[str] = []
            for one in found.lines:
                assert one.count == len(by_rows(tx, question(tx, written(one.line.node))))
                if one.so_far is not None:
                    assert isinstance(found.tree, All)
                    above.append(f"({written(one.line.node)})")
                    assert one.so_far == len(by_rows(tx, question(tx, " ".join(above))))
            if above:
                assert [one.so_far for one in found.lines if one.so_far is not None][-1] == found.count


@pytest.mark.parametrize("seed", range(2))
def test_a_sample_says_of_each_what_an_explanation_says(seed: int) -> None:
    rules = Rules(seed)
    with crowd(seed) as (tx, engine):
        for _ in range(40):
            rule = rules.leaf()
            for one in service_composing.sample(tx, engine, rule, ASKING, size=3):
                leaf = service_asking.explain(tx, rule, one.person["id"], ASKING).leaves[0]
                if isinstance(one.values[0], bool):
                    assert one.values[0] == leaf.is_true
                else:
                    assert one.values[0] == leaf.value


def test_the_same_seed_draws_the_same_people() -> None:
    with crowd(1) as (tx, engine):
        drawn = [
            [one.person["id"] for one in service_composing.sample(tx, engine, "", ASKING, seed=seed, size=6)]
            for seed in (0, 0, 1)
        ]
        assert drawn[0] == drawn[1] != drawn[2]
        assert len(set(drawn[0])) == 6


def test_who_came_and_left_is_asked_of_both_instants_and_nothing_of_now_is_forgotten() -> None:
    with crowd(2) as (tx, engine):
        for days in (1, 30, 200):
            found = service_composing.moved(tx, engine, RULE, ASKING, NOW - days * DAY)
            then, now = by_rows(tx, question(tx, RULE, now=NOW - days * DAY)), by_rows(tx, question(tx, RULE))
            assert list(found.came) == [one for one in now if one not in then]
            assert list(found.left) == [one for one in then if one not in now]
            assert engine.matches(tx, question(tx, RULE)).ids() == now
        tx.execute("DELETE FROM click")
        tx.execute('UPDATE "order" SET ordered_at = ordered_at - 40 * ?', (DAY,))
        engine._begin_anew(tx)  # as after a sealing: nothing kept aside counts any more
        anew = service_composing.moved(tx, PreviewColumns(), RULE, ASKING, NOW - DAY)
        assert service_composing.moved(tx, engine, RULE, ASKING, NOW - DAY) == anew


def test_saved_segments_are_tallied_shared_and_compared() -> None:
    with crowd(3) as (tx, engine):
        refs = tuple(row["ref"] for row in tx.rows("SELECT ref FROM visible_member ORDER BY id LIMIT 4"))
        saved(tx, "Clickers", "clicks(ever) >= 1")
        saved(tx, "Listed", "", members=refs)
        saved(tx, "Lost", "segment:nobody")
        versions = {one.name: one for one in store_segments.in_force(tx, now=NOW)}
        tallies = {
            name: service_composing.tally(tx, engine, one, ASKING, NOW - DAY)
            for name, one in versions.items()
        }
        assert tallies["Clickers"].count == len(by_rows(tx, question(tx, "clicks(ever) >= 1")))
        assert tallies["Clickers"].before == len(
            by_rows(tx, question(tx, "clicks(ever) >= 1", now=NOW - DAY))
        )
        assert (tallies["Listed"].count, tallies["Listed"].before) == (4, 4)
        assert "no segment nobody" in tallies["Lost"].why

        found = service_composing.shared(tx, engine, "orders(ever) >= 1", ASKING)
        assert {one.version.name for one in found} == {"Clickers", "Listed"}
        by_name = {one.version.name: one for one in found}
        both = by_rows(tx, question(tx, "orders(ever) >= 1 and clicks(ever) >= 1"))
        assert by_name["Clickers"].both == len(both)
        assert (
            list(service_composing.both(tx, engine, "orders(ever) >= 1", versions["Clickers"], ASKING))
            == both
        )
        moved = service_composing.between(tx, engine, "lang:pt", "lang:pt or lang:fr", ASKING)
        assert (list(moved.came), list(moved.left)) == (
            by_rows(tx, question(tx, "lang:fr and not lang:pt")),
            [],
        )


def test_what_cannot_be_counted_is_an_error_and_never_a_number() -> None:
    with crowd(4) as (tx, engine):
        for rule in (
            "clicks(0d) > 1",
            "nosuch(7d) > 1",
            "coupon_share(30d) > 120%",
            "clicks(7d) >",
            "(lang:fr",
        ):
            with pytest.raises(QueryError):
                service_composing.counted(tx, engine, rule, ASKING)
        with pytest.raises(Refused, match="no segment gone"):
            service_composing.counted(tx, engine, "segment:gone", ASKING)
        with pytest.raises(NotFound, match="no template"):
            pane_look.read(tx, engine, ASKING, "falls", Wanted(RULE, template="gone"))


def test_every_look_reads_as_lines_whose_numbers_agree() -> None:
    with crowd(5) as (tx, engine):
        saved(tx, "Clickers", "clicks(ever) >= 1")
        tx.execute("UPDATE member SET name = 'A\x1b[31m +852 9123 4567' WHERE id = 3")
        wanted = Wanted("", template="none", since=NOW - 30 * DAY)
        for what in LOOKS:
            look = pane_look.read(tx, engine, ASKING, what, wanted)
            for is_revealed in (False, True):
                lines = pane_look_rows.entries(look, ASKING.zone, is_revealed=is_revealed)
                assert lines
                text = "\n".join(cell.text for one in lines for cell in one.cells)
                assert "\x1b" not in text
                assert ("9123 4567" not in text) or is_revealed
            if isinstance(look.found, Fallen):
                fall = look.found.waterfall
                assert fall.match - sum(step.excluded for step in fall.steps()) == fall.reached
                assert lines[1].cells[0].text == f"{store_segments.population(tx):,}"


def test_a_message_is_planned_to_the_last_member_before_it_is_queued() -> None:
    with crowd(6) as (tx, engine):
        tx.execute(
            "INSERT INTO template (waba_id, name, language, category, status, told_at)"
            " VALUES ('', 'shipped', 'en', 'UTILITY', 'APPROVED', 0)"
        )
        tx.execute("UPDATE member SET name = 'Ana Li' WHERE id = 3")
        words = "Hello {{who}}, it is on its way."
        places = tuple(placeholders(words))
        letter = Letter("shipped", "en", "UTILITY", words, places, places, True, ("{first_name}",))
        asking = Asking(vocabulary(), NOW)
        found = planned(tx, engine, asking, "not tag:nobody", letter)
        fall = pane_look.fallen(tx, engine, asking, Wanted("not tag:nobody", template="shipped")).waterfall
        assert found.count + sum(count for count, _why in found.left_out) == fall.match
        assert found.count <= fall.reached
        if found.first is not None and found.first["id"] == found.last["id"] == 3:  # type: ignore[index]
            assert [one.text for one in found.previews] == ["Hello Ana, it is on its way."] * 2
        line = command("lang:pt", letter)
        assert line == (
            'segments send "lang:pt" --template "shipped" --language en --param "who={first_name}"'
        )
