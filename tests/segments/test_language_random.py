"""Random rules over random facts: the SQL names whom plain Python names, and an explanation says the same of each leaf."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from tests.segments import behaviour
from tests.segments.behaviour import NOW, ZONE, Facts
from tests.segments.plain_members import MEASURES, STATES, World, holds, matching
from waconsole import catalogue
from waconsole.database.connection import Transaction
from waconsole.query.fields import Field
from waconsole.query.tree import (
    All,
    AnyOf,
    Argument,
    Comparison,
    Form,
    Node,
    Not,
    any_of,
    every,
    leaves,
    written,
)
from waconsole.query.values import operand_of
from waconsole.segments import service_asking
from waconsole.segments.service_asking import Asking, Rows

AT: Final = NOW + 999_999  # within the second: times are whole seconds
SEEDS: Final = (1, 2)
TREES: Final = 100
MANY: Final = 400
WINDOWS: Final = (
    "1h", "24h", "36h", "7d", "30d", "60d", "90d", "180d", "400d", "ever", "ever", "today", "this_week", "this_month",
    "since 2026-11-10", "since 2027-01-01",
)  # fmt: skip
SPANS: Final = ("0s", "1h", "24h", "36h", "1d", "7d", "30d", "60d", "90d", "180d", "400d", "52w")
FIRST_TO_LAST: Final = tuple(
    f"{which}_{what}" for which in ("first", "last") for what in ("order", "click", "cart", "push", "inbound")
)
ASKED: Final = (*MEASURES, *FIRST_TO_LAST)
FORMS: Final = {"new": "is", "dormant": "is", "silent": "is", "referred": "is", "open": "review"}
OPERANDS: Final = {
    "number": ("0", "1", "2", "3", "5", "1.5", "4.999999"),
    "share": ("0%", "33.333333%", "50%", "66.666666%", "66.7%", "100%"),
    "amount": (
        "0 HKD",
        "199 HKD",
        "199.01 HKD",
        "199.005 HKD",
        "0.01 HKD",
        "50 HKD",
        "1000 JPY",
        "19901 JPY",
        "1 USD",
    ),
    "times": ("0x avg", "0.5x avg", "1x avg", "1.000001x avg", "2x avg"),
    "layer": ("never", "champions", "new", "loyal", "at_risk", "hibernating"),
}


class Ledger:
    """A ledger of random facts in memory, and the facts."""

    def __init__(self, tx: Transaction, facts: Facts) -> None:
        self.tx, self.world = tx, World(facts)
        self.asking = Asking(catalogue.vocabulary(), AT, ZONE)


@pytest.fixture(scope="module", params=SEEDS)
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Filled once for each seed."""
    with ExitStack() as stack:
        tx = stack.enter_context(behaviour.empty())
        facts = behaviour.made(request.param)
        behaviour.write(tx, facts)
        yield Ledger(tx, facts)


def _leaf(dice: random.Random, name: str | None = None) -> Node:
    name = name or dice.choice((*ASKED, *FORMS))
    if name in FORMS:
        return Form(FORMS[name], name)
    field = catalogue.vocabulary().of_subject("member")[name]
    arguments = _arguments(dice, field)
    sign = dice.choice(("<", "<=", ">", ">=", "=", "!="))
    text = dice.choice(("never", *SPANS) if field.kind == "span" else OPERANDS[field.kind])
    if field.kind == "layer" or text == "never":
        sign = dice.choice(("=", "!="))
    return Comparison(name, sign, operand_of(text), tuple(arguments))


def _arguments(dice: random.Random, field: Field) -> list[Argument]:
    values = {
        "category": (*behaviour.CATEGORIES[:3], "none", ") or 1=1 --"),
        "product": ("spf50", "vitc", "gold", "%"),
        "state": ("open", "abandoned", "recovered"),
        "group": (*behaviour.GROUPS, "nowhere"),
        "currency": ("HKD", "JPY", "EUR"),
    }
    found: list[Argument] = []
    for one in field.parameters:
        if one.is_plain:
            found.append(Argument("", dice.choice(one.values)))
        elif one.name == "currency" or dice.random() < 0.4:
            found.append(Argument(one.name, dice.choice(values[one.name])))
    if field.has_window:
        found.append(Argument("", dice.choice(WINDOWS)))
    return found


