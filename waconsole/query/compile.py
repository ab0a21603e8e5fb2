"""From terms to SQL: conditions with parameters, never text pasted in.

The rooms declare `Field`s and hand them in; this file never looks for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.query.words import Term, parse

COMPARATORS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "<>"}


@dataclass(slots=True)
class Scope:
    """What a condition may need besides its value: the instant, the operator, and fresh names for parameters."""

    now: int
    operator_id: int
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """The placeholder of a new parameter that holds `value`."""
        name = f"q{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"


@dataclass(frozen=True, slots=True)
class Field:
    """A word the language knows for one subject.

    `condition` makes SQL out of (operator sign, value, scope). `values` are the only values it
    takes, where they are few; `operators` the signs it takes.
    """

    name: str
    says: str
    condition: Callable[[str, str, Scope], str]
    values: tuple[str, ...] = ()
    operators: tuple[str, ...] = (":",)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition and its parameters. `fields` are the names it used."""

    where: str
    parameters: dict[str, Any]
    fields: frozenset[str]


TextCondition = Callable[[Sequence[Term], Scope], str]


def compile_query(
    text: str, fields: Mapping[str, Field], text_condition: TextCondition, *, now: int, operator_id: int = 0
) -> Compiled:
    """Compile a query over one subject.

    `text_condition` makes SQL of text terms that stand together. Raises Refused for an unknown
    field, value or sign, naming the nearest that is known.
    """
    scope = Scope(now, operator_id)
    conditions: list[str] = []
    used: set[str] = set()
    terms = parse(text)
    plain = [term for term in terms if not term.field and not term.negated]
    if plain:
        conditions.append(text_condition(plain, scope))
    for term in terms:
        if not term.field:
            if term.negated:
                conditions.append(f"NOT ({text_condition([term], scope)})")
            continue
        condition = _condition(term, fields, scope)
        used.add(term.field)
        conditions.append(f"NOT coalesce(({condition}), 0)" if term.negated else f"({condition})")
    return Compiled(" AND ".join(conditions) or "1 = 1", scope.parameters, frozenset(used))


def _condition(term: Term, fields: Mapping[str, Field], scope: Scope) -> str:
    known = fields.get(term.field)
    if known is None:
        raise Refused(f"There is no field {term.field!r} here{nearest(term.field, fields)}.")
    if term.op not in known.operators:
        raise Refused(
            f"{term.field} is not followed by {term.op!r}: write {known.name}{known.operators[0]}… ({known.says})"
        )
    if not term.value:
        raise Refused(f"{known.name}{term.op} lacks its value: {known.says}")
    if known.values and term.value.casefold() not in known.values:
        raise Refused(
            f"{known.name}: does not know {term.value!r}{nearest(term.value, known.values)};"
            f" it takes {', '.join(known.values)}."
        )
    return known.condition(term.op, term.value, scope)


def nearest(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """`; did you mean X?` for the known word most like `word`, or what there is."""
    close = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.0)
    return f"; did you mean {close[0]}?" if close else ""
