"""When rules speak: texts of the query language over a case, held to the thresholds that stood in code before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pytest

from tests.fraud import thresholds
from tests.fraud.graph_ledger import BEGAN, DAY, NOW, graph_ledger, invite, named, person, phone, sweep
from waconsole.clock import SECOND
from waconsole.errors import Refused
from waconsole.fraud import patterns, service_backtest, service_rules, store_rules, whens
from waconsole.fraud.chains import chains
from waconsole.fraud.edges import Edges
from waconsole.fraud.fields_case import CASE, vocabulary
from waconsole.fraud.measuring import COUNTS, Measures, speaks_against, speaks_for
from waconsole.fraud.model import EVIDENCE_MAX, KINDS, PATTERN, Counted, Rule
from waconsole.fraud.people import Case, Order, Profile
from waconsole.fraud.rules import COUNTER, SIGNAL, Minimums, Rules
from waconsole.money import Money
from waconsole.operators import service as operators
from waconsole.policy import library
from waconsole.policy import service as policy
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import NESTING_MAX, parse

PRESETS: Final = {name: value for name, value in library.bundled() if name.startswith("fraud.")}
MINIMUMS: Final = Minimums({1: [(0, Money(19_900, "HKD"))], 2: [(0, Money(29_900, "HKD"))]}, None)
CASES: Final = 90


def rules_of(values: Mapping[str, Mapping[str, Any]], *, texts: bool = True) -> Rules:
    return Rules(
        {
            name: Rule(name, 1, {key: one for key, one in value.items() if texts or key != "when"})
            for name, value in values.items()
        }
    )


def drawn_case(dice: random.Random) -> Case:
    """People drawn at random around every threshold there is."""
    is_flat, is_fast = dice.random() < 0.2, dice.random() < 0.2
    count = dice.randint(1, 4 if is_flat else 30)
    referrers = 1 if is_flat else dice.randint(1, 3)
    words = ("", "hi there 12", "Hi there 9", "gift please", "I come for the gift")
    profiles: dict[int, Profile] = {}
    for who in range(count + referrers):
        shared = {
            f"{what}={dice.randint(0, dice.choice((0, 2, 20)))}"
            for what in ("address", "payment", "device")
            if dice.random() < dice.choice((0.1, 0.9))
        } | ({"address=flat"} if is_flat else set())
        orders = tuple(
            Order(who * 10 + one, at, minor, "HKD", dice.choice((0, 0, minor)))
            for one, at in enumerate(
                sorted(
                    BEGAN + (who * 60 + 300 if is_fast else dice.randint(-500, 20) * DAY)
                    for _ in range(dice.choice((0, 1, 1, 2)))
                )
            )
            for minor in [dice.choice((19_900, 20_800, 20_099, 29_900, 50_000))]
        )
        wrote = dice.choice((0, BEGAN + dice.randint(0, 7_200)))
        quiet = dice.choice((0, BEGAN - dice.randint(50, 70) * DAY))
        profiles[who] = Profile(frozenset(shared), orders, wrote, quiet, dice.choice(words), who + 1)
    step = 60 if is_fast else dice.choice((60, 600, 3_600, DAY, 3 * DAY))
    at = np.array([BEGAN + one * step + dice.randint(0, 59) for one in range(count)], np.int64)
    edges = Edges(
        np.arange(count) + 1,
        np.array([dice.randrange(referrers) for _ in range(count)], np.int64),
        np.arange(count) + referrers,
        at,
        np.array([dice.choice((1, 2)) for _ in range(count)], np.int64),
    )
    arrived = {row + 1: int(at[row]) for row in range(count) if dice.random() < 0.8}
    return Case(
        edges,
        np.arange(count),
        tuple(dict.fromkeys(edges.referrers.tolist())),
        tuple(edges.invitees.tolist()),
        tuple(dict.fromkeys([*edges.referrers.tolist(), *edges.invitees.tolist()])),
        profiles,
        arrived,
        NOW // SECOND,
        dice.random() < 0.8,
        MINIMUMS,
    )


def drawn_values(dice: random.Random) -> dict[str, dict[str, Any]]:
    """The presets with other numbers, so that every threshold is met from both sides."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in PRESETS.items():
        found[name] = dict(value)
        for key, one in value.items():
            if type(one) is int and key not in ("version", "weight") and dice.random() < 0.6:
                least = 1 if key.endswith(("_min", "percent")) else 0
                found[name][key] = max(least, round(one * dice.choice((0.1, 0.3, 0.5, 1, 1.2))))
    return found


