"""Why a row matches or not: every leaf asked of that row alone, with the value it was compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Protocol

from waconsole.clock import SECOND, iso
from waconsole.query.bind import asked
from waconsole.query.compile import compared, holds_absent, leaf_sql
from waconsole.query.fields import Asked, Relation, Scope, Subject, Vocabulary
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import All, AnyOf, Node, Not, leaves, written
from waconsole.query.values import Never, Number, Share, Times

VALUE_CHARACTERS_MAX: Final = 400
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))

Shown = str | int | float | bool | None


class Tx(Protocol):
    """What is asked of a transaction."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


@dataclass(frozen=True, slots=True)
class LeafFound:
    """One leaf, asked of one row. `value` is raw: foreign text goes through `safe` before it is shown.

    Counts are numbers; spans are words (`2d 3h`), as is `never`; None is no value.
    """

    text: str
    value: Shown
    threshold: Shown
    is_true: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether the row matches, and each leaf from left to right."""

    matches: bool
    leaves: tuple[LeafFound, ...]

    def document(self) -> dict[str, Any]:
        """As `waconsole explain` answers it."""
        found = [
            {"text": one.text, "value": one.value, "threshold": one.threshold, "true": one.is_true}
            for one in self.leaves
        ]
        return {"matches": self.matches, "leaves": found}


def explain(
    tx: Tx,
    query: str,
    subject: str,
    row_id: int,
    vocabulary: Vocabulary,
    *,
    now: int,
    zone: tzinfo,
    operator_id: int = 0,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> Explanation:
    """Explain a query for the row with that id. Raises QueryError."""
    of = vocabulary.subject(subject)
    try:
        tree = parse(query)
        found = [
            _leaf(
                tx, asked(leaf, subject, vocabulary), of, row_id, Scope(now, operator_id, zone, known=known)
            )
            for leaf in leaves(tree)
        ]
    except QueryError as error:
        raise error.in_text(query) from None
    truths = iter([one.is_true for one in found])
    return Explanation(_holds(tree, truths), tuple(found))


def _holds(node: Node, truths: Iterator[bool]) -> bool:
    """Whether a tree holds, given the truths of its leaves from left to right: each is taken, whatever came before."""
    match node:
        case Not(part):
            return not _holds(part, truths)
        case All(parts):
            held = [_holds(part, truths) for part in parts]
            return all(held)
        case AnyOf(parts):
            held = [_holds(part, truths) for part in parts]
            return any(held)
    return next(truths)


def _leaf(tx: Tx, one: Asked, subject: Subject, row_id: int, scope: Scope) -> LeafFound:
    row = scope.name("row", row_id)
    if one.field is not None and one.field.relation is not None:
        value, is_true = _of_relation(tx, one, one.field.relation, row, scope)
    else:
        condition = leaf_sql(one, subject, scope)
        shows = _value_sql(one, subject, scope)
        sql = f"SELECT coalesce(({condition}), 0), {shows or 'NULL'} FROM {subject.rows} WHERE {subject.key} = {row}"
        found = tx.execute(sql, scope.parameters).fetchone() or (0, None)
        is_true, value = bool(found[0]), found[1]
        if shows is None:
            return LeafFound(written(one.leaf), is_true, _threshold(one), is_true)
    return LeafFound(written(one.leaf), shown_value(one, value), _threshold(one), is_true)


def _of_relation(tx: Tx, one: Asked, relation: Relation, row: str, scope: Scope) -> tuple[Any, bool]:
    """The value of one row and whether it meets the comparison: only that row of the relation is worked out."""
    of_row = f"SELECT r.* FROM ({relation.sql(one, scope)}) AS r WHERE r.id = {row}"
    per = "r.per" if relation.is_ratio else "1"
    met = "1" if isinstance(one.operand, Never) else f"coalesce({compared('r.value', per, one, scope)}, 0)"
    shown = _ratio_shown(one) if relation.is_ratio else "r.value"
    found = tx.execute(f"SELECT {shown}, {met} FROM ({of_row}) AS r", scope.parameters).fetchone()
    if isinstance(one.operand, Never):
        return (found and found[0]), (found is None) == (one.sign == "=")
    if found is None:
        absent = None if one.field is not None and one.field.is_never else relation.absent
        return absent, holds_absent(relation, one)
    return found[0], bool(found[1])


def _ratio_shown(one: Asked) -> str:
    value = "r.value * 1.0 / nullif(r.per, 0)"
    if isinstance(one.operand, Times):
        return f"{value} * r.all_per / nullif(r.all_value, 0)"
    return f"{value} * 100" if isinstance(one.operand, Share) else value


def _value_sql(one: Asked, subject: Subject, scope: Scope) -> str | None:
    field = one.field
    if field is None:
        return subject.shows
    if field.shows is not None:
        return field.shows(one, scope)
    if field.column is not None:
        return f"({field.column(one, scope)})"
    return None


def shown_value(one: Asked, value: Any) -> Shown:
    """A value as it is shown: spans in words, shares in percent, amounts in their currency; none is never, or nothing."""
    kind = one.field.kind if one.field else "name"
    if value is None:
        return "never" if one.field is not None and one.field.is_never else None
    match kind:
        case "span":
            return span_words(int(value))
        case "moment":
            return iso(int(value))
        case "share":
            return f"{value:.4g}%"
        case "times":
            return f"{value:.4g}x avg"
        case "amount" if one.operand is not None:
            return f"{Decimal(round(value)).scaleb(-one.minor_digits)} {str(one.operand).rpartition(' ')[2]}"
    return value[:VALUE_CHARACTERS_MAX] if isinstance(value, str) else value


def span_words(span: int) -> str:
    """A span of microseconds, exact to the second: `2d 3h 5m`, `40s`, `0s`."""
    seconds = span // SECOND
    parts: list[str] = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def _threshold(one: Asked) -> Shown:
    if one.field is None:
        return " ".join(word.text for word in one.words)
    if isinstance(one.operand, Number):
        whole = int(one.operand.value)
        return whole if whole == one.operand.value else float(one.operand.value)
    return one.value
