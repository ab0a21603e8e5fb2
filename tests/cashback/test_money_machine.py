"""Everything that may happen to cashback, in any order, against a plain model of the rules; after each step all is proved."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from contextlib import ExitStack
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.cashback import earnings
from tests.cashback.earnings import AMARA, BETO, LIN, NOW, SINCE
from tests.cashback.ledger_lines import KEPT, operator
from tests.cashback.money_model import MAY_DECIDE, Line, Money
from waconsole import catalogue
from waconsole.cashback import (
    service_deciding,
    service_earning,
    service_exporting,
    service_paying,
    service_reconciling,
    service_schemes,
    service_statement,
    store_deciding,
    store_marks,
)
from waconsole.cashback.earning import Terms
from waconsole.cashback.reconciling import Told
from waconsole.cashback.service_decisions import whole
from waconsole.clock import DAY, SECOND
from waconsole.errors import Refused
from waconsole.ledger.service_verify import verify
from waconsole.members import store_merge
from waconsole.members.model import ref_of
from waconsole.money import EXPONENTS
from waconsole.money import Money as Amount
from waconsole.operators import service as operators
from waconsole.operators import store_sign_in

CURRENCIES: Final = ("HKD", "JPY", "KWD", "points")
MEMBERS: Final = {"lin": LIN, "amara": AMARA, "beto": BETO}
# name: (role, the member they are)
STAFF: Final[dict[str, tuple[str, str | None]]] = {
    "ann": ("owner", None),
    "kim": ("moderator", None),
    "lee": ("moderator", "lin"),
    "abe": ("ambassador", "amara"),
    "zoe": ("owner", "beto"),
}
LIMITS: Final = {"ann": 10_000, "kim": 600, "lee": 5_000, "abe": 3_000}
RATES: Final = (Fraction(3, 100), Fraction(7, 200), Fraction(1, 3))
RETURN_DAYS: Final = 14
VERBS: Final = ("propose", "approve", "approve", "reject", "hold", "release", "ask", "again")
RESULTS: Final = ("confirmed", "failed", "returned")
TOTAL_MAX: Final = 40_000

who = st.sampled_from(sorted(STAFF))
aims = st.sampled_from((True, True, True, False))  # at what can be done; else at anything
place = st.integers(0, 30)
money = st.sampled_from(CURRENCIES)


class Version(NamedTuple):
    """Terms: in force for orders from `begins_at` on."""

    number: int
    begins_at: int
    set_at: int
    rate: Fraction
    cap: int | None


class Order(NamedTuple):
    """What was bought: `earned` once it was looked at."""

    buyer: str
    at: int
    currency: str
    total: int
    run: int


class Cashback(RuleBasedStateMachine):
    """A shop, its ambassadors and five operators, each looking at what stood a moment ago."""

    @initialize()
    def begin(self) -> None:
        """Two schemes, three ambassadors, limits."""
        self.stack = ExitStack()
        self.tx = self.stack.enter_context(earnings.shop_ledger())
        self.now, self.runs, self.places = NOW, 0, 0
        self.orders: dict[str, Order] = {}
        self.ids: dict[str, int] = {}
        self.refunds: dict[str, int] = {}
        self.waiting: list[tuple[str, int]] = []
        self.earned: set[str] = set()
        self.names: dict[str, str] = {}
        self.capped: Counter[tuple[str, str, str]] = Counter()
        self.batches: dict[str, dict[str, int]] = {}
        self.currency_of: dict[str, str] = {}
        self.exported: dict[str, bytes] = {}
        self.versions: list[Version] = []
        self.model = Money(
            roles={name: role for name, (role, _) in STAFF.items()},
            members={name: member for name, (_, member) in STAFF.items()},
            limits={},
            root={name: name for name in MEMBERS},
        )
        self._staff()
        self._set_terms(RATES[0], None, SINCE)
        for phone in MEMBERS.values():
            earnings.ambassador(self.tx, phone)
        self._import([(buyer, 30, currency, 9_001) for buyer in sorted(MEMBERS) for currency in CURRENCIES])
        self._catch_up()

    def _staff(self) -> None:
        ann = earnings.ann(self.tx)
        for name, (role, member) in STAFF.items():
            member_id = None if member is None else earnings.person(self.tx, MEMBERS[member])
            one = ann if name == "ann" else operators.add(self.tx, name, role, now=NOW, member_id=member_id)
            store_sign_in.add_passphrase(self.tx, one.id, KEPT, set_by=ann.id, now=NOW)
            for currency in CURRENCIES if name in LIMITS else ():
                self._set_limit(name, currency, LIMITS[name])

    def _set_limit(self, name: str, currency: str, minor: int) -> None:
        one = operator(self.tx, name)
        store_sign_in.add_limit(self.tx, one.id, currency, minor, set_by=one.id, now=self.now)
        self.model.limits[name, currency] = minor

    def _set_terms(self, rate: Fraction, cap: int | None, begins_at: int) -> None:
        terms = Terms(
            basis="own",
            rate=rate,
            cap=None if cap is None else Amount(cap, "HKD"),
            return_days=RETURN_DAYS,
            starts_at=begins_at,
        )
        added = service_schemes.add_scheme(self.tx, earnings.ann(self.tx), "seed", terms, now=self.now)
        if added.is_new:
            self.versions.append(Version(added.version, begins_at, self.now, rate, cap))

    def teardown(self) -> None:
        """Close the ledger."""
        if hasattr(self, "stack"):
            self.stack.close()

    # -- facts

    @rule(
        bought=st.lists(
            st.tuples(
                st.sampled_from(sorted(MEMBERS)), st.integers(0, 100), money, st.integers(0, TOTAL_MAX)
            ),
            min_size=1,
            max_size=4,
        )
    )
    def import_orders(self, bought: list[tuple[str, int, str, int]]) -> None:
        """A file of orders, of any day: late ones too."""
        self._import(bought)

    def _import(self, bought: list[tuple[str, int, str, int]]) -> None:
        self.runs += 1
        run = earnings.import_run(self.tx, f"orders {self.runs}", sealed_at=self.now + self.runs)
        for buyer, days, currency, total in bought:
            reference = f"R{97 * len(self.orders) % 1000:03}"
            at = self.now - self.now % DAY - days * DAY
            amount = str(Amount(total, currency))
            self.ids[reference] = earnings.order(
                self.tx, reference, MEMBERS[buyer], _iso(at), amount, run=run, recorded=self.now
            )
            self.orders[reference] = Order(buyer, at, currency, total, self.runs)

    @rule(one=place, share=st.sampled_from((Fraction(1, 10), Fraction(1, 3), Fraction(1, 1))), at_once=aims)
    def refund(self, one: int, share: Fraction, at_once: bool) -> None:
        """A part of what is left of an order, or all of it, goes back."""
        decided = {ref for ref, line in self.model.lines.items() if line.state != "accrued"}
        worth = [it for it in sorted(self.earned) if at_once and self.names[it] in decided]
        reference = (worth or sorted(self.orders))[one % len(worth or self.orders)]
        order = self.orders[reference]
        minor = int((order.total - self.refunds.get(reference, 0)) * share)
        if minor <= 0:
            return
        self.places += 1
        earnings.refund(
            self.tx, reference, str(Amount(minor, order.currency)), _iso(self.now), name=f"F{self.places}"
        )
        self.refunds[reference] = self.refunds.get(reference, 0) + minor
        self.waiting.append((reference, minor))
        if at_once:
            self._catch_up()

    @rule(again=st.booleans())
    def catch_up(self, again: bool) -> None:
        """What `sync` does; once more from the beginning, and it changes nothing."""
        if again:
            self.tx.execute("DELETE FROM earning_mark")
        self._catch_up()

    def _catch_up(self) -> None:
        found = service_earning.look(self.tx, now=self.now)
        done = service_earning.Accrued()
        step = 1 + len(found.orders) // 2
        for start in range(0, len(found.orders), step):
            service_earning.accrue(self.tx, found.orders[start : start + step], done, now=self.now)
        service_earning.reverse_some(self.tx, found.lines, done, now=self.now)
        store_marks.keep_marks(self.tx, found.marks)
        self._earn()

    def _earn(self) -> None:
        new = [one for one in self.orders if one not in self.earned]
        for reference in sorted(new, key=lambda it: (self.orders[it].run, self.orders[it].at, it)):
            order = self.orders[reference]
            version = max(
                (it for it in self.versions if it.begins_at <= order.at),
                key=lambda it: (max(it.begins_at, it.set_at), it.number),
                default=None,
            )
            if version is None:
                continue
            self.earned.add(reference)
            amount = round(version.rate * order.total)
            person = self.model.person(order.buyer)
            assert person is not None
            month = (person, _iso(order.at)[:7], order.currency)
            if version.cap is not None and order.currency == "HKD":
                used = sum(
                    minor
                    for (whose, *rest), minor in self.capped.items()
                    if self.model.person(whose) == person and tuple(rest) == month[1:]
                )
                amount = min(amount, max(version.cap - used, 0))
            self.capped[month] += amount
            payee = next(one for one in MEMBERS if self.model.person(one) == person)
            line = Line(
                payee,
                order.currency,
                amount,
                max(order.total, 1),
                order.at + RETURN_DAYS * DAY,
                version.number,
            )
            back = sum(minor for which, minor in self.waiting if which == reference)
            self.model.earn(self._line(reference), line, back)
        for reference, minor in self.waiting:
            if reference in self.earned and reference not in new:
                self.model.refund(self._line(reference), minor)
        self.waiting = [it for it in self.waiting if it[0] not in self.earned]

    def _line(self, reference: str) -> str:
        if reference not in self.names:
            sql = "SELECT ref FROM cashback_line WHERE order_id = ?"
            self.names[reference] = self.tx.value(sql, (self.ids[reference],))
        return self.names[reference]

    # -- what owners and time change

    @rule(rate=st.sampled_from(RATES), cap=st.sampled_from((None, 50, 900)), days=st.integers(0, 90))
    def change_terms(self, rate: Fraction, cap: int | None, days: int) -> None:
        """Other terms, also for the past: lines that are there keep theirs."""
        self._set_terms(rate, cap, self.now - self.now % DAY - days * DAY)

    @rule(name=who, currency=money, minor=st.integers(0, 3_000))
    def change_limit(self, name: str, currency: str, minor: int) -> None:
        """How much an operator may approve in a day, from now on."""
        self._set_limit(name, currency, minor)

    @rule(hours=st.sampled_from((1, 13, 24, 24 * 9)))
    def pass_time(self, hours: int) -> None:
        """Days begin anew, return windows end."""
        self.now += hours * 3_600 * SECOND

    @rule(one=st.sampled_from(sorted(MEMBERS)), other=st.sampled_from(sorted(MEMBERS)))
    def merge(self, one: str, other: str) -> None:
        """Two members turn out to be one person."""
        source, into = self.model.person(one), self.model.person(other)
        if source is None or into is None or source == into or self.now < NOW + 20 * DAY:
            return
        ids = [self._row(it) for it in (source, into)]
        store_merge.merge(self.tx, *ids, operator_id=earnings.ann(self.tx).id, now=self.now)
        self.model.root[source] = into

    def _row(self, member: str) -> int:
        found = self.tx.value("SELECT id FROM member WHERE ref = ?", (ref_of("phone", MEMBERS[member]),))
        return int(found)

    # -- deciding

    @rule(verb=st.sampled_from(VERBS), name=who, first=place, count=st.integers(1, 6), aimed=aims)
    def decide(self, verb: str, name: str, first: int, count: int, aimed: bool) -> None:
        """What an operator does to some lines, whatever became of them since they looked."""
        refs = self._some(first, count)
        if aimed:
            can = [(one, ref) for one in STAFF for ref in self.model.lines if self._can(one, verb, ref)]
            if not can:
                return
            name = can[first % len(can)][0]
            refs = [ref for one, ref in can if one == name][:count]
        self._decide(name, verb, refs)

    def _can(self, name: str, verb: str, ref: str) -> bool:
        may = self.model.roles[name] in MAY_DECIDE[verb]
        return may and not self.model.why_not(name, verb, ref, self.now)

    @rule(name=who, other=who, first=place, count=st.integers(1, 6))
    def two_consoles(self, name: str, other: str, first: int, count: int) -> None:
        """Both look at the same list and approve: each line goes to one of them, and the other is told by whom."""
        new = [ref for ref in sorted(self.model.lines) if self._can("kim", "propose", ref)]
        refs = new[:count] or self._some(first, count)
        self._decide("kim", "propose", refs)
        ours = self._decide(name, "approve", refs)
        theirs = self._decide(other, "approve", refs)
        assert not ours & set(theirs)
        if name == other or self.model.roles[other] not in MAY_DECIDE["approve"]:
            return
        for ref in ours:
            sql = """
                SELECT 1 FROM line_conflict AS c JOIN cashback_line AS l ON l.id = c.line_id
                 WHERE l.ref = ? AND c.operator_id = ? AND c.tried = 'approve'
                """
            assert self.tx.value(sql, (ref, operator(self.tx, other).id)) == 1

    @rule(one=place, share=st.sampled_from((Fraction(1, 3), Fraction(4, 5))))
    def split(self, one: int, share: Fraction) -> None:
        """A part is approved now."""
        if not any(it.state == "proposed" for it in self.model.lines.values()):
            return
        refs = [ref for ref, line in sorted(self.model.lines.items()) if line.state == "proposed"]
        ref = refs[one % len(refs)]
        name = next((it for it in STAFF if self._can(it, "split", ref)), "lee")
        part = int(self.model.lines[ref].open * share)
        if part > 0:
            self._decide(name, "split", [ref], part)

    def _some(self, first: int, count: int) -> list[str]:
        refs = sorted(self.model.lines)
        return [refs[(first + step) % len(refs)] for step in range(min(count, len(refs)))]

    def _decide(self, name: str, verb: str, refs: list[str], part: int | None = None) -> set[str]:
        amount = None if part is None else Amount(part, self.model.lines[refs[0]].currency)
        actor = operator(self.tx, name)
        if self.model.roles[name] not in MAY_DECIDE[verb]:
            with pytest.raises(Refused):
                service_deciding.decide(self.tx, actor, verb, refs, now=self.now, reason="why", amount=amount)
            return set()
        outcome = service_deciding.decide(
            self.tx, actor, verb, refs, now=self.now, reason="why", amount=amount
        )
        wanted = []
        for ref in refs:
            if not self.model.why_not(name, verb, ref, self.now, part):
                self.model.decide(name, verb, ref, self.now, part)
                wanted.append(ref)
        assert outcome.done == wanted, outcome.refused
        return set(wanted)

    @rule(name=who, one=place, aimed=aims)
    def undo(self, name: str, one: int, aimed: bool) -> None:
        """Somebody takes the last decision on a line back."""
        refs = [ref for ref, line in sorted(self.model.lines.items()) if line.stack]
        if not refs:
            return
        ref = refs[one % len(refs)]
        if aimed:
            name = self.model.lines[ref].stack[-1].by
        row = int(self.tx.value("SELECT id FROM cashback_line WHERE ref = ?", (ref,)))
        last = store_deciding.last_decision(self.tx, row)
        assert last is not None
        try:
            with whole(self.tx):
                done = service_deciding.undo(self.tx, name, row, last, now=self.now)
        except Refused:
            done = False
        assert done == self.model.may_undo(name, ref)
        if done:
            self.model.undo(ref)

    # -- paying

    @rule(name=who, currency=money, aimed=aims)
    def batch(self, name: str, currency: str, aimed: bool) -> None:
        """Whatever is approved is put into a batch."""
        if aimed:
            name = "lee"
            currency = next((it for it in CURRENCIES if self.model.ready(it)), currency)
        may = self.model.roles[name] in MAY_DECIDE["pay"]
        if not may or not self.model.ready(currency):
            with pytest.raises(Refused), whole(self.tx):
                service_paying.batch(self.tx, operator(self.tx, name), currency, now=self.now)
            return
        made = service_paying.batch(self.tx, operator(self.tx, name), currency, now=self.now)
        lines = self.model.batch(made.row.ref, name, currency)
        assert (made.row.payout_count, made.row.sum_minor) == (len(lines), sum(lines.values()))
        assert made.left_out == []
        self.batches[made.row.ref], self.currency_of[made.row.ref] = lines, currency

    @rule(name=who, one=place, wrong=st.booleans(), again=st.sampled_from(("", "lost")), aimed=aims)
    def export(self, name: str, one: int, wrong: bool, again: str, aimed: bool) -> None:
        """A batch leaves the house once; again only with a reason, and as the same bytes."""
        if not self.batches:
            return
        ref = sorted(self.batches)[one % len(self.batches)]
        if aimed:
            ref = next((it for it in sorted(self.batches) if it not in self.exported), ref)
            name, wrong = "kim", False
        lines = self.batches[ref]
        is_first = ref not in self.exported
        may = self.model.roles[name] in MAY_DECIDE["pay"] and not wrong and (is_first or bool(again))
        try:
            with whole(self.tx):
                _, content = service_exporting.export(
                    self.tx, operator(self.tx, name), ref, count=len(lines), sum_minor=sum(lines.values()) + wrong,
                    file=Path("out.csv"), now=self.now, again=again,
                )  # fmt: skip
        except Refused:
            assert not may
            return
        assert may
        assert self.exported.setdefault(ref, content) == content
        self._read_export(ref, content)
        if is_first:
            self.model.export(lines, name)

    def _read_export(self, ref: str, content: bytes) -> None:
        currency = self.currency_of[ref]
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        found = {}
        for row in rows:
            assert row["currency"] == currency and row["payee"] in MEMBERS.values()
            digits = EXPONENTS[currency]
            assert len(row["amount"].partition(".")[2]) == digits
            found[row["line"]] = int(Decimal(row["amount"]) * 10**digits)
        assert found == self.batches[ref]

    @rule(name=who, one=place, results=st.lists(st.sampled_from(RESULTS), min_size=1, max_size=4), aimed=aims)
    def reconcile(self, name: str, one: int, results: list[str], aimed: bool) -> None:
        """A provider's file: in part, repeated, late, or contradicting what it said before."""
        if not self.batches:
            return
        refs = sorted(self.exported if aimed and self.exported else self.batches)
        ref, name = refs[one % len(refs)], "ann" if aimed else name
        lines = sorted(self.batches[ref])
        told = [
            Told(row, line, results[(row - 2) % len(results)], "", "", "")
            for row, line in enumerate(lines[: len(results)], 2)
        ]
        if self.model.roles[name] not in MAY_DECIDE["pay"]:
            with pytest.raises(Refused):
                service_reconciling.reconcile(self.tx, operator(self.tx, name), ref, told, now=self.now)
            return
        found, _ = service_reconciling.reconcile(self.tx, operator(self.tx, name), ref, told, now=self.now)
        wanted: Counter[str] = Counter()
        for row in told:
            takes = self.model.takes(ref, row.line, row.result)
            wanted[takes] += 1
            if takes == "new":
                self.model.result(ref, row.line, self.batches[ref][row.line], row.result, name)
        said = {"new": sum(found.done.values()), "same": found.unchanged, "refused": len(found.refused)}
        assert said == {word: wanted[word] for word in said}

    # -- what holds after every step

    @invariant()
    def everything_is_proved(self) -> None:
        """The chain, the entries, the balances, every line's standing."""
        if hasattr(self, "tx"):
            verify(self.tx, catalogue.sealed())

    @invariant()
    def lines_stand_as_the_model_says(self) -> None:
        """State, hold, reversed part; parts that sum up."""
        if not hasattr(self, "tx"):
            return
        rows = self.tx.rows(
            """
            SELECT l.ref, l.amount_minor, l.rule_version, s.state, s.held, s.reversed_minor, s.open_minor, s.unpaid_minor
              FROM cashback_line AS l JOIN line_state AS s ON s.id = l.id
            """
        )
        found = {row[0]: tuple(row)[1:] for row in rows}
        assert found == {
            ref: (it.amount, it.version, it.state, it.held, it.reversed, it.open, it.wallet)
            for ref, it in self.model.lines.items()
        }
        assert all(it.whole() for it in self.model.lines.values()), [
            it for it in self.model.lines.values() if not it.whole()
        ]

    @invariant()
    def the_books_hold_what_the_model_says(self) -> None:
        """Every account, and nothing more; what is held on either side; no wallet below nothing; all sums up to nothing."""
        if not hasattr(self, "tx"):
            return
        wanted: Counter[tuple[str, str]] = Counter(
            {key: minor for key, minor in self.model.accounts.items() if minor}
        )
        held: Counter[tuple[str, str]] = Counter()
        for line in self.model.lines.values():
            held[f"{line.payee}:payable", line.currency] += line.pending
            held["budget", line.currency] -= line.pending
            if line.state == "exported":
                held[f"{line.payee}:payable", line.currency] -= line.away
                held["clearing", line.currency] += line.away
        rows = self.tx.rows("SELECT * FROM account_balance")
        found = {(_word(row["name"]), row["currency"]): row["balance"] for row in rows if row["balance"]}
        assert found == dict(wanted)
        assert {
            (_word(row["name"]), row["currency"]): row["credits_pending"] - row["debits_pending"]
            for row in rows
            if row["credits_pending"] - row["debits_pending"]
        } == {key: minor for key, minor in held.items() if minor}
        for row in rows:
            assert not row["name"].endswith(":payable") or row["balance"] - row["debits_pending"] >= 0
        for currency in CURRENCIES:
            assert sum(row["balance"] for row in rows if row["currency"] == currency) == 0

    @invariant()
    def statements_are_the_ledger_to_the_minor_unit(self) -> None:
        """Due is what is open, in the wallet and on the clawback account, whichever row of the person is asked."""
        if not hasattr(self, "tx"):
            return
        for member, phone in MEMBERS.items():
            rows = self.model.rows(member)
            said = service_statement.statement(self.tx, phone, now=self.now)
            due = {one.currency: one.due_minor for one in said.totals if one.due_minor}
            paid = {one.currency: one.paid_minor for one in said.totals if one.paid_minor}
            mine = [line for line in self.model.lines.values() if line.payee in rows]
            wanted: Counter[str] = Counter()
            for row in rows:
                for currency in CURRENCIES:
                    wanted[currency] += self.model.accounts[f"{row}:payable", currency]
                    wanted[currency] += self.model.accounts[f"{row}:clawback", currency]
            for line in mine:
                wanted[line.currency] += line.open
            assert due == {currency: minor for currency, minor in wanted.items() if minor}
            sent: Counter[str] = Counter()
            for line in mine:
                sent[line.currency] += line.paid
            assert paid == {currency: minor for currency, minor in sent.items() if minor}

    @invariant()
    def money_left_once_and_four_eyes_saw_it(self) -> None:
        """By SQL of its own: payouts of a line never exceed it; approvers are neither proposers nor over their limit."""
        if not hasattr(self, "tx"):
            return
        over = self.tx.rows(
            """
            SELECT l.ref, l.amount_minor, sum(t.amount) AS gone
              FROM transfer AS t JOIN cashback_line AS l ON l.ref = t.source
             WHERE t.kind = 'pending' AND t.purpose = 'payout'
               AND NOT EXISTS (SELECT 1 FROM transfer AS v WHERE v.kind = 'void' AND v.pending_seq = t.seq)
               AND NOT EXISTS (SELECT 1 FROM transfer AS p JOIN transfer AS b ON b.reverses_seq = p.seq
                                WHERE p.kind = 'post' AND p.pending_seq = t.seq)
             GROUP BY l.id
            HAVING gone > l.amount_minor
            """
        )
        assert not over
        assert not self.tx.rows("SELECT 1 FROM line_decision WHERE approved_by = proposed_by")