def spoken_alike(seed: int, cases: int) -> set[str]:
    """Hold texts to thresholds over cases drawn from a seed; answers the rules that spoke at all."""
    dice, spoken = random.Random(seed), set()
    for number in range(cases):
        case = drawn_case(dice)
        values = PRESETS if number % 4 == 0 else drawn_values(dice)
        rules = rules_of(values, texts=number % 2 == 0)
        measures = Measures(case)
        speaks, against = speaks_for(measures, rules), speaks_against(measures, rules)
        before = thresholds.signals(case, rules, MINIMUMS), thresholds.counters(case, rules)
        assert sorted(speaks) == sorted(before[0]), (seed, number)
        assert [(one.rule, one.weight) for one in against] == [(one.rule, one.weight) for one in before[1]], (
            seed,
            number,
        )
        makes = thresholds.makes_item(case, *before, rules.signal(PATTERN))
        assert (patterns.judged(measures, speaks, against, rules) is not None) == makes, (seed, number)
        spoken |= {one.rule for one in (*speaks, *against)}
    return spoken


def test_standing_texts_say_what_the_thresholds_in_code_said() -> None:
    plain = {name for name in PRESETS if name.startswith((SIGNAL, COUNTER))}
    plain -= {SIGNAL + kind for kind in KINDS} | {f"{SIGNAL}public_code"}
    assert spoken_alike(11, CASES) == plain


@pytest.mark.slow
def test_standing_texts_say_the_same_whatever_the_seed() -> None:
    spoken_alike(random.SystemRandom().randrange(2**31), 2_000)


def test_each_preset_bears_the_text_that_stands_for_its_name_and_each_text_reads_as_its_tree() -> None:
    texts = {
        name.rpartition(".")[2]: value["when"]
        for name, value in PRESETS.items()
        if name.startswith((SIGNAL, COUNTER))
    }
    assert texts == whens.STANDING
    for text, tree in whens._READ.items():
        assert parse(text) == tree
    for name, value in PRESETS.items():
        if name.startswith((SIGNAL, COUNTER)):
            whens.check(name.rpartition(".")[2], value)


