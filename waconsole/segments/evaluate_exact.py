"""Values of all members against what a rule compares them with: exactly, in whole numbers. Pure.

The meaning is that of `query.compile.compared`: a value is a whole number, or one whole number by another; a member
without a value meets no comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from waconsole.query.fields import Asked
from waconsole.query.values import Amount, Duration, Number, Share, Times
from waconsole.segments.aggregates_strips import Whole
from waconsole.segments.masks import Flags

PRODUCTS: Final = (np.int16, np.int32, np.int64)
"""A product is worked out in as few bytes as hold it."""
WHOLE_MAX: Final = 1 << 62  # as in SQL: no value comes near


@dataclass(slots=True)
class Values:
    """One value per member id: `value`, or `value` / `per`.

    Who has none is not in `has`; None means that everybody has one (0 for who did nothing). `all_value` / `all_per`
    is the mean over everybody. `changes_at` is the second at which a value can next change by itself.
    """

    value: Whole
    has: Flags | None = None
    per: Whole | None = None
    all_value: int = 0
    all_per: int = 0
    changes_at: int | None = None


def threshold_of(asked: Asked) -> Fraction:
    """What a measure is compared with, in the unit its values are kept in."""
    match asked.operand:
        case Number(value) | Times(value):
            return Fraction(value)
        case Duration():
            return Fraction(asked.operand.microseconds)
        case Share(percent):
            return Fraction(percent) / 100
        case Amount(value, _):
            return Fraction(value) * Fraction(10**asked.minor_digits)
    raise AssertionError(asked.operand)


def compared(values: Values, asked: Asked) -> Flags:
    """Who meets the comparison."""
    threshold = threshold_of(asked)
    if values.per is None:
        flags = _whole(values.value, asked.sign, threshold)
        return flags if values.has is None else flags & values.has
    if isinstance(asked.operand, Times):
        if not values.all_per or not threshold.denominator * values.all_per:
            return np.zeros(values.value.size, np.bool_)
        threshold *= Fraction(values.all_value, values.all_per)
    return _ratio(values.value, values.per, asked.sign, threshold) & (values.per > 0)


def _whole(value: Whole, sign: str, threshold: Fraction) -> Flags:
    below = min(threshold.numerator // threshold.denominator, WHOLE_MAX)
    if threshold.denominator != 1:
        if sign in ("=", "!="):  # no whole number is equal to it
            return np.full(value.size, sign == "!=")
        return value <= below if sign[0] == "<" else value > below
    return _by_sign(value, sign, below, below)


def _by_sign(value: Whole, sign: str, floor: Whole | int, ceiling: Whole | int) -> Flags:
    """A whole number against one that lies between its floor and its ceiling; they are one where it is whole."""
    flags: Flags
    match sign:
        case "<":
            flags = value < ceiling
        case "<=":
            flags = value <= floor
        case ">":
            flags = value > floor
        case ">=":
            flags = value >= ceiling
        case "=":
            flags = (value == floor) & (value == ceiling)
        case _:
            flags = (value != floor) | (value != ceiling)
    return flags


def _ratio(value: Whole, per: Whole, sign: str, threshold: Fraction) -> Flags:
    """`value` / `per` is compared as `value` with `threshold` x `per`, which lies between two whole numbers."""
    upper, lower = threshold.numerator, threshold.denominator
    most = int(per.max(initial=0))
    largest = max(int(value.max(initial=0)), -int(value.min(initial=0))) * lower
    for kind in PRODUCTS:
        if max(largest, most * upper, upper, lower) <= np.iinfo(kind).max:
            bound = np.multiply(per, upper, dtype=kind)
            return _by_sign(np.multiply(value, lower, dtype=kind), sign, bound, bound)
    value, per = value.astype(np.int64, copy=False), per.astype(np.int64, copy=False)
    whole, rest = divmod(upper, lower)
    if (whole + 1) * most >= WHOLE_MAX or max(rest, 1) * most >= WHOLE_MAX or lower >= WHOLE_MAX:
        return _ratio_slowly(value, per, sign, threshold)
    part, over = np.divmod(per * rest, lower)
    floor = per * whole + part
    return _by_sign(value, sign, floor, floor + (over > 0))


def _ratio_slowly(value: Whole, per: Whole, sign: str, threshold: Fraction) -> Flags:
    """The same where a product would not fit into 64 bits."""
    bound = per.astype(object) * threshold.numerator
    return _by_sign(value.astype(object) * threshold.denominator, sign, bound, bound).astype(np.bool_)
