"""All facts in memory, as the timelines that measures are worked out from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from waconsole.database.connection import Transaction
from waconsole.segments import store_columns as store
from waconsole.segments import store_columns_rows as rows_of
from waconsole.segments.aggregates import Timeline
from waconsole.segments.aggregates_kept import Kept
from waconsole.segments.aggregates_once import once_each
from waconsole.segments.aggregates_strips import Strip, nothing
from waconsole.segments.columns import FACTS, NO_WORD, UNPRICED, Numbers, Unfit
from waconsole.segments.evaluate_facts import NotHeld
from waconsole.segments.service_columns_held import Held, Ledger, Stale
from waconsole.segments.service_columns_people import People
from waconsole.segments.store_columns import Mark
from waconsole.segments.store_columns_due import last_id
from waconsole.segments.store_columns_words import Words

SEND, ALIAS, PRODUCT, PEOPLE = "send", "alias", "product", "people"
MARKETING: Final = "marketing"


class Facts:
    """What columns know of the ledger: `follow` it before anything is asked. Raises Stale where it begins anew.

    A fact is read when it is first asked for. `used` collects the names of those a leaf asked, with the generation of
    each, so that its answer is known to hold as long as they stand.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.people = People()
        self.kept = Kept(1)
        self.used: set[str] = set()
        self._held: dict[str, Held] = {}
        self._words = Words()
        self._ledger: Ledger | None = None
        self._through = 0
        self._followed: set[str] = set()
        self._made: dict[Hashable, tuple[tuple[int, ...], Timeline]] = {}
        self._changes: dict[str, tuple[object, ...]] = {}
        self._generations: dict[str, int] = {}
        self._sent: Strip | None = None
        self._aliases: Numbers | None = None
        self._products: dict[str, str] = {}

    @property
    def size(self) -> int:
        """One more than the highest member id."""
        return self.people.size

    @property
    def tx(self) -> Transaction:
        """What the ledger is read by."""
        return self._now.tx

    @property
    def _now(self) -> Ledger:
        assert self._ledger is not None
        return self._ledger

    def follow(self, tx: Transaction) -> None:
        """Look at the ledger anew: what changed is read when it is next asked for."""
        ledger = Ledger(tx, self._words, store.marks(tx), store.open_import_runs(tx))
        through = sum(mark.through_id for mark in ledger.marks.values())
        if self._ledger is not None and through != self._through and self._words.is_outdated(tx):
            raise Stale
        self._through, self._ledger, self._followed = through, ledger, set()
        self.people.follow(ledger)
        if self.kept.size != self.size:
            self.kept = Kept(self.size)
            self._made.clear()
        self._ledger = replace(ledger, roots=self.people.roots)

    def rely_on(self, tx: Transaction) -> None:
        """Nothing changed since: read by this transaction what was not read yet."""
        self._ledger = replace(self._now, tx=tx)

    def generation(self, name: str) -> int:
        """Another number whenever something of a fact changed, as far as it was asked for."""
        if name == PEOPLE:
            return self.people.generation
        if name in FACTS:
            return self._fact(name).generation
        self._look_at(name)
        return self._generations[name]

    def word(self, kind: str, word: str) -> int | None:
        """The number of a word; None for one that no row holds."""
        return self._words.number(self.tx, kind, word)

    def words_of_kind(self, kind: str) -> dict[str, int]:
        """Every word of a kind that has few, with its number."""
        return self._words.of_kind(self.tx, kind)

    def _fact(self, name: str) -> Held:
        self.used.add(name)
        held = self._held.get(name)
        if held is None:
            held = self._held[name] = Held(FACTS[name])
        if name not in self._followed:
            ledger = self._now
            if name == "message" and last_id(self.tx, name):
                self._look_at(ALIAS)
                ledger = replace(ledger, roots=self._aliases)
            held.follow(ledger)
            self._followed.add(name)
        held.reading = self.tx
        if not held.is_fit:
            raise NotHeld
        return held

    def _look_at(self, name: str) -> None:
        """Read what is not kept in columns, where it changed."""
        self.used.add(name)
        if name in self._followed:
            return
        ledger = self._now
        signs: tuple[object, ...] = (ledger.marks.get(name, Mark()).changes,)
        if name == PRODUCT:
            signs = (*signs, ledger.open_runs)
        if name == ALIAS:
            signs = (*signs, self.tx.value("SELECT max(id) FROM alias"), self.size)
        if name == SEND:
            signs = (*signs, self.people.roots is None, ledger.marks.get("merge", Mark()).changes)
        if self._changes.get(name) != signs:
            self._changes[name] = signs
            self._generations[name] = self._generations.get(name, 0) + 1
            self._read(name)
        self._followed.add(name)

    def _read(self, name: str) -> None:
        if name == PRODUCT:
            self._products = rows_of.category_of_product(self.tx)
        elif name == ALIAS:
            self._aliases = rows_of.person_of_alias(self.tx, self.size)
        else:
            try:
                who, at = rows_of.sent_here(self.tx)
            except Unfit:
                raise NotHeld from None
            order = np.argsort(at, kind="stable")
            self._sent = Strip(at[order], who[order], nothing)

    def _timeline(self, key: Hashable, names: Iterable[str], make: Callable[[], list[Strip]]) -> Timeline:
        """The timeline of that name, made anew when one of its facts changed."""
        generations = tuple(self.generation(name) for name in names)
        known = self._made.get(key)
        if known is None or known[0] != generations:
            known = self._made[key] = (generations, Timeline(make(), self.size, self.kept))
        return known[1]

    def _strips(self, fact: str, part: str | None = None) -> list[Strip]:
        """The parts of a fact, or the one of that word."""
        held = self._fact(fact)
        if part is None:
            wanted = sorted(held.parts)
        else:
            number = self.word(held.fact.part, part) if part else None
            wanted = [] if number is None else [number]
        return [
            self._with_category(fact, one, strip) for one in wanted for strip in held.strips(self.tx, one)
        ]

    def _with_category(self, fact: str, part: int, strip: Strip) -> Strip:
        """The strip, which knows its category as a column, too."""
        if fact not in ("line", "click"):
            return strip

        def column(name: str) -> Numbers:
            if name != "category":
                return strip.column(name)
            if part != NO_WORD or fact == "click":
                return np.full(strip.size, part, np.int32)
            return self._category_by_product(strip)

        return strip.knowing(column)

    def _category_by_product(self, strip: Strip) -> Numbers:
        """Of lines without a category: their product's."""
        self._look_at(PRODUCT)
        products = strip.column("product")
        numbers, place = np.unique(products, return_inverse=True)
        categories = np.full(numbers.size, NO_WORD, np.int32)
        of_category = self._words.numbers(self.tx, "category", list(self._products.values()))
        of_product = self._words.numbers(self.tx, "product", list(self._products))
        at = np.searchsorted(numbers, of_product)
        is_sold = (at < numbers.size) & (numbers[np.minimum(at, numbers.size - 1)] == of_product)
        categories[at[is_sold]] = of_category[is_sold]
        return categories[place]

    def timeline(self, fact: str, *, part: str | None = None, product: str | None = None) -> Timeline:
        """See `evaluate_facts.Facts`; `line.priced` are lines of one currency that have a price, `invite.invitee` invites by invitee."""
        if fact == "line.priced":
            currency = part or ""
            return self._timeline((fact, part), ("line",), lambda: self._priced(currency))
        if fact == "invite.invitee":
            return self._timeline(fact, ("invite",), self._by_invitee)
        names = ("line", PRODUCT) if fact == "line" else (fact,)
        if part is not None and product is None and self._is_all(fact, part):
            part = None

        def make() -> list[Strip]:
            return self._of_product(self._strips(fact, part), product)

        return self._timeline((fact, part, product), names, make)

    def _is_all(self, fact: str, part: str) -> bool:
        """Whether all rows of a fact are of that word: then what was worked out of all holds of it, too."""
        held = self._fact(fact)
        return bool(part) and list(held.parts) == [self.word(held.fact.part, part)]

    def _of_product(self, strips: list[Strip], product: str | None) -> list[Strip]:
        if product is None:
            return strips
        number = self.word("product", product) if product else None
        if number is None:
            return []
        found = [strip.only(strip.column("product") == number) for strip in strips]
        return [strip for strip in found if strip.size]

    def _priced(self, currency: str) -> list[Strip]:
        number = self.word("currency", currency)
        found = []
        for strip in self._strips("line"):
            which = (strip.column("currency") == number) & (strip.column("price") > UNPRICED)
            found.append(strip if which.all() else strip.only(which))
        return found if number is not None else []

    def _by_invitee(self) -> list[Strip]:
        roots = self.people.roots
        found = []
        for strip in self._strips("invite"):
            who = strip.column("invitee")
            found.append(Strip(strip.at, who if roots is None else roots[who], strip.column))
        return found

    def bought(self, *, category: str | None = None, product: str | None = None, once: bool) -> Timeline:
        """See `evaluate_facts.Facts`."""

        def make() -> list[Strip]:
            strips = self._of_product(self._of_category(category), product)
            return once_each(strips) if once else strips

        return self._timeline(("bought", category, product, once), ("line", PRODUCT), make)

    def _of_category(self, category: str | None) -> list[Strip]:
        """Lines of a category, with those that have it by their product."""
        strips = self._strips("line", category)
        if not category or NO_WORD not in self._fact("line").parts:
            return strips
        if category not in self._products.values():
            return strips
        number = self.word("category", category)
        for bare in self._fact("line").strips(self.tx, NO_WORD):
            by_product = bare.only(self._category_by_product(bare) == number)
            if by_product.size:
                strips.append(by_product)
        return strips

    def couponed(self) -> Timeline:
        """See `evaluate_facts.Facts`."""

        def make() -> list[Strip]:
            strips = self._strips("coupon")
            return strips if self._fact("coupon").is_once else once_each(strips)

        return self._timeline("couponed", ("coupon",), make)

    def sent(self) -> Timeline:
        """See `evaluate_facts.Facts`."""

        def make() -> list[Strip]:
            here = [] if self._sent is None or not self._sent.size else [self._sent]
            return [*self._strips("push", MARKETING), *here]

        return self._timeline("sent", ("push", SEND), make)

    def heard(self) -> Timeline:
        """See `evaluate_facts.Facts`."""
        return self._timeline(
            "heard", ("heard", "message"), lambda: [*self._strips("heard"), *self._strips("message")]
        )

    def only_currency(self) -> str:
        """See `evaluate_facts.Facts`."""
        held = self._fact("order")
        sold = {number for number in held.parts if held.strips(self.tx, number)}
        words = [word for word, number in self.words_of_kind("currency").items() if number in sold]
        return words[0] if len(words) == len(sold) == 1 else ""
