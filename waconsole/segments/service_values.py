"""The value of one field for every member, as the rows tell it: what bars are drawn of, and what people are ordered by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.query.bind import asked
from waconsole.query.compile import leaf_sql
from waconsole.query.fields import Asked, Scope
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import Comparison, Form
from waconsole.query.values import Never, Share, Times
from waconsole.segments import service_asking, store_layers
from waconsole.segments.service_asking import SECONDS_MAX, SUBJECT, Asking, Question

if TYPE_CHECKING:
    from waconsole.segments.service_columns_then import PreviewColumns

Value = float | int | str | None
_NAME: Final = re.compile(r"\s*([a-z_]+)", re.IGNORECASE)
# What a measure is compared with so that it can be read; of the answer only its value is used.
_READ_BY: Final[Mapping[str, str]] = {
    "number": "{} >= 0", "span": "{} >= 1s", "share": "{} >= 0%", "times": "{} >= 0x avg", "amount": "{} >= 0 {}",
    "moment": "{} >= 1970-01-01", "layer": "{} = never", "name": "{}:x",
}  # fmt: skip
SHOWN_FORMS: Final = frozenset({"lang", "zone"})


@dataclass(frozen=True, slots=True)
class Measured:
    """A field and its value for each member that has one.

    `kind` is the field's; a share is in percent, an amount in whole minor units of `currency`, a span in microseconds,
    a multiple as such. `absent` is the value of everybody else (None: no value, `never` of a span).
    """

    text: str
    kind: str
    values: Mapping[int, Value]
    absent: Value
    currency: str = ""


def measured(tx: Transaction, of: str, asking: Asking, *, currency: str = "") -> Measured:
    """The values of `of`, a field as it stands in a rule before its sign: `orders(90d)`, `spend(365d)`, `last_order`, `lang`.

    Raises QueryError, and Refused for a field that has no value of its own.
    """
    one, field_kind, unit = _asked(tx, of, asking, currency)
    known = service_asking.known_to(tx, asking)
    scope = Scope(asking.now, asking.operator_id, asking.zone, known=known)
    assert one.field is not None
    relation, column = one.field.relation, one.field.column
    absent: Value = None
    try:
        if relation is not None:
            value = "r.value"
            if relation.is_ratio:
                value = f"r.value * 1.0 / nullif(r.per, 0){_scaled(one)}"
            sql = f"SELECT r.id, {value} FROM ({relation.sql(one, scope)}) AS r"
            absent = relation.absent
        elif column is not None:
            sql = f"SELECT p.id, ({column(one, scope)}) FROM visible_member AS p"
        elif one.field.shows is not None and one.field.name in SHOWN_FORMS:
            sql = f"SELECT p.id, nullif({one.field.shows(one, scope)}, '') FROM visible_member AS p"
        else:
            raise Refused(f"{one.field.name} says yes or no of a member: count it instead.")
    except QueryError:
        raise
    with tx.limited(SECONDS_MAX):
        values = store_layers.pairs(tx, sql, scope.parameters)
    return Measured(
        of.strip(),
        field_kind,
        {key: found for key, found in values.items() if found is not None},
        absent,
        unit,
    )


def measured_among(
    tx: Transaction, of: str, question: Question, engine: PreviewColumns, *, currency: str = ""
) -> tuple[Measured, list[Value]]:
    """A field, and its value for each whom a question names, by columns where those can tell. Raises as `measured`."""
    from waconsole.segments.evaluate_facts import NotHeld

    ids = engine.members(tx, question)
    one, field_kind, unit = _asked(tx, of, question.asking, currency)
    try:
        values: list[Value] = [*engine.measures(tx, one, question, ids)]
        return Measured(of.strip(), field_kind, {}, None, unit), values
    except NotHeld:
        found = measured(tx, of, question.asking, currency=currency)
        return found, of_members(found, ids)


def _scaled(one: Asked) -> str:
    if isinstance(one.operand, Times):
        return " * r.all_per / nullif(r.all_value, 0)"
    return " * 100" if isinstance(one.operand, Share) else ""


def _asked(tx: Transaction, of: str, asking: Asking, currency: str) -> tuple[Asked, str, str]:
    found = _NAME.match(of)
    field = asking.vocabulary.of_subject(SUBJECT).get(found[1].casefold()) if found else None
    if field is None or field.kind not in _READ_BY:
        raise Refused(f"{of} is no measure of members: write one as in a rule, orders(90d) or spend(365d).")
    unit = ""
    if field.kind == "amount":
        unit = currency or store_layers.only_currency(tx, asking.now)
        if not unit:
            raise Refused(
                "Orders are in several currencies, or there are none: say which one with --currency."
            )
    rule = _READ_BY[field.kind].format(of, unit)
    try:
        tree = parse(rule)
        if not isinstance(tree, Comparison | Form):
            raise Refused(f"{of} is more than one measure: write one, as in orders(90d).")
        one = asked(tree, SUBJECT, asking.vocabulary)
        leaf_sql(
            one,
            asking.vocabulary.subject(SUBJECT),
            Scope(asking.now, zone=asking.zone, known=service_asking.known_to(tx, asking)),
        )
    except QueryError as error:
        raise error.in_text(rule) from None
    assert not isinstance(one.operand, Never)
    return one, field.kind, unit


def of_members(found: Measured, ids: Any) -> list[Value]:
    """The value of each of these members, in their order; None is no value (of a span: never)."""
    absent = None if found.absent == "never" and found.kind == "span" else found.absent
    return [found.values.get(int(one), absent) for one in ids]
