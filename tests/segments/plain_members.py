"""The fields of members once more, in plain Python over plain rows: what the SQL is held against.

It knows no SQL, no compiler and no declared field: only the tree, the facts, and the rules of docs/metrics.md.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from tests.segments.behaviour import ERASED, MERGED, NOW, OF_PRODUCT, PEOPLE, ZONE, Facts, Row
from waconsole.query.tree import All, AnyOf, Comparison, Form, Node, Not
from waconsole.query.values import Amount, Duration, Name, Never, Number, Share, Times

S: Final = 1_000_000
DAY: Final = 86_400 * S
UNITS: Final = {"s": S, "m": 60 * S, "h": 3_600 * S, "d": DAY, "w": 7 * DAY}
DIGITS: Final = {"HKD": 2, "JPY": 0}
SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
EVERYBODY: Final = tuple(one for one in range(1, PEOPLE + 1) if one != MERGED[0])


class World:
    """The facts by person, as they are known at `NOW`."""

    def __init__(self, facts: Facts) -> None:
        self.scores: dict[Any, dict[int, int]] = {}
        self.orders = [
            one | {"person": person(one["member"]), "place": place}
            for place, one in enumerate(facts.orders)
            if not one["hidden"] and one["at"] <= NOW
        ]
        for one in self.orders:
            one["back"] = sum(
                r["amount"] for r in facts.refunds if r["order"] == one["place"] and r["at"] <= NOW
            )
        people = {one["place"]: one["person"] for one in self.orders}
        self.refunds = [
            {"person": people[one["order"]], "at": one["at"]}
            for one in facts.refunds
            if one["order"] in people and one["at"] <= NOW
        ]
        self.clicks, self.carts, self.pushes, self.said = (
            [one | {"person": person(one["member"])} for one in rows if _counts(one)]
            for rows in (facts.clicks, facts.carts, facts.pushes, facts.said)
        )
        self.pushes = [one for one in self.pushes if one["purpose"] == "marketing"]
        self.invites = [
            one | {"person": person(one["member"]), "invited": person(one["invitee"])}
            for one in facts.invites
            if not one["hidden"] and one["at"] <= NOW
        ]
        self.reviewed = {
            person(one["member"]) for one in facts.reviewed if one["state"] != "decided" and one["at"] <= NOW
        }


def person(member: int) -> int:
    return MERGED[1] if member == MERGED[0] else member


def _counts(one: Row) -> bool:
    return not one["hidden"] and not one["is_twice"] and bool(one["at"] <= NOW)


def start_of(written: str) -> int:
    """When a window begins."""
    local = datetime.fromtimestamp(NOW // S, ZONE).replace(hour=0, minute=0, second=0)
    if written == "ever":
        return -(1 << 62)
    if written == "this_week":
        local -= timedelta(days=local.weekday())
    elif written == "this_month":
        local = local.replace(day=1)
    elif written.startswith("since"):
        local = datetime.fromisoformat(written.split()[1]).replace(tzinfo=ZONE)
    elif written != "today":
        return NOW - int(written[:-1]) * UNITS[written[-1]]
    return int(local.timestamp()) * S


def matching(node: Node, world: World) -> set[int]:
    """Whom a tree names."""
    return {one for one in EVERYBODY if holds(node, one, world)}


def holds(node: Node, who: int, world: World) -> bool:
    match node:
        case Not(part):
            return not holds(part, who, world)
        case All(parts):
            return all(holds(part, who, world) for part in parts)
        case AnyOf(parts):
            return any(holds(part, who, world) for part in parts)
        case Form(_, value):
            return STATES[value](who, world)
    assert isinstance(node, Comparison)
    return _compares(node, who, world)


def _compares(leaf: Comparison, who: int, world: World) -> bool:
    given = {one.name: one.value for one in leaf.arguments}
    sign, operand = SIGNS[leaf.sign], leaf.operand
    if leaf.field.startswith(("first_", "last_")):
        age = _age(leaf.field, given, who, world)
        if isinstance(operand, Never):
            return sign(age is None, True)
        assert isinstance(operand, Duration)
        return sign(float("inf") if age is None else age, operand.count * UNITS[operand.unit])
    value = MEASURES[leaf.field](who, world, given, operand)
    if value is None:
        return False
    match operand:
        case Number(wanted):
            return sign(Fraction(value), Fraction(wanted))
        case Share(percent):
            return sign(Fraction(value) * 100, Fraction(percent))
        case Amount(wanted, currency):
            return sign(Fraction(value), Fraction(wanted) * 10 ** DIGITS.get(currency, 2))
        case Times(factor):
            mine, everybody = value
            return sign(mine, Fraction(factor) * everybody)
        case Never():
            return sign(value, "never")
        case Name(text):
            return sign(value, text)
    raise AssertionError(operand)


def _within(rows: list[Row], who: int, given: Mapping[str, str]) -> list[Row]:
    start = start_of(given.get("") or "ever")
    return [one for one in rows if one["person"] == who and start <= one["at"]]


def _category(line: tuple[Any, ...]) -> str:
    return line[0] or OF_PRODUCT.get(line[1], "")


def _fits(line: tuple[Any, ...], given: Mapping[str, str]) -> bool:
    return (
        given.get("category", _category(line)) == _category(line) and given.get("product", line[1]) == line[1]
    )


def _orders(who: int, world: World, given: Mapping[str, str]) -> list[Row]:
    is_filtered = given.keys() & {"category", "product"}
    return [
        one
        for one in _within(world.orders, who, given)
        if not is_filtered or any(_fits(line, given) for line in one["lines"])
    ]


def _units(who: int, world: World, given: Mapping[str, str], _: Any) -> int:
    return sum(
        line[3] for one in _within(world.orders, who, given) for line in one["lines"] if _fits(line, given)
    )


def _clicks(who: int, world: World, given: Mapping[str, str]) -> list[Row]:
    return [
        one
        for one in _within(world.clicks, who, given)
        if all(one[name] == given[name] for name in ("category", "product") if name in given)
    ]


def _spent(who: int, world: World, given: Mapping[str, str], currency: str) -> list[int]:
    return [
        one["total"] - one["back"] for one in _within(world.orders, who, given) if one["currency"] == currency
    ]


def _avg_order(who: int, world: World, given: Mapping[str, str], operand: Any) -> Fraction | None:
    spent = _spent(who, world, given, operand.currency)
    return Fraction(sum(spent), len(spent)) if spent else None


def _coupon_share(who: int, world: World, given: Mapping[str, str], _: Any) -> Fraction | None:
    bought = _within(world.orders, who, given)
    return (
        Fraction(sum(any(line[2] for line in one["lines"]) for one in bought), len(bought))
        if bought
        else None
    )


def _unit_price(who: int, world: World, given: Mapping[str, str], _: Any) -> tuple[Fraction, Fraction] | None:
    def priced(people: tuple[int, ...]) -> list[tuple[int, int]]:
        return [
            (line[3], line[4])
            for each in people
            for one in _within(world.orders, each, given)
            if one["currency"] == given["currency"]
            for line in one["lines"]
            if line[4] is not None
        ]

    mine, all_of_them = priced((who,)), priced((*EVERYBODY, ERASED))
    if not sum(quantity for quantity, _ in mine):
        return None
    return _mean(mine), _mean(all_of_them)


def _mean(priced: list[tuple[int, int]]) -> Fraction:
    return Fraction(
        sum(quantity * price for quantity, price in priced), sum(quantity for quantity, _ in priced)
    )


def _distinct(who: int, world: World, given: Mapping[str, str], _: Any) -> int:
    windows = {one: given[one] for one in given}
    table, _, column = windows.pop("what").partition(".")
    if table == "clicks":
        return len({one[column] for one in _within(world.clicks, who, given)} - {""})
    lines = [line for one in _within(world.orders, who, given) for line in one["lines"]]
    return len({_category(line) if column == "category" else line[1] for line in lines} - {""})


def _scores(world: World, given: Mapping[str, str], measure: Callable[[list[Row]], Any]) -> dict[int, int]:
    """Every buyer's score within a window: worked out once."""
    currency = given.get("currency")
    key = (given[""], currency, measure)
    if key not in world.scores:
        bought = {one: _within(world.orders, one, {"": given[""]}) for one in (*EVERYBODY, ERASED)}
        theirs = {
            one: measure(some)
            for one, rows in bought.items()
            if (some := [it for it in rows if currency in (None, it["currency"])])
        }
        world.scores[key] = {
            one: 1 + 5 * sum(other < mine for other in theirs.values()) // len(theirs)
            for one, mine in theirs.items()
        }
    return world.scores[key]


