"""Why a row matches or not: every leaf asked of that row alone, with the value it was compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final, Protocol

from waconsole.clock import SECOND, iso
from waconsole.query.bind import asked
from waconsole.query.compile import Compiled, compile_tree, leaf_sql
from waconsole.query.fields import Asked, Scope, Subject, Vocabulary
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import leaves, written
from waconsole.query.values import Number

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
) -> Explanation:
    """Explain a query for the row with that id. Raises QueryError."""
    of = vocabulary.subject(subject)
    try:
        tree = parse(query)
        whole = compile_tree(tree, subject, vocabulary, Scope(now, operator_id, zone))
        found = tuple(
            _leaf(tx, asked(leaf, subject, vocabulary), of, row_id, Scope(now, operator_id, zone))
            for leaf in leaves(tree)
        )
    except QueryError as error:
        raise error.in_text(query) from None
    return Explanation(matches(tx, whole, of, row_id), found)


def matches(tx: Tx, compiled: Compiled, subject: Subject, row_id: int) -> bool:
    """Whether the row with that id meets a condition."""
    sql = f"SELECT EXISTS (SELECT 1 FROM {subject.rows} WHERE {subject.key} = :row_id AND ({compiled.where}))"
    return bool(tx.execute(sql, {**compiled.parameters, "row_id": row_id}).fetchone()[0])


def _leaf(tx: Tx, one: Asked, subject: Subject, row_id: int, scope: Scope) -> LeafFound:
    condition = leaf_sql(one, subject, scope)
    value = _value_sql(one, subject, scope)
    sql = f"SELECT coalesce(({condition}), 0), {value or 'NULL'} FROM {subject.rows} WHERE {subject.key} = :row_id"
    row = tx.execute(sql, {**scope.parameters, "row_id": row_id}).fetchone() or (0, None)
    is_true = bool(row[0])
    shown = is_true if value is None else _shown(one, row[1])
    return LeafFound(written(one.leaf), shown, _threshold(one), is_true)


def _value_sql(one: Asked, subject: Subject, scope: Scope) -> str | None:
    field = one.field
    if field is None:
        return subject.shows
    if field.shows is not None:
        return field.shows(one, scope)
    if field.column is not None:
        return f"({field.column(one, scope)})"
    if field.relation is None:
        return None
    value = "r.value * 100.0 / nullif(r.per, 0)" if field.kind == "share" else "r.value"
    found = f"(SELECT {value} FROM ({field.relation.sql(one, scope)}) AS r WHERE r.id = {subject.key})"
    return f"coalesce({found}, {field.relation.absent})" if isinstance(field.relation.absent, int) else found


def _shown(one: Asked, value: Any) -> Shown:
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
        case "amount" if one.operand is not None:
            return f"{Decimal(int(value)).scaleb(-one.minor_digits)} {str(one.operand).rpartition(' ')[2]}"
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
