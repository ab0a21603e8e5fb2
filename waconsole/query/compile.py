"""From the tree to SQL: one condition with parameters. Nothing an operator wrote becomes SQL text.

A comparison with no value is false, so its `not` is true: every condition under a `not` is made
of truth and falsehood alone. Values of many rows are read as one relation and asked with IN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.query.bind import asked
from waconsole.query.fields import SIGNS, Asked, Relation, Scope, Subject, Vocabulary
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import All, AnyOf, Node, Not, leaves
from waconsole.query.values import Amount, Duration, Moment, Name, Never, Number, Operand, Share, Times

TRUE: Final = "1 = 1"
FALSE: Final = "1 = 0"
WHOLE_MAX: Final = 1 << 62  # SQLite's whole numbers have 64 bits; no value comes near
PLAIN_DEPTH_MAX: Final = 3
"""Up to here parts stand in the SQL in the order they were written in."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition over a subject's row and its parameters. `fields` are the names it used."""

    where: str
    parameters: dict[str, Any]
    fields: frozenset[str]


def compile_query(
    text: str,
    subject: str,
    vocabulary: Vocabulary,
    *,
    now: int,
    zone: tzinfo = UTC,
    operator_id: int = 0,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> Compiled:
    """Compile a query over one subject, named in the singular or the plural.

    `now` is in microseconds UTC, `zone` the shop's, `known` what the ledger was read for. Raises QueryError with the place of what it does not know.
    """
    scope = Scope(now, operator_id, zone, known=known)
    try:
        return compile_tree(parse(text), subject, vocabulary, scope)
    except QueryError as error:
        raise error.in_text(text) from None


def ids_sql(compiled: Compiled, subject: Subject) -> str:
    """SELECT of the ids of the rows that match, to stand in an IN beside a list's own conditions."""
    return f"SELECT {subject.key} FROM {subject.rows} WHERE {compiled.where}"


def compile_tree(tree: Node, subject: str, vocabulary: Vocabulary, scope: Scope) -> Compiled:
    """Compile a tree. Raises QueryError."""
    where = _condition(tree, subject, vocabulary, scope)
    used = frozenset(name for leaf in leaves(tree) if (name := getattr(leaf, "field", "")))
    return Compiled(where, scope.parameters, used)


def check(text: str, subject: str, vocabulary: Vocabulary) -> list[QueryError]:
    """Everything that is wrong with a query, in the order of its places: cheap enough for every key."""
    try:
        tree = parse(text)
    except QueryError as error:
        return [error.in_text(text)]
    found: list[QueryError] = []
    for leaf in leaves(tree):
        try:
            leaf_sql(asked(leaf, subject, vocabulary), vocabulary.subject(subject), Scope(0, is_check=True))
        except QueryError as error:
            found.append(error.in_text(text))
    return found


def _condition(
    node: Node, subject: str, vocabulary: Vocabulary, scope: Scope, *, negated: bool = False
) -> str:
    """A `not` goes down to the leaves, so that forty of them are no deeper than one."""
    match node:
        case Not(part):
            return _condition(part, subject, vocabulary, scope, negated=not negated)
        case All(()):
            return FALSE if negated else TRUE
        case All(parts) | AnyOf(parts):
            joined = " AND " if isinstance(node, All) is not negated else " OR "
            inner = (
                _condition(part, subject, vocabulary, scope, negated=negated)
                for part in _deepest_first(parts)
            )
            return joined.join(f"({one})" for one in inner)
    leaf = leaf_sql(asked(node, subject, vocabulary), vocabulary.subject(subject), scope)
    return f"NOT coalesce(({leaf}), 0)" if negated else leaf


def _deepest_first(parts: tuple[Node, ...]) -> tuple[Node, ...]:
    """SQLite's parser holds 100 things: what stands before a deep part counts on every level, what stands after it not."""
    if max(map(_depth, parts)) <= PLAIN_DEPTH_MAX:
        return parts
    return tuple(sorted(parts, key=_depth, reverse=True))


def _depth(node: Node) -> int:
    if isinstance(node, Not):
        return _depth(node.part)
    if isinstance(node, All | AnyOf):
        return 1 + max(map(_depth, node.parts), default=0)
    return 0


def leaf_sql(one: Asked, subject: Subject, scope: Scope) -> str:
    """The condition of one leaf; NULL counts as false. Raises QueryError for text the search does not take."""
    try:
        return _leaf_sql(one, subject, scope)
    except QueryError:
        raise
    except Refused as refusal:
        place = one.leaf.value_place if hasattr(one.leaf, "value_place") else one.leaf.place
        raise QueryError(str(refusal), place) from None


def _leaf_sql(one: Asked, subject: Subject, scope: Scope) -> str:
    field = one.field
    if field is None:
        return subject.text(one.words, scope)
    if field.condition is not None:
        return field.condition(one, scope)
    if field.column is not None:
        value = f"({field.column(one, scope)})"
        if isinstance(one.operand, Never):
            return f"{value} IS {'' if one.sign == '=' else 'NOT '}NULL"
        condition = compared(value, "1", one, scope)
        return f"coalesce({condition}, {_of_never(one)})" if field.is_never else condition
    if field.relation is not None:
        return _in_relation(field.relation, one, subject, scope)
    return field.states[one.value].sql(scope)


def _of_never(one: Asked) -> int:
    """Whether `never`, which is infinitely long ago, compares so."""
    return int(one.sign in (">", ">=", "!="))


def _in_relation(relation: Relation, one: Asked, subject: Subject, scope: Scope) -> str:
    rows = f"({relation.sql(one, scope)}) AS r"
    if isinstance(one.operand, Never):
        return f"{subject.key} {'NOT ' if one.sign == '=' else ''}IN (SELECT r.id FROM {rows})"
    inner = compared("r.value", "r.per" if relation.is_ratio else "1", one, scope)
    if holds_absent(relation, one):
        return f"{subject.key} NOT IN (SELECT r.id FROM {rows} WHERE NOT coalesce({inner}, 0))"
    return f"{subject.key} IN (SELECT r.id FROM {rows} WHERE {inner})"


def holds_absent(relation: Relation, one: Asked) -> bool:
    """Whether a row that is not in the relation meets the comparison."""
    if relation.absent is None:
        return False
    if isinstance(one.operand, Name):
        return (relation.absent == one.operand.text) == (one.sign == "=")
    if relation.absent == "never":
        return bool(_of_never(one))
    threshold = exact(one.operand, one.minor_digits)
    absent = Fraction(relation.absent)
    match one.sign:
        case "<":
            return absent < threshold
        case "<=":
            return absent <= threshold
        case ">":
            return absent > threshold
        case ">=":
            return absent >= threshold
        case "=":
            return absent == threshold
    return absent != threshold


def exact(operand: Operand | None, minor_digits: int) -> Fraction:
    """What an operand is in the unit that values are kept in."""
    match operand:
        case Number(value) | Times(value):
            return Fraction(value)
        case Duration():
            return Fraction(operand.microseconds)
        case Share(percent):
            return Fraction(percent) / 100
        case Amount(value, _):
            return Fraction(value) * Fraction(10**minor_digits)
    raise AssertionError(operand)


def compared(value: str, per: str, one: Asked, scope: Scope) -> str:
    """SQL that compares a value with the operand, exactly: in whole numbers, whatever the decimals.

    `value` is a whole number; with a `per` other than "1" it is `value` / `per`, both not below zero.
    """
    sign, operand = SIGNS[one.sign], one.operand
    if isinstance(operand, Moment):
        return _in_time(value, one.sign, operand, scope)
    if operand is None or not isinstance(operand, Number | Duration | Share | Amount | Times):
        return f"{value} {sign} {scope.bind(one.value)}"
    threshold = exact(operand, one.minor_digits)
    if isinstance(operand, Times):
        upper = f"({scope.bind(threshold.numerator)} * r.all_value)"
        return _ratio(value, per, sign, upper, f"({scope.bind(threshold.denominator)} * r.all_per)")
    if per != "1":
        bound = scope.bind(min(threshold.numerator, WHOLE_MAX))
        return _ratio(value, per, sign, bound, scope.bind(threshold.denominator))
    return _whole(value, sign, threshold, scope)


def _whole(value: str, sign: str, threshold: Fraction, scope: Scope) -> str:
    """A whole number against a fraction: against the whole number below it, or the one above."""
    below = min(threshold.numerator // threshold.denominator, WHOLE_MAX)
    if threshold.denominator == 1:
        return f"{value} {sign} {scope.bind(below)}"
    if sign in ("=", "<>"):  # no whole number is equal to it
        return FALSE if sign == "=" else f"{value} IS NOT NULL"
    return f"{value} {'<=' if sign[0] == '<' else '>'} {scope.bind(below)}"


def _ratio(value: str, per: str, sign: str, upper: str, lower: str) -> str:
    """`value` / `per` against `upper` / `lower`: the whole parts first, so that no product is larger than its parts allow."""
    return (
        f"{per} > 0 AND {lower} > 0 AND CASE WHEN {value} / {per} <> {upper} / {lower}"
        f" THEN {value} / {per} {sign} {upper} / {lower}"
        f" ELSE ({value} % {per}) * {lower} {sign} ({upper} % {lower}) * {per} END"
    )


def _in_time(value: str, sign: str, moment: Moment, scope: Scope) -> str:
    """A day is compared as the whole day it is: `> 2026-11-20` begins after its end."""
    start, stop = moment.bounds(scope.now, scope.zone)
    match sign:
        case "<":
            return f"{value} < {scope.bind(start)}"
        case "<=":
            return f"{value} < {scope.bind(stop)}"
        case ">":
            return f"{value} >= {scope.bind(stop)}"
        case ">=":
            return f"{value} >= {scope.bind(start)}"
    within = f"{value} >= {scope.bind(start)} AND {value} < {scope.bind(stop)}"
    return within if sign == "=" else f"NOT ({within})"