def test_every_field_is_counted_and_its_example_can_be_asked() -> None:
    fields = vocabulary().of_subject(CASE)
    assert {name.removesuffix("_share") for name in fields} == COUNTS.keys()
    case = drawn_case(random.Random(7))
    for field in fields.values():
        asked = whens.when("own", {"when": field.example})
        assert asked.holds(Measures(case)) in (True, False)
        assert all(isinstance(Measures(case)(one), Counted) for one in asked.measures)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ring_sise >= 3", "did you mean ring_size"),
        ("ring_size >= 3 and hello", "Words alone ask nothing"),
        ("is:ring", "no field 'is'"),
        ("ring_size:3", "followed by a sign"),
        ("silent(after=3) >= 2", "a span like 30d"),
        ("near_minimum(within=5) >= 2", "a share like 5%"),
        ("silent(before=3d) >= 2", "it takes after="),
        ("burst_rate(4h) >= 20", "takes no window"),
        ("silent >= 50%", "compared with a number"),
        ("silent_share >= 5", "compared with a share"),
        ("spread_times >= 5", "a span of time"),
        ("ring_size >= people_mix", "did you mean people_min"),
        ("# nothing", "asks for something"),
        ("(" * (NESTING_MAX + 1) + "people > 1" + ")" * (NESTING_MAX + 1), f"more than {NESTING_MAX} deep"),
        ("weight >= 3", "only of pattern"),
    ],
)
def test_what_is_not_understood_is_refused_when_it_is_set(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        whens.check("own", {"weight": 5, "people_min": 2, "when": text})


def test_kinds_that_everybody_would_have_to_be_looked_at_for_say_from_when_on() -> None:
    for name, text in (
        ("chain", "sharing >= 2"),
        ("chain", "chain_length >= 2 and sharing >= 2"),
        ("velocity", "burst_rate > 50 or ring_size > 2"),
        ("mule", "not mules < 5"),
        ("burst", "burst_rate < 50"),
    ):
        with pytest.raises(Refused, match="must ask for"):
            whens.check(name, {"weight": 5, "when": text})
    whens.check(
        "chain",
        {"weight": 5, "when": "(chain_length(within=2h) = 4 or chain_length(within=2h) > 8) sharing > 1"},
    )
    asked = whens.when(
        "chain", {"when": "(chain_length(within=2h) = 4 or chain_length(within=2h) > 8) sharing > 1"}
    )
    assert asked.least("chain_length") == {(7_200 * SECOND,): 4}
    assert asked.least("sharing") == {(): 2}


def test_a_long_span_of_an_older_value_is_still_a_span() -> None:
    for seconds, held in ((7_000_001, 3), (604_800, 3), (59, 1)):
        rule = {"weight": 1, "attempts_min": 3, "span_seconds": seconds}
        asked = whens.when("burst", rule)
        (((span,), least),) = asked.least("burst_rate").items()
        assert least == held or least == 3
        assert abs(span // SECOND - seconds) < 60


def test_the_longest_chain_of_a_case_is_the_one_the_sweep_knows() -> None:
    dice = random.Random(3)
    for _ in range(60):
        count = dice.randint(2, 12)
        who = np.array([dice.randint(0, 8) for _ in range(count)], np.int64)
        whom = np.array([dice.randint(0, 8) for _ in range(count)], np.int64)
        at = np.sort(np.array([BEGAN + dice.randint(0, 9_000) for _ in range(count)], np.int64))
        edges = Edges(np.arange(count) + 1, who, whom, at, np.ones(count, np.int64))
        people = tuple(dict.fromkeys([*who.tolist(), *whom.tolist()]))
        case = Case(
            edges,
            np.arange(count),
            tuple(set(who.tolist())),
            tuple(set(whom.tolist())),
            people,
            {},
            {},
            NOW,
            True,
        )
        known = max((len(one) + 1 for one in chains(who, whom, at, people=2, seconds=3_600)), default=0)
        asked = whens.when("own", {"when": "chain_length(within=60m) > 0"})
        assert Measures(case)(asked.measures[0]).number == known


def test_a_rule_of_ones_own_speaks_with_evidence_and_a_text_decides_what_is_found() -> None:
    with graph_ledger() as tx:
        ann = operators.acting(tx, None, now=NOW)
        for a, b in ((1, 2), (2, 3), (3, 1), (11, 12), (12, 11)):
            invite(tx, a, b, BEGAN + a * 60)
        for number in (1, 2):
            person(tx, number, address="1 Main St")
        words = "ring_size >= 3 and shared_address >= 2 and not shared_device > 0"
        found = service_rules.add_rule(tx, ann, "big_rings", words, weight=20, reason="seen in May", now=NOW)
        assert (found.name, found.version) == ("fraud.signal.big_rings", 1)
        service_rules.add_rule(tx, ann, "small", "people <= 3", weight=-5, reason="x", now=NOW)
        items = {len(one["members"]): one for one in sweep(tx)}
        own = {
            size: {one["rule"]: one for one in (*item["signals"], *item["counter"])}
            for size, item in items.items()
        }
        assert own[3]["fraud.signal.big_rings"]["version"] == 1
        assert {one["kind"] for one in own[3]["fraud.signal.big_rings"]["evidence"]} == {"member", "invite"}
        assert "fraud.signal.big_rings" not in own[2]
        small = own[2]["fraud.counter.small"]  # what rests on no row of its own shows the invites
        assert (small["weight"], len(small["evidence"])) == (-5, 2)
        assert len(small["evidence"]) <= EVIDENCE_MAX

        row = next(one for one in service_rules.listed(tx, now=NOW) if one["name"] == "big_rings")
        assert (row["when"], row["weight"], row["kind"], row["values"]) == (words, 20, "signal", {})
        assert any(one["name"] == "big_rings" for one in service_rules.health(tx, now=NOW))
        tried = service_backtest.backtest(tx, "ring", ["when=ring_size >= 3"], now=NOW)
        assert [len(one["members"]) for one in tried["fewer"]] == [2]
        service_rules.set_rule(tx, ann, "ring", ["when=shared_address >= 2"], reason="x", now=NOW)
        assert {phone(one) for one in (1, 2, 3)} == {phone(one) for one in named(sweep(tx))["ring"][0]}
        assert store_rules.rules(tx, now=NOW).signal("ring").version == 3

        for name, text, weight, says in (
            ("ring", "people > 1", 5, "is a rule ring already"),
            ("big_rings", "people > 1", 5, "is a rule big_rings already"),
            ("small", "people > 1", 5, "is a rule small already"),
            ("Big rings", "people > 1", 5, "is no name"),
            ("other", "people > 1", 0, "weighs from 1"),
            ("other", "people > 1", 1_001, "weighs from 1"),
            ("other", "peeple > 1", 5, "did you mean people"),
        ):
            with pytest.raises(Refused, match=says):
                service_rules.add_rule(tx, ann, name, text, weight=weight, reason="x", now=NOW)
        with pytest.raises(Refused, match="reason"):
            service_rules.add_rule(tx, ann, "other", "people > 1", weight=5, reason=" ", now=NOW)
        with pytest.raises(QueryError) as error:
            service_rules.set_rule(tx, ann, "ring", ["when=ring_size > 2 or rung > 1"], reason="x", now=NOW)
        assert error.value.underlined() == ("ring_size > 2 or rung > 1", " " * 17 + "^^^^")


def test_a_value_from_before_there_were_texts_goes_on_and_haste_says_whose_rule_it_was() -> None:
    with graph_ledger() as tx:
        ann = operators.acting(tx, None, now=NOW)
        value = {"weight": 60, "people_min": 3}
        policy.set_version(
            tx, "fraud.signal.ring", value, says="x", reason="x", valid_from=0, set_by=ann, now=NOW
        )
        for a, b in ((1, 2), (2, 3), (3, 1), (11, 12), (12, 11)):
            invite(tx, a, b, BEGAN + a * 60)
        for one in range(60):
            invite(tx, 20, 100 + one, BEGAN + one)
        found = {item["kind"]: item for item in sweep(tx)}
        assert [len(people) for people in named(list(found.values()))["ring"]] == [3]
        assert found["velocity"]["signals"][0]["rule"] == "fraud.velocity_attempts"
        row = next(one for one in service_rules.listed(tx, now=NOW) if one["name"] == "ring")
        assert (row["when"], row["values"]) == ("ring_size >= people_min", {"people_min": 3})

        set_to = service_rules.set_rule(tx, ann, "ring", ["people_min=4"], reason="x", now=NOW)
        assert set_to.value["when"] == "ring_size >= people_min"
        words = ["when=burst_rate(within=1m) >= 60"]
        service_rules.set_rule(tx, ann, "velocity", words, reason="x", now=NOW)
        (item,) = sweep(tx)
        assert (item["kind"], item["signals"][0]["rule"]) == ("velocity", "fraud.signal.velocity")
        assert len(item["frozen"]) == 1
