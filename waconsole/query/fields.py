"""What a room declares so that it can be asked: subjects, their fields, and all of them together.

A room's `fields.py` makes these; `catalogue` gathers them into one `Vocabulary` and hands it down.
A room may add fields to a subject that a room further down declared, and states to its `is:`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Any, Final, Literal

from waconsole.clock import SECOND
from waconsole.query.tree import Leaf, Word
from waconsole.query.values import Operand, Window

Kind = Literal["state", "name", "number", "span", "share", "amount", "times", "moment", "layer"]
FORMS: Final = frozenset({"state", "name"})
SIGNS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "<>"}


@dataclass(slots=True)
class Scope:
    """What SQL is made with: the instant, the zone, who asks, and fresh names for parameters.

    `now` is in microseconds UTC, floored to the second, as all event times are.
    """

    now: int
    operator_id: int = 0
    zone: tzinfo = UTC
    parameters: dict[str, Any] = made(default_factory=dict)
    known: Mapping[str, Any] = made(default_factory=dict)
    """What whoever asks read from the ledger before, by name: a field says what it wants of it."""
    is_check: bool = False
    """Nothing is asked: only what is wrong with the words is looked for."""

    def __post_init__(self) -> None:
        self.now -= self.now % SECOND

    def bind(self, value: object) -> str:
        """The placeholder of a new parameter that holds `value`."""
        return self.name(f"q{len(self.parameters)}", value)

    def within(self, column: str, window: Window | None) -> str:
        """The condition that an instant lies in a window; both its ends belong to it."""
        assert window is not None
        start, end = window.bounds(self.now, self.zone)
        return f"{column} BETWEEN {self.bind(start)} AND {self.bind(end)}"

    def name(self, name: str, value: object) -> str:
        """The placeholder of the parameter called so."""
        self.parameters[name] = value
        return f":{name}"


@dataclass(frozen=True, slots=True)
class State:
    """One value of a field that has few: what it means, and its condition."""

    says: str
    sql: Callable[[Scope], str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the real values of a field are: SQL with `:begun`, `:beyond` and `:limit`, each row (value, ref or '').

    The value is raw. Where it cannot be shown as it is, its ref is written instead. `folds` tells whether it is
    compared without case, so that what was typed is folded before the look-up.
    """

    sql: str
    folds: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument in the brackets of a measure: `group=`. Without `=` when `is_plain`.

    One with a `kind` (number, span or share) is written as such a value; `otherwise` is what it is when left out.
    """

    name: str
    says: str
    values: tuple[str, ...] = ()
    source: Source | None = None
    is_plain: bool = False
    is_required: bool = False
    kind: Kind | None = None
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One leaf with everything checked: the field (None for text), and what was asked of it.

    `threshold` is what the value is compared with: micros of a span, hundredths and so on are made of it.
    """

    leaf: Leaf
    field: Field | None = None
    value: str = ""
    sign: str = "="
    operand: Operand | None = None
    window: Window | None = None
    arguments: Mapping[str, str] = made(default_factory=dict)
    words: tuple[Word, ...] = ()
    minor_digits: int = 0


SQL = Callable[[Asked, Scope], str]


@dataclass(frozen=True, slots=True)
class Relation:
    """Values of many rows at once: SQL that selects `id` and `value`.

    `absent` is the value of a row that is not in it: a number, `never` (of a span: infinitely long ago; of a layer:
    its name), or None for no value. A ratio selects `per`, its divisor, too; one that is compared with the mean of
    everybody also `all_value` and `all_per`.
    """

    sql: SQL
    absent: int | Literal["never"] | None = 0
    is_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A word of the language for one subject.

    `says` defines it in words. A *form* (`kind` state or name) is followed by a colon; its `condition`
    makes SQL from `Asked.value`, and `shows` SQL of the value an explanation shows. Every other kind is a
    *measure*, followed by a sign: its value is a `column` (SQL over the row, NULL for no value) or a
    `relation`; `condition` instead of both compares by itself. `most` is the highest number it may be compared with.
    """

    subject: str
    name: str
    says: str
    kind: Kind
    example: str
    condition: SQL | None = None
    column: SQL | None = None
    relation: Relation | None = None
    shows: SQL | None = None
    states: Mapping[str, State] = made(default_factory=dict)
    source: Source | None = None
    parameters: tuple[Parameter, ...] = ()
    has_window: bool = False
    is_never: bool = False
    most: int | None = None

    @property
    def is_form(self) -> bool:
        """Whether it is written with a colon."""
        return self.kind in FORMS


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be asked about: `rows` is what stands after FROM, `key` its id, `order` newest first.

    `text` makes the condition of words without a field; `shows` is SQL of the text an explanation shows.
    """

    name: str
    plural: str
    says: str
    rows: str
    key: str
    order: str
    text: Callable[[Sequence[Word], Scope], str]
    text_says: str
    shows: str


Reads = Callable[[Any, "Vocabulary", int, tzinfo], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All subjects and their fields. `currencies` maps each known code to its digits after the point.

    `reads` is what reads from a ledger what the fields want to know of it (`Scope.known`): (transaction, vocabulary,
    now, zone).
    """

    subjects: Mapping[str, Subject]
    fields: Mapping[str, Mapping[str, Field]]
    currencies: Mapping[str, int] = made(default_factory=dict)
    reads: Reads | None = None

    @classmethod
    def of(
        cls,
        subjects: Iterable[Subject],
        fields: Iterable[Field],
        currencies: Mapping[str, int] = MappingProxyType({}),
    ) -> Vocabulary:
        """Gather declarations. States of one field from several rooms become one field; nothing else may be said twice."""
        by_subject: dict[str, dict[str, Field]] = {one.name: {} for one in subjects}
        for one in fields:
            known = by_subject[one.subject].get(one.name)
            if known is not None:
                assert known.kind == one.kind == "state", f"{one.subject} {one.name} is declared twice"
                assert not known.states.keys() & one.states.keys()
            joined = one if known is None else replace(known, states={**known.states, **one.states})
            by_subject[one.subject][one.name] = joined
        return cls({one.name: one for one in subjects}, by_subject, currencies)

    def known(self, tx: Any, now: int, zone: tzinfo) -> Mapping[str, Any]:
        """What the fields want to know of this ledger at that instant."""
        return {} if self.reads is None else self.reads(tx, self, now, zone)

    def subject(self, name: str) -> Subject:
        """The subject called so, in the singular or the plural."""
        found = self.subjects.get(name)
        return found or next(one for one in self.subjects.values() if one.plural == name)

    def of_subject(self, name: str) -> Mapping[str, Field]:
        """The fields of a subject by name."""
        return self.fields[self.subject(name).name]

    def known_to(self, name: str) -> list[str]:
        """The subjects that know a field of that name."""
        return [subject for subject, fields in self.fields.items() if name in fields]
