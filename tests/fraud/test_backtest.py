"""A rule against the own past: who would have been caught, who hit wrongly, with sample and interval; rules and their health."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fraud.desk import NOW, desk_ledger, done, invite, operator, person
from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.fraud import service_backtest, service_findings, service_rules, store_rules
from waconsole.fraud.backtesting import full_name, interval, rate, turned_out
from waconsole.fraud.service_sweep import Watch
from waconsole.operators.authority import Forbidden


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 3, 0.0, 0.5615),
        (3, 3, 0.4385, 1.0),
        (8, 10, 0.4902, 0.9433),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    assert interval(hits, of) == (low, high)
    assert rate(hits, of)["n"] == of
    assert (rate(hits, of)["value"] is None) == (of == 0)


def test_what_a_decision_says_of_an_item() -> None:
    assert [turned_out(one) for one in ("void", "block", "release", "unfreeze", "freeze", "")] == [
        "bad", "bad", "honest", "honest", "undecided", "undecided",
    ]  # fmt: skip
    known = ["fraud.signal.ring", "fraud.counter.household", "fraud.velocity_attempts"]
    assert [full_name(one, known) for one in ("ring", "signal.ring", "household", "velocity_attempts", "rung")] == [
        "fraud.signal.ring", "fraud.signal.ring", "fraud.counter.household", "fraud.velocity_attempts", None,
    ]  # fmt: skip


def swept(tx: Transaction) -> list[str]:
    """Sweep within the transaction of the test; answers the refs of the undecided items, the oldest first."""
    planned, _ = service_findings.plan(tx, watch=Watch(), now=NOW)
    for one in planned:
        service_findings.keep(tx, one, now=NOW)
    return [row["ref"] for row in tx.rows("SELECT ref FROM review WHERE state <> 'decided' ORDER BY id")]


@pytest.fixture(scope="module")
def past() -> Iterator[Transaction]:
    """A ring of two that was void, a ring of three that was let go, a ring of two nobody decided on; a hasty referrer."""
    with desk_ledger() as tx:
        for a, b in ((2, 3), (3, 2), (4, 5), (5, 6), (6, 4), (7, 8), (8, 7)):
            invite(tx, a, b, held=1000 if (a, b) == (2, 3) else 0)
        for number in range(51):
            invite(tx, 100, 200 + number, at=NOW - 8 * HOUR + number * MINUTE)
        by_people: dict[int, str] = {}
        swept(tx)
        for row in tx.rows(
            "SELECT v.ref, m.member_id FROM review AS v JOIN review_member AS m ON m.review_id = v.id"
        ):
            by_people[row["member_id"]] = row["ref"]
        done(tx, "kim", "void", by_people[person(tx, 2)], reason="ring")
        done(tx, "kim", "release", by_people[person(tx, 4)], reason="family")
        yield tx


def test_a_rule_as_it_stands_against_what_was_decided(past: Transaction) -> None:
    found = service_backtest.backtest(past, "ring", [], now=NOW)

    one = found["in_force"]
    assert (one["items"], one["caught"]["items"], one["honest"]["items"], one["undecided"]["items"]) == (
        3,
        1,
        1,
        1,
    )
    assert (one["caught"]["people"], one["honest"]["people"]) == (2, 3)
    assert one["caught"]["money"][0]["amount"] == "10.00 HKD"
    assert (one["precision"]["value"], one["precision"]["n"]) == (0.5, 2)
    assert (one["recall"]["value"], one["recall"]["n"]) == (1.0, 1)
    assert found["more"] == found["fewer"] == []


def test_a_stricter_and_a_laxer_rule_tell_who_would_be_caught_or_missed(past: Transaction) -> None:
    found = service_backtest.backtest(past, "fraud.signal.ring", ["people_min=3"], now=NOW)
    assert (found["value"]["people_min"], found["tried"]["people_min"]) == (2, 3)
    assert sorted(one["turned_out"] for one in found["fewer"]) == ["bad", "undecided"]
    assert (found["proposed"]["recall"]["value"], found["proposed"]["precision"]["value"]) == (0.0, 0.0)
    assert found["in_force"]["recall"]["value"] == 1.0

    hasty = service_backtest.backtest(past, "velocity_attempts", ["value=51"], now=NOW)
    assert [(one["kind"], len(one["members"])) for one in hasty["fewer"]] == [("velocity", 1)]
    assert service_backtest.backtest(past, "velocity_attempts", ["value=50"], now=NOW)["fewer"] == []
    more = service_backtest.backtest(past, "velocity_attempts", ["value=4"], since=NOW - DAY, now=NOW)
    assert more["fewer"] == []
    later = service_backtest.backtest(past, "ring", [], since=NOW, now=NOW)
    assert (later["in_force"]["items"], later["decided"]) == (0, {"items": 0, "bad": 0})


def test_a_back_test_touches_nothing(past: Transaction) -> None:
    before = past.value("SELECT total_changes()")
    service_backtest.backtest(past, "ring", ["people_min=9"], now=NOW)
    assert past.value("SELECT total_changes()") == before
    assert store_rules.rules(past, now=NOW).signal("ring").number("people_min") == 2
    new = service_backtest.backtest(past, "threes", ["when=ring_size >= 3", "weight=20"], now=NOW)
    assert (new["rule"], new["version"], new["in_force"]["items"]) == ("fraud.signal.threes", 0, 0)
    assert (new["proposed"]["items"], new["proposed"]["honest"]["items"]) == (1, 1)
    assert past.value("SELECT total_changes()") == before
    with pytest.raises(Refused, match="did you mean ring_size"):
        service_backtest.backtest(past, "threes", ["when=ring_sise >= 3", "weight=20"], now=NOW)
    with pytest.raises(NotFound, match=r"there are .*ring"):
        service_backtest.backtest(past, "rung", [], now=NOW)
    with pytest.raises(Refused, match="no field"):
        service_backtest.backtest(past, "ring", ["people=3"], now=NOW)


def test_health_tells_traffic_precision_and_who_never_fires(past: Transaction) -> None:
    rows = {one["name"]: one for one in service_rules.health(past, now=NOW)}

    ring = rows["ring"]
    assert (ring["items"], ring["open"], ring["today"], ring["bad"], ring["honest"]) == (3, 1, 3, 1, 1)
    assert ring["precision"] == {
        "value": 0.5,
        "n": 2,
        **dict(zip(("low", "high"), interval(1, 2), strict=True)),
    }
    assert (rows["mule"]["never"], rows["velocity"]["never"], rows["velocity_seconds"]["never"]) == (
        True,
        False,
        False,
    )


def test_rules_are_listed_and_an_owner_sets_them() -> None:
    with desk_ledger() as tx:
        rows = {one["name"]: one for one in service_rules.listed(tx, now=NOW)}
        assert (rows["ring"]["weight"], rows["ring"]["version"], rows["ring"]["in_force"]) == (60, 2, True)
        assert rows["household"]["weight"] < 0 and rows["household"]["kind"] == "counter"
        assert rows["velocity_attempts"]["values"] == {"value": 50}

        with pytest.raises(Forbidden, match="kim is a moderator"):
            service_rules.set_rule(tx, operator(tx, "kim"), "ring", ["weight=40"], reason="x", now=NOW)
        with pytest.raises(Refused, match="reason"):
            service_rules.set_rule(tx, operator(tx, "ann"), "ring", ["weight=40"], reason=" ", now=NOW)
        found = service_rules.set_rule(tx, operator(tx, "ann"), "ring", ["weight=40"], reason="x", now=NOW)

        assert (found.name, found.version, found.is_proposal) == ("fraud.signal.ring", 3, False)
        assert store_rules.rules(tx, now=NOW).signal("ring").weight == 40
        every = [
            one for one in service_rules.listed(tx, now=NOW, every_version=True) if one["name"] == "ring"
        ]
        assert [(one["version"], one["in_force"]) for one in every] == [(2, False), (3, True)]
        service_rules.set_rule(tx, operator(tx, "ann"), "household", ["weight=-30"], reason="x", now=NOW)
        assert store_rules.rules(tx, now=NOW).counter("household").weight == -30
        with pytest.raises(Refused, match="from -1000 to 0"):
            service_rules.set_rule(tx, operator(tx, "ann"), "household", ["weight=30"], reason="x", now=NOW)
        with pytest.raises(Refused, match="cannot weigh"):
            service_rules.set_rule(tx, operator(tx, "ann"), "ring", ["weight=heavy"], reason="x", now=NOW)
        found = service_rules.set_rule(
            tx, operator(tx, "ann"), "velocity_attempts", ["60"], reason="x", now=NOW
        )
        assert (found.version, store_rules.rules(tx, now=NOW).attempts) == (2, 61)