def _latest(rows: list[Row]) -> int:
    return max(int(one["at"]) for one in rows)


def _net(rows: list[Row]) -> int:
    return sum(one["total"] - one["back"] for one in rows)


def _rfm_r(who: int, world: World, given: Mapping[str, str], _: Any = None) -> int | None:
    return _scores(world, given, _latest).get(who)


def _rfm_f(who: int, world: World, given: Mapping[str, str], _: Any = None) -> int | None:
    return _scores(world, given, len).get(who)


def _rfm_m(who: int, world: World, given: Mapping[str, str], _: Any = None) -> int | None:
    return _scores(world, given, _net).get(who)


def _layer(who: int, world: World, given: Mapping[str, str], _: Any) -> str:
    r, f = _rfm_r(who, world, given), _rfm_f(who, world, given)
    if r is None or f is None:
        return "never"
    if r >= 4 and f >= 4:
        return "champions"
    if r >= 4 and f <= 2:
        return "new"
    if r >= 3 and f >= 3:
        return "loyal"
    return "at_risk" if r <= 2 and f >= 3 else "hibernating"


def _age(name: str, given: Mapping[str, str], who: int, world: World) -> int | None:
    which, _, what = name.partition("_")
    rows = {
        "order": _orders(who, world, given), "click": _within(world.clicks, who, given),
        "cart": _within(world.carts, who, given), "push": _within(world.pushes, who, given),
        "inbound": _within(world.said, who, given),
    }[what]  # fmt: skip
    times = [one["at"] for one in rows]
    return NOW - (min(times) if which == "first" else max(times)) if times else None


