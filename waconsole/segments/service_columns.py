"""The engine over columns: an exact count at every keystroke.

Rows are the truth: before anything is answered, what they hold that the columns do not is read, within the
transaction of whoever asks. A leaf that columns do not know is asked of the rows, so that every rule has an answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import numpy as np

from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Transaction
from waconsole.query.bind import asked as bound
from waconsole.query.fields import Asked, Scope
from waconsole.query.tree import Leaf, Node
from waconsole.segments import evaluate_consent, fields, rfm
from waconsole.segments import store_columns_asking as rows
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments.columns import BASE, seconds
from waconsole.segments.evaluate import Evaluation, LeafBits, leaf_flags
from waconsole.segments.evaluate_facts import NotHeld, When
from waconsole.segments.masks import Bits, Flags, Ids, count, flags_of, ids_of, of_ids, packed
from waconsole.segments.service_asking import SUBJECT, Asking, Question, Saved
from waconsole.segments.service_columns_facts import PEOPLE, Facts
from waconsole.segments.service_columns_held import Stale

INSTANT_MIN: Final = 10**14
"""A parameter of more is an instant: what it is compared with moves with now."""
LEAVES_MAX: Final = 512
"""So many leaves are kept as bits, the longest unused given up first."""
READY, READY_LONG = 30 * DAY, 180 * DAY
"""Windows of so long ask for nothing that is not read yet, once it is ready; nor do those of RFM, however long."""
ROWS: Final = "rows"
"""What a leaf depends on that is asked of the rows: any commit."""
MEMBER_ATTRIBUTES: Final = {"lang": "language", "zone": "zone"}


@dataclass(slots=True)
class Known:
    """What a leaf came to: at which second, of which facts at which generation, by which cut points.

    `commits` is when that was last held against the ledger.
    """

    found: LeafBits
    second: int
    generations: tuple[tuple[str, int], ...]
    cuts: rfm.Cutting | None
    commits: int


@dataclass(frozen=True, slots=True)
class Matches:
    """Whom a rule names. `changes_at` is when that can next change by itself, in microseconds UTC; None: not by itself."""

    bits: Bits
    changes_at: int | None

    @property
    def count(self) -> int:
        """How many."""
        return count(self.bits)

    def ids(self) -> list[int]:
        """Their ids, in ascending order."""
        found: list[int] = self.members().tolist()
        return found

    def members(self) -> Ids:
        """The same as an array."""
        return ids_of(self.bits)


class Columns:
    """Holds the columns of one ledger for one thread. Everything is read by the transaction it is handed.

    That one reads: rows of a transaction that writes and is taken back would be held on to.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._facts = Facts()
        self._known: OrderedDict[Hashable, Known] = OrderedDict()
        self._bound: dict[tuple[int, Leaf], Asked] = {}
        self._commits = 0
        self._everybody: tuple[int, Bits] = (-1, np.zeros(1, np.uint64))
        self._sign: tuple[object, ...] = ()

    def load(self, tx: Transaction, asking: Asking) -> None:
        """Have in memory what most rules ask for; the rest is read when a rule asks for it."""
        self.refresh(tx)
        with suppress(NotHeld):
            facts = self._facts
            for timeline in (facts.timeline("order"), facts.timeline("click"), facts.sent()):
                timeline.make_ready(seconds(asking.now - READY))
            facts.couponed().make_ready(seconds(asking.now - READY_LONG))
            facts.timeline("refund")
            facts.people.words(tx, "language")

    def refresh(self, tx: Transaction) -> bool:
        """Follow what was committed since, by whomever; whether there was anything."""
        sign = (tx.value("PRAGMA data_version"), tx.value("SELECT total_changes()"), id(tx_connection(tx)))
        if sign == self._sign:
            self._facts.rely_on(tx)
            return False
        self._commits += 1
        try:
            self._facts.follow(tx)
        except Stale:
            self._begin_anew(tx)
        self._sign = sign
        return True

    def _begin_anew(self, tx: Transaction) -> None:
        """What is held was sealed by somebody under other numbers: read it again."""
        self._facts = Facts()
        self._known.clear()
        self._everybody = (-1, np.zeros(1, np.uint64))
        self._facts.follow(tx)

    def matches(self, tx: Transaction, question: Question) -> Matches:
        """Whom a question's rule names, exactly, as the rows stand in this transaction. Raises QueryError, Refused."""
        self.refresh(tx)
        try:
            return self._matches(tx, question)
        except Stale:
            self._begin_anew(tx)
            return self._matches(tx, question)  # within one transaction nobody seals a second time

    def count(self, tx: Transaction, question: Question) -> int:
        """How many a question's rule names."""
        return self.matches(tx, question).count

    def members(self, tx: Transaction, question: Question) -> Ids:
        """The ids of whom a question's rule names, ascending."""
        return self.matches(tx, question).members()

    def mask(self, tx: Transaction, question: Question) -> Flags:
        """By member id, whether a question's rule names them."""
        return flags_of(self.matches(tx, question).bits, self._facts.size)

    @property
    def population(self) -> Bits:
        """Everybody who can be asked about."""
        generation = self._facts.people.generation
        if self._everybody[0] != generation:
            self._everybody = (generation, packed(self._facts.people.is_member))
        return self._everybody[1]

    def _matches(self, tx: Transaction, question: Question) -> Matches:
        asking = question.asking
        saved = Saved(tx, asking)
        tree: Node = question.tree
        if fields.SEGMENT in question.text.casefold():
            tree = saved.expanded(tree)
        when = When(asking.now - asking.now % SECOND, asking.zone, question.known)
        evaluation = Evaluation(self.population, lambda leaf: self._leaf(tx, leaf, asking, when, saved))
        bits = evaluation.bits(tree)
        changes = evaluation.changes_at
        return Matches(bits, None if changes is None else (changes + BASE) * SECOND)

    def _asked(self, leaf: Leaf, asking: Asking) -> Asked:
        key = (id(asking.vocabulary), leaf)
        found = self._bound.get(key)
        if found is None:
            if len(self._bound) >= LEAVES_MAX:
                self._bound.clear()
            found = self._bound[key] = bound(leaf, SUBJECT, asking.vocabulary)
        return found

    def _leaf(self, tx: Transaction, leaf: Leaf, asking: Asking, when: When, saved: Saved) -> LeafBits:
        key: Hashable = leaf if when.zone is UTC else (leaf, when.zone)
        known = self._known.get(key)
        if known is not None and self._still_holds(known, when):
            self._known.move_to_end(key)
            return known.found
        asked = self._asked(leaf, asking)
        self._facts.used = set()
        try:
            found = self._of_columns(tx, asked, asking, when)
            used = tuple((name, self._facts.generation(name)) for name in sorted(self._facts.used))
        except NotHeld:
            found = self._of_rows(tx, asked, asking, when, saved)
            used = ((ROWS, self._commits),)
        self._known[key] = Known(found, when.second, used, when.known.get(fields.RFM), self._commits)
        self._known.move_to_end(key)
        if len(self._known) > LEAVES_MAX:
            self._known.popitem(last=False)
        return found

    def _still_holds(self, known: Known, when: When) -> bool:
        until = known.found.changes_at
        if when.second < known.second or (until is not None and when.second >= until):
            return False
        cuts = when.known.get(fields.RFM)
        if known.cuts is not cuts and known.cuts != cuts:
            return False
        if known.commits == self._commits:
            return True  # nothing changed since it was last looked at
        if all(self._generation(name) == one for name, one in known.generations):
            known.commits = self._commits
            return True
        return False

    def _generation(self, name: str) -> int:
        return self._commits if name == ROWS else self._facts.generation(name)

    def _of_columns(self, tx: Transaction, asked: Asked, asking: Asking, when: When) -> LeafBits:
        field = asked.field
        if field is not None and field.name == evaluate_consent.FIELD:
            return self._consent(tx, asked, asking, when)
        if field is not None and field.name in MEMBER_ATTRIBUTES:
            flags = self._attribute(field.name, asked.value)
            return LeafBits(packed(flags), None)
        flags, changes_at = leaf_flags(self._facts, asked, when)
        return LeafBits(packed(flags), changes_at)

    def _consent(self, tx: Transaction, asked: Asked, asking: Asking, when: When) -> LeafBits:
        """Who has a consent: by columns, and by the rows for whom those cannot tell."""
        found = evaluate_consent.in_force(self._facts, asked.value, when)
        self._facts.used.add(PEOPLE)
        unsure = found.unsure
        unsure[rows_of.ever_merged(tx)] = True
        if unsure.any():
            scope = Scope(asking.now, asking.operator_id, asking.zone)
            sql, _ = rows.sql_of(asked, asking.vocabulary.subject(SUBJECT), scope, is_nobody_merged=False)
            some = rows.among(sql, scope, np.flatnonzero(unsure))
            if some is None:
                raise NotHeld
            found.flags[unsure] = False
            found.flags[rows.ids(tx, some, scope.parameters)] = True
        return LeafBits(packed(found.flags), found.changes_at)

    def _attribute(self, name: str, value: str) -> Flags:
        """Who has a language or a zone, as `members.fields` compares them."""
        facts = self._facts
        facts.used.add(PEOPLE)
        kind = MEMBER_ATTRIBUTES[name]
        wanted = value.casefold()
        if name == "lang":
            wanted = wanted.replace("_", "-")
        numbers = facts.people.words(facts.tx, kind)
        which = [
            number
            for word, number in facts.words_of_kind(kind).items()
            if _is_of(_lower(word), wanted, with_regions=name == "lang")
        ]
        flags = np.zeros(numbers.size, np.bool_)
        for number in which:
            flags |= numbers == number
        return flags

    def _of_rows(self, tx: Transaction, asked: Asked, asking: Asking, when: When, saved: Saved) -> LeafBits:
        """Who meets a leaf by SQL: kept until somebody commits anything, or the second is over that it asks about."""
        known: Mapping[str, Any] = {**when.known, fields.SEGMENT: saved.sql}
        scope = Scope(asking.now, asking.operator_id, asking.zone, known=known)
        subject, is_nobody_merged = asking.vocabulary.subject(SUBJECT), self._facts.people.roots is None
        sql, is_other = rows.sql_of(asked, subject, scope, is_nobody_merged=is_nobody_merged)
        bits = of_ids(rows.ids(tx, sql, scope.parameters, saved.tables), self._facts.size)
        is_timed = any(isinstance(one, int) and one > INSTANT_MIN for one in scope.parameters.values())
        timed = is_timed or asked.window is not None or asked.operand is not None
        return LeafBits(~bits if is_other else bits, when.second + 1 if timed else None)


def _is_of(word: str, wanted: str, *, with_regions: bool) -> bool:
    if not with_regions:
        return word == wanted
    word = word.replace("_", "-")
    return word == wanted or word.startswith(f"{wanted}-")


def _lower(word: str) -> str:
    """In small letters as SQLite has it: A to Z alone."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in word)


def tx_connection(tx: Transaction) -> object:
    """What tells one connection from another: signs of one mean nothing to another."""
    return tx._connection