def _tree(dice: random.Random, depth: int) -> Node:
    roll = dice.random()
    if depth == 0 or roll < 0.2:
        return _leaf(dice)
    if roll < 0.4:
        return Not(_tree(dice, depth - 1))
    parts = [_tree(dice, depth - 1) for _ in range(dice.choice((2, 2, 3)))]
    return every(parts) if roll < 0.7 else any_of(parts)


def _named(ledger: Ledger, tree: Node) -> set[int]:
    rows = Rows(ledger.tx, service_asking.read(ledger.tx, written(tree), ledger.asking))
    found = rows.ids()
    assert rows.count == len(found)
    return set(found)


def _plain(tree: Node) -> Node:
    """A tree whose plain arguments are named, for the model."""
    if isinstance(tree, Comparison) and tree.field == "distinct":
        first, *others = tree.arguments
        return Comparison(tree.field, tree.sign, tree.operand, (Argument("what", first.value), *others))
    if isinstance(tree, Not):
        return Not(_plain(tree.part))
    if isinstance(tree, All | AnyOf):
        return type(tree)(tuple(map(_plain, tree.parts)))
    return tree


@pytest.mark.parametrize("name", [*ASKED, *FORMS])
def test_each_field_names_whom_plain_python_names(ledger: Ledger, name: str) -> None:
    dice = random.Random(name)
    for _ in range(1 if name in FORMS else 8):
        leaf = _leaf(dice, name)

        assert _named(ledger, leaf) == matching(_plain(leaf), ledger.world), written(leaf)


def test_random_rules_name_whom_plain_python_names(ledger: Ledger) -> None:
    dice = random.Random(5)
    told_apart = 0
    for number in range(TREES):
        tree = _tree(dice, dice.choice((1, 2, 3)))
        expected = matching(_plain(tree), ledger.world)

        assert _named(ledger, tree) == expected, written(tree)
        told_apart += 0 < len(expected) < behaviour.PEOPLE - 1
        if number % 10 == 0:
            who = dice.randrange(1, behaviour.PEOPLE - 1)
            why = service_asking.explain(ledger.tx, written(tree), who, ledger.asking)
            assert why.matches == (who in expected), written(tree)
            for leaf, said in zip(leaves(tree), why.leaves, strict=True):
                assert said.is_true == holds(_plain(leaf), who, ledger.world), f"{who}: {said}"
    assert told_apart > TREES // 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_more_rules_name_whom_plain_python_names(seed: int) -> None:
    dice = random.Random(seed)
    with behaviour.empty() as tx:
        facts = behaviour.made(seed)
        behaviour.write(tx, facts)
        ledger = Ledger(tx, facts)
        for _ in range(MANY):
            tree = _tree(dice, dice.choice((1, 2, 3)))

            assert _named(ledger, tree) == matching(_plain(tree), ledger.world), written(tree)


def test_nothing_of_members_is_left_unasked() -> None:
    from waconsole.inbox import fields_others
    from waconsole.invites import fields as invites
    from waconsole.outbox import fields_members
    from waconsole.segments import fields as segments
    from waconsole.shop import fields as shop

    rooms = (shop, fields_members, invites, segments)
    names = {one.name for room in rooms for one in room.FIELDS if not one.is_form}
    states = {state for room in rooms for one in room.FIELDS for state in one.states if one.is_form}

    assert names - {"cashback"} == set(ASKED) - {one.name for one in fields_others.MEMBERS}
    assert states - {"device"} == STATES.keys()  # who shares one is asked in test_language_edges


def test_layers_are_all_of_everybody_and_share_nobody(ledger: Ledger) -> None:
    for window in ("30d", "90d", "ever", "today"):
        parts = [
            _named(ledger, Comparison("rfm_layer", "=", operand_of(name), (Argument("", window),)))
            for name in OPERANDS["layer"]
        ]

        assert sum(map(len, parts)) == len(set[int]().union(*parts)) == behaviour.PEOPLE - 1