def _iso(at: int) -> str:
    from waconsole.clock import iso

    return iso(at)


NAMES: Final = {ref_of("phone", phone): name for name, phone in MEMBERS.items()}


def _word(account: str) -> str:
    """An account's name as the model says it."""
    kind, _, rest = account.partition(":")
    if kind == "member":
        ref, _, purpose = rest.rpartition(":")
        return f"{NAMES[ref]}:{purpose}"
    return kind


def _run(examples: int, steps: int) -> None:
    kind = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=examples < 100,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Cashback, settings=kind)


# How often a walk does what: Hypothesis shrinks, a walk goes deep.
WEIGHTS: Final = {
    "import_orders": 2, "refund": 10, "catch_up": 2, "change_terms": 1, "change_limit": 1, "pass_time": 4, "merge": 1,
    "decide": 16, "two_consoles": 8, "split": 9, "undo": 5, "batch": 8, "export": 8, "reconcile": 14,
}  # fmt: skip


def _step(machine: Cashback, chosen: random.Random) -> None:
    name = chosen.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
    aimed, one, staff = chosen.random() < 0.8, chosen.randrange(40), [*STAFF]
    members, who = [*MEMBERS], chosen.choice(staff)
    share = chosen.choice([Fraction(1, 10), Fraction(1, 3), Fraction(4, 5), Fraction(1)])
    said: dict[str, dict[str, Any]] = {
        "import_orders": {
            "bought": [
                (chosen.choice(members), chosen.randrange(100), chosen.choice(CURRENCIES), chosen.randrange(TOTAL_MAX))
                for _ in range(chosen.randint(1, 3))
            ]
        },
        "refund": {"one": one, "share": share, "at_once": aimed},
        "catch_up": {"again": not aimed},
        "change_terms": {
            "rate": chosen.choice(RATES), "cap": chosen.choice([None, 50, 900]), "days": chosen.randrange(90),
        },
        "change_limit": {"name": who, "currency": chosen.choice(CURRENCIES), "minor": chosen.randrange(3_000)},
        "pass_time": {"hours": chosen.choice([1, 13, 24, 216])},
        "merge": {"one": chosen.choice(members), "other": chosen.choice(members)},
        "decide": {
            "verb": chosen.choices(VERBS, (9, 9, 9, 4, 1, 2, 1, 5))[0], "name": who, "first": one, "count": chosen.randint(1, 6), "aimed": aimed,
        },
        "two_consoles": {
            "name": who, "other": chosen.choice(staff), "first": one, "count": chosen.randint(1, 6),
        },
        "split": {"one": one, "share": share if share < 1 else Fraction(1, 2)},
        "undo": {"name": who, "one": one, "aimed": aimed},
        "batch": {"name": who, "currency": chosen.choice(CURRENCIES), "aimed": aimed},
        "export": {
            "name": who, "one": one, "wrong": not aimed, "again": chosen.choice(["", "lost"]), "aimed": aimed,
        },
        "reconcile": {
            "name": who, "one": one, "results": chosen.choices(RESULTS, (3, 1, 1), k=chosen.randint(1, 4)),
            "aimed": aimed,
        },
    }  # fmt: skip
    getattr(machine, name)(**said[name])


def walk(seed: int, steps: int) -> None:
    """One long way through everything, the same for a seed."""
    machine, chosen = Cashback(), random.Random(seed)
    machine.begin()
    try:
        for _ in range(steps):
            _step(machine, chosen)
            machine.everything_is_proved()
            machine.lines_stand_as_the_model_says()
            machine.the_books_hold_what_the_model_says()
            machine.statements_are_the_ledger_to_the_minor_unit()
            machine.money_left_once_and_four_eyes_saw_it()
    finally:
        machine.teardown()


def test_cashback_does_what_the_model_does() -> None:
    _run(5, 20)


def test_a_long_way_through_cashback_is_the_models() -> None:
    walk(0, 60)


@pytest.mark.slow
def test_cashback_does_what_the_model_does_for_long() -> None:
    _run(150, 50)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 150))
def test_many_long_ways_through_cashback_are_the_models(seed: int) -> None:
    walk(seed, 200)
