"""What may be asked of cashback lines, in their pane: state, payee, scheme, order, amount, age. SQL over `l`, a line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.cashback.model import STATES
from waconsole.members.fields import PEOPLE, aliases_named, rows_of
from waconsole.money import EXPONENTS
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

SCHEMES: Final = Source(
    "SELECT name, '' FROM scheme WHERE name >= :begun AND name < :beyond ORDER BY name LIMIT :limit",
    folds=False,
)
BATCHES: Final = Source(
    "SELECT ref, '' FROM batch WHERE ref >= :begun AND ref < :beyond ORDER BY ref LIMIT :limit", folds=False
)
ORDERS: Final = Source(
    "SELECT reference, '' FROM \"order\" WHERE reference >= :begun AND reference < :beyond ORDER BY reference LIMIT :limit",
    folds=False,
)
_SCHEME: Final = "(SELECT name FROM scheme WHERE id = l.scheme_id)"
_ORDER: Final = '(SELECT reference FROM "order" WHERE id = l.order_id)'
_PAYEE: Final = (
    "(SELECT m.name FROM member_root AS r JOIN member AS m ON m.id = r.root_id WHERE r.id = l.payee_id)"
)
_STATE: Final = "(SELECT state FROM line_state WHERE id = l.id)"
_DISPUTED: Final = "EXISTS (SELECT 1 FROM dispute AS d WHERE d.line_id = l.id)"
_OWN_ORDER: Final = """EXISTS (
    SELECT 1
      FROM "order" AS o
      JOIN member_root AS b ON b.id = o.member_id
      JOIN member_root AS r ON r.id = l.payee_id
     WHERE o.id = l.order_id AND b.root_id = r.root_id)"""


def _stands(condition: str) -> str:
    """The lines whose standing `s` is so: from the standings, which have an index."""
    return f"l.id IN (SELECT s.id FROM line_state AS s WHERE {condition})"


def _mine(scope: Scope) -> str:
    me = scope.bind(scope.operator_id)
    return (
        f"({_stands(f's.proposed_by = {me}')} OR l.payee_id IN (SELECT r.id FROM operator_member AS o"
        f" JOIN member_root AS r ON r.root_id = o.root_id WHERE o.operator_id = {me}))"
    )


def _ready(scope: Scope) -> str:
    now = scope.bind(scope.now)
    waiting = _stands("s.state = 'accrued' AND s.held = 0 AND s.open_minor > 0")
    return f"({waiting} AND l.matures_at <= {now})"


def _has(word: str, scope: Scope) -> str:
    begun = scope.bind(word)
    text = f"coalesce({_ORDER}, l.period) || ' ' || {_SCHEME} || ' ' || coalesce({_PAYEE}, '')"
    name = f"substr(l.ref, 1, length({begun})) = lower({begun})"  # a name is of figures: a part of it says nothing
    return f"({name} OR instr(lower({text}), lower({begun})) > 0)"


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _payee(asked: Asked, scope: Scope) -> str:
    people = f"SELECT member_id FROM alias WHERE id IN ({aliases_named(asked.value, scope)})"
    refs = f"SELECT id FROM member WHERE ref = {scope.bind(asked.value)}"
    roots = f"SELECT root_id FROM member_root WHERE id IN ({people} UNION {refs})"
    return f"l.payee_id IN ({rows_of(roots)})"


def _in_batch(asked: Asked, scope: Scope) -> str:
    return (
        "l.id IN (SELECT b.line_id FROM batch_line AS b JOIN batch AS t ON t.id = b.batch_id"
        f" WHERE t.ref = {scope.bind(asked.value)})"
    )


def _amount(asked: Asked, scope: Scope) -> str:
    currency = scope.bind(getattr(asked.operand, "currency", ""))
    return f"CASE WHEN l.currency = {currency} THEN l.amount_minor END"


def _reversed(asked: Asked, scope: Scope) -> str:
    currency = scope.bind(getattr(asked.operand, "currency", ""))
    return (
        f"CASE WHEN l.currency = {currency} THEN (SELECT reversed_minor FROM line_state WHERE id = l.id) END"
    )


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"(SELECT {now} - decided_at FROM line_state WHERE id = l.id AND decided_at <= {now})"


SUBJECT: Final = Subject(
    "line", "lines", "what an order or a month earned somebody",
    rows="cashback_line AS l", key="l.id", order="l.id DESC",
    text=_text, text_says="how its name begins, or a part of its order, its scheme or its payee's name",
    shows="l.ref",
)  # fmt: skip
FIELDS: Final = (
    Field("line", "is", "how it stands", "state", "is:ready", states={
        "ready": State("its return window is over, and nobody has proposed it yet", _ready),
        "held": State("it is held", lambda _: _stands("s.held = 1")),
        "disputed": State("somebody says that it is not right", lambda _: _DISPUTED),
        "own_order": State("its payee bought it", lambda _: _OWN_ORDER),
        "mine": State("you proposed it, or it is paid to you: somebody else decides on it", _mine),
        "reversed": State("something of it was refunded", lambda _: _stands("s.reversed_minor > 0")),
        "open": State("something of it is not decided on yet", lambda _: _stands("s.open_minor > 0")),
        "solo": State("it was approved in solo mode", lambda _: _stands("s.solo = 1")),
    }),
    Field("line", "state", "what became of it", "state", "state:proposed", states={
        name: State(f"it is {name}", lambda _, name=name: _stands(f"s.state = '{name}'")) for name in STATES  # type: ignore[misc]
    }),
    Field("line", "payee", "whom it is paid to: a name, a ref or a number", "name", "payee:ana", source=PEOPLE,
          condition=_payee, shows=lambda _, __: _PAYEE),
    Field("line", "scheme", "the scheme it was earned under", "name", "scheme:seed", source=SCHEMES,
          condition=lambda asked, scope: f"l.scheme_id IN (SELECT id FROM scheme WHERE name = {scope.bind(asked.value)})",
          shows=lambda _, __: _SCHEME),
    Field("line", "currency", "the currency it is paid in", "name", "currency:HKD",
          condition=lambda asked, scope: f"l.currency = upper({scope.bind(asked.value)})",
          shows=lambda _, __: "l.currency"),
    Field("line", "order", "the order that earned it", "name", 'order:"#1001"', source=ORDERS,
          condition=lambda asked, scope:
          f"l.order_id IN (SELECT id FROM \"order\" WHERE reference = {scope.bind(asked.value)})",
          shows=lambda _, __: _ORDER),
    Field("line", "batch", "the batch it is or was in", "name", "batch:b-1", source=BATCHES, condition=_in_batch,
          shows=lambda _, __: "(SELECT ref FROM batch WHERE id = (SELECT batch_id FROM line_state WHERE id = l.id))"),
    Field("line", "month", "the calendar month (UTC) it was earned in: 2026-11", "name", "month:2026-11",
          condition=lambda asked, scope: f"l.period = {scope.bind(asked.value)}", shows=lambda _, __: "l.period"),
    Field("line", "amount", "what it earned, in that currency", "amount", "amount>=50 HKD", column=_amount),
    Field("line", "reversed", "what refunds took back of it, in that currency", "amount", "reversed>0 HKD",
          column=_reversed),
    Field("line", "age", "the time since it came to stand as it does", "span", "age>2d", column=_age),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of cashback."""
    return Vocabulary.of([SUBJECT], FIELDS, EXPONENTS)