def _is_silent(who: int, world: World) -> bool:
    return not any(
        _within(rows, who, {"": "7d"}) for rows in (world.orders, world.clicks, world.carts, world.said)
    )


def _is_dormant(who: int, world: World) -> bool:
    age = _age("last_order", {}, who, world)
    return age is not None and 60 * DAY <= age <= 90 * DAY


def _is_new(who: int, world: World) -> bool:
    age = _age("first_order", {}, who, world)
    return age is not None and age <= 30 * DAY


STATES: Final[dict[str, Callable[[int, World], bool]]] = {
    "new": _is_new, "dormant": _is_dormant, "silent": _is_silent, "open": lambda who, w: who in w.reviewed,
    "referred": lambda who, w: any(one["invited"] == who for one in w.invites),
}  # fmt: skip
MEASURES: Final[dict[str, Callable[..., Any]]] = {
    "orders": lambda who, w, given, _: len(_orders(who, w, given)),
    "units": _units,
    "clicks": lambda who, w, given, _: len(_clicks(who, w, given)),
    "carts": lambda who, w, given, _: sum(
        given.get("state", one["state"]) == one["state"] for one in _within(w.carts, who, given)
    ),
    "refunds": lambda who, w, given, _: len(_within(w.refunds, who, given)),
    "pushes": lambda who, w, given, _: len(_within(w.pushes, who, given)),
    "referrals": lambda who, w, given, _: len(_within(w.invites, who, given)),
    "inbound": lambda who, w, given, _: sum(
        "group" not in given or given["group"] == one["group"] for one in _within(w.said, who, given)
    ),
    "spend": lambda who, w, given, operand: sum(_spent(who, w, given, operand.currency)),
    "avg_order": _avg_order,
    "coupon_share": _coupon_share,
    "unit_price": _unit_price,
    "distinct": _distinct,
    "rfm_r": _rfm_r,
    "rfm_f": _rfm_f,
    "rfm_m": _rfm_m,
    "rfm_layer": _layer,
}
