"""Asking members by rule: read and checked once, then counted, listed or explained by an engine.

Rows are the truth: the engine `sql` compiles the tree over them. Another engine answers the same question from what it
keeps; it is one more line of `ENGINES`. A saved segment in a rule is its version in force at `now`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Final, Protocol

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import folded
from waconsole.policy import store as policy
from waconsole.query.compile import compile_tree
from waconsole.query.explain import Explanation
from waconsole.query.explain import explain as explain_query
from waconsole.query.fields import Scope, Vocabulary
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.query.tree import All, AnyOf, Form, Node, Not
from waconsole.segments import fields, rfm, store_segments
from waconsole.segments.store_segments import Version
from waconsole.shop.fields import CURRENCY

SUBJECT: Final = "member"
SECONDS_MAX: Final = 300.0
INSIDE_MAX: Final = 40
EVERYBODY: Final = "visible_member AS p WHERE p.id NOT IN (SELECT id FROM erased_member)"


@dataclass(frozen=True, slots=True)
class Asking:
    """In which words, when and where it is asked: `now` in microseconds UTC, `zone` the shop's.

    `saved_at` is the instant whose saved segments count, where that is another than `now`.
    """

    vocabulary: Vocabulary
    now: int
    zone: tzinfo = UTC
    operator_id: int = 0
    saved_at: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A rule that was read and checked; every field in it is known, every segment it names is there."""

    text: str
    tree: Node
    asking: Asking
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """The instant it is asked of, in microseconds UTC."""
        return self.asking.now


class Matches(Protocol):
    """Whom a rule names: how many, and their ids in ascending order."""

    @property
    def count(self) -> int:
        """How many."""

    def ids(self) -> Sequence[int]:
        """Rows of `visible_member`, nobody of `erased_member`."""


class Engine(Protocol):
    """What answers questions. `load` makes it ready within this transaction; asking without it does so too."""

    def load(self, tx: Transaction, asking: Asking) -> None:
        """Have ready what does not depend on a rule."""

    def matches(self, tx: Transaction, question: Question) -> Matches:
        """Whom the rule names."""


@dataclass(slots=True)
class Saved:
    """The saved segments that a rule names, each a common table of the statement that asks."""

    tx: Transaction
    asking: Asking
    tables: list[str] = field(default_factory=list)
    _named: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _trouble: str = ""  # of the innermost segment that cannot be asked: those around it say the same

    def sql(self, name: str, scope: Scope) -> str:
        """The condition that a segment holds `p`. Raises Refused for none of that name, or one within itself."""
        found = self.version(name)
        key = folded(name)
        if key not in self._named:
            ids = self.ids(found, scope)
            table = f"segment_{len(self._named)}"
            self.tables.append(f"{table} (id) AS MATERIALIZED ({ids})")
            self._named[key] = table
        return f"p.id IN (SELECT id FROM {self._named[key]})"

    def ids(self, found: Version, scope: Scope) -> str:
        """SELECT of the ids of whom a version holds."""
        self._open.append(found.folded)
        ids = self._list(found, scope) if found.is_list else self._rule(found, scope)
        self._open.pop()
        return ids

    def version(self, name: str) -> Version:
        """The version in force. Raises Refused."""
        at = self.asking.now if self.asking.saved_at is None else self.asking.saved_at
        found = store_segments.version_of(self.tx, folded(name), now=at)
        if found is None or found.is_dropped:
            raise Refused(f"There is no segment {name}: `waconsole segments list` shows those there are.")
        if folded(name) in self._open:
            raise Refused(f"The segment {found.name} names itself: a segment cannot hold itself.")
        if len(self._open) >= INSIDE_MAX:
            raise Refused(
                f"Segments stand within each other at most {INSIDE_MAX} deep: {found.name} is deeper."
            )
        return found

    def _list(self, found: Version, scope: Scope) -> str:
        refs = scope.bind(json.dumps(found.members))
        return (
            f"SELECT r.root_id FROM json_each({refs}) AS wanted JOIN member AS m ON m.ref = wanted.value"
            " JOIN member_root AS r ON r.id = m.id"
        )

    def _rule(self, found: Version, scope: Scope) -> str:
        try:
            where = compile_tree(parse(found.rule), SUBJECT, self.asking.vocabulary, scope).where
        except QueryError as error:
            self._trouble = self._trouble or f"The segment {found.name} cannot be asked: {error}"
            raise Refused(self._trouble) from None
        return f"SELECT p.id FROM visible_member AS p WHERE {where}"

    def expanded(self, node: Node) -> Node:
        """The tree with the rules of the segments it names in their place; a list stays a leaf `segment:`."""
        match node:
            case Not(part):
                return Not(self.expanded(part))
            case All(parts):
                return All(tuple(map(self.expanded, parts)))
            case AnyOf(parts):
                return AnyOf(tuple(map(self.expanded, parts)))
            case Form("segment", value):
                found = self.version(value)
                if found.is_list:
                    return node
                self._open.append(folded(value))
                inner = self.expanded(parse(found.rule))
                self._open.pop()
                return inner
        return node


