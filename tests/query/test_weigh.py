"""Trees asked in Python: what they say, what they rest on, and below what they cannot hold."""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest

from waconsole.query.fields import Field, Parameter, Subject, Vocabulary
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import All, AnyOf, Comparison, Node, Not, leaves, written
from waconsole.query.values import Duration, Number, Operand, Share
from waconsole.query.weigh import Measure, weigh

SUBJECT: Final = Subject("case", "cases", "a case", "", "", "", lambda _, __: "", "nothing", "")
FIELDS: Final = (
    Field("case", "people", "people", "number", "people >= 2"),
    Field("case", "invites", "invites", "number", "invites >= 2"),
    Field("case", "silent_share", "silent", "share", "silent_share >= 50%"),
    Field("case", "spread", "spread", "span", "spread >= 2d"),
    Field("case", "rate", "rate", "number", "rate(within=2h) >= 5", parameters=(
        Parameter("within", "a span like 2h", kind="span", otherwise="1h"),
        Parameter("most", "a share like 5%", kind="share", otherwise="5%"),
    )),
)  # fmt: skip
WORDS: Final = Vocabulary.of([SUBJECT], FIELDS)
SIGNS: Final = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
HOUR: Final = 3_600_000_000


def drawn(dice: random.Random, depth: int) -> Node:
    if depth == 0 or dice.random() < 0.3:
        sign = dice.choice(list(SIGNS))
        if dice.random() < 0.3:
            return Comparison("silent_share", sign, Share(Decimal(dice.choice(("0", "50", "33.3", "100")))))
        tail = dice.choice(("", ".5"))
        return Comparison(
            dice.choice(("people", "invites")), sign, Number(Decimal(f"{dice.randint(0, 4)}{tail}"))
        )
    if dice.random() < 0.3:
        return Not(drawn(dice, depth - 1))
    parts = tuple(drawn(dice, depth - 1) for _ in range(dice.randint(2, 3)))
    return All(parts) if dice.random() < 0.5 else AnyOf(parts)


def plainly(node: Node, values: Mapping[str, Fraction | None]) -> bool:
    if isinstance(node, Not):
        return not plainly(node.part, values)
    if isinstance(node, All):
        return all(plainly(part, values) for part in node.parts)
    if isinstance(node, AnyOf):
        return any(plainly(part, values) for part in node.parts)
    assert isinstance(node, Comparison)
    value, operand = values[node.field], node.operand
    of = Fraction(operand.percent) / 100 if isinstance(operand, Share) else Fraction(str(operand))
    return value is not None and SIGNS[node.sign](value, of)


def cases() -> Iterator[tuple[dict[str, tuple[int, int]], dict[str, Fraction | None]]]:
    for people in range(6):
        for silent, of in ((0, 0), (0, 3), (1, 3), (1, 2), (3, 3)):
            read = {"people": (people, 1), "invites": (5 - people, 1), "silent_share": (silent, of)}
            yield read, {name: Fraction(*one) if one[1] else None for name, one in read.items()}


def test_a_tree_says_what_its_leaves_say_and_nothing_below_its_least_holds() -> None:
    dice = random.Random(23)
    for _ in range(60):
        tree = drawn(dice, 3)
        found = weigh(parse(written(tree)), "case", WORDS)
        held = []
        for read, values in cases():
            holds = found.holds(lambda one, read=read: read[one.field])  # type: ignore[misc]
            assert holds == plainly(tree, values), written(tree)
            held += [read] if holds else []
        for field in ("people", "invites"):
            for least in found.least(field).values():
                assert all(read[field][0] >= least for read in held), written(tree)


def test_arguments_are_what_is_written_or_left_out_and_names_stand_for_numbers() -> None:
    numbers: Mapping[str, Operand] = {
        "hours": Duration(2, "h"),
        "people_min": Number(Decimal(7)),
        "share": Share(Decimal("2.5")),
    }
    text = "rate(within=hours, most=share) > people_min and (rate >= 3 or not spread < 2d)"
    found = weigh(parse(text), "case", WORDS, numbers)
    assert found.measures == [
        Measure("rate", (2 * HOUR, Fraction(5, 2))),
        Measure("rate", (HOUR, 5)),
        Measure("spread"),
    ]
    assert found.least("rate") == {(2 * HOUR, Fraction(5, 2)): 8}
    assert len(list(leaves(found.tree))) == 3

    def read(one: Measure) -> tuple[int, int]:
        return {"rate": (8, 1), "spread": (HOUR, 1)}[one.field]

    assert found.holds(read)
    assert found.said(read) == found.measures[:2]  # what stands under a `not` tells nothing


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("people > 1 or hello", (14, 19)),
        ("people > peeple", (9, 15)),
        ("rate(within=3) > 1", (5, 13)),
        ("people:3", (0, 8)),
        ("rate(with=3h) > 1", (5, 12)),
    ],
)
def test_what_is_wrong_has_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(QueryError) as error:
        weigh(parse(text), "case", WORDS, {"people_min": Number(Decimal(1))})
    assert (error.value.place.start, error.value.place.stop) == place