def read(tx: Transaction, rule: str, asking: Asking) -> Question:
    """Read a rule and check all of it. Raises QueryError with the place of what is wrong."""
    try:
        question = Question(rule, parse(rule), asking, known_to(tx, asking))
        statement(tx, question)
    except QueryError as error:
        raise error.in_text(rule) from None
    return question


def known_to(tx: Transaction, asking: Asking) -> dict[str, Any]:
    """What the fields want to know of the ledger, but for saved segments: see `Scope.known`."""
    return {
        CURRENCY: lambda: store_segments.only_currency(tx, now=asking.now),
        fields.RFM: cutting(tx, asking.now),
    }


def reads(tx: Transaction, vocabulary: Vocabulary, now: int, zone: tzinfo) -> dict[str, Any]:
    """What the fields want to know, for who asks outside of this room: a saved segment stands within the condition."""
    asking = Asking(vocabulary, now, zone)
    saved = Saved(tx, asking)

    def inside(name: str, scope: Scope) -> str:
        return f"p.id IN ({saved.ids(saved.version(name), scope)})"

    return {**known_to(tx, asking), fields.SEGMENT: inside}


def cutting(tx: Transaction, now: int) -> rfm.Cutting:
    """How scores and layers are cut, by the policy in force."""
    try:
        value, version = policy.in_force(tx, rfm.POLICY, now=now)
    except NotFound:
        return rfm.PLAIN
    return rfm.cutting_of(value, version)


def statement(tx: Transaction, question: Question, wanted: str = "p.id") -> tuple[str, dict[str, Any]]:
    """SELECT of `wanted` of whom the rule names, with its parameters. Raises QueryError."""
    asking = question.asking
    saved = Saved(tx, asking)
    known = {**question.known, fields.SEGMENT: saved.sql}
    scope = Scope(asking.now, asking.operator_id, asking.zone, known=known)
    compiled = compile_tree(question.tree, SUBJECT, asking.vocabulary, scope)
    tables = f"WITH {', '.join(saved.tables)} " if saved.tables else ""
    return f"{tables}SELECT {wanted} FROM {EVERYBODY} AND ({compiled.where})", compiled.parameters


@dataclass(frozen=True, slots=True)
class Rows:
    """Whom a statement over rows names."""

    tx: Transaction
    question: Question

    @property
    def count(self) -> int:
        """How many."""
        sql, parameters = statement(self.tx, self.question, "count(*)")
        with self.tx.limited(SECONDS_MAX):
            return int(self.tx.value(sql, parameters))

    def ids(self) -> list[int]:
        """In ascending order."""
        sql, parameters = statement(self.tx, self.question)
        with self.tx.limited(SECONDS_MAX):
            return store_segments.ids_of(self.tx, f"{sql} ORDER BY p.id", parameters)


class Sql:
    """The engine over rows: nothing is kept."""

    def load(self, tx: Transaction, asking: Asking) -> None:
        """There is nothing to have ready."""

    def matches(self, tx: Transaction, question: Question) -> Rows:
        """Whom the rule names."""
        return Rows(tx, question)


def _columns() -> Engine:
    """The engine over columns, which load with it."""
    from waconsole.segments.service_columns import Columns

    return Columns()


COLUMNS: Final = "columns"
SQL: Final = "sql"
ENGINES: Final[dict[str, Callable[[], Engine]]] = {COLUMNS: _columns, SQL: Sql}
PREFERRED: Final = COLUMNS


def engine_named(name: str | None) -> tuple[str, Engine]:
    """The engine called so, or the preferred one. Raises Refused."""
    name = name or PREFERRED
    made = ENGINES.get(name)
    if made is None:
        raise Refused(f"There is no engine {name}: there is {' and '.join(ENGINES)}.")
    return name, made()


def explain(tx: Transaction, rule: str, member_id: int, asking: Asking) -> Explanation:
    """Why a rule names a member or not: each leaf with its value. Raises QueryError."""
    read(tx, rule, asking)
    return _explained(tx, rule, member_id, asking)


def _explained(tx: Transaction, rule: str, member_id: int, asking: Asking) -> Explanation:
    saved = Saved(tx, asking)

    def holds(name: str, scope: Scope) -> str:
        found = saved.version(name)
        if found.is_list:
            return f"p.id IN ({saved.ids(found, scope)})"
        return "1 = 1" if _explained(tx, found.rule, member_id, asking).matches else "1 = 0"

    known = {**known_to(tx, asking), fields.SEGMENT: holds}
    with tx.limited(SECONDS_MAX):
        return explain_query(
            tx, rule, SUBJECT, member_id, asking.vocabulary,
            now=asking.now, zone=asking.zone, operator_id=asking.operator_id, known=known,
        )  # fmt: skip


def leaf_question(question: Question, leaf: Node) -> Question:
    """The question of one leaf alone, for an engine that leaves it to the rows."""
    return Question(question.text, leaf, question.asking, question.known)


__all__ = [
    "COLUMNS", "ENGINES", "PREFERRED", "SQL", "Asking", "Engine", "Matches", "Question", "Saved", "engine_named", "explain",
    "known_to", "leaf_question", "read", "statement",
]  # fmt: skip
