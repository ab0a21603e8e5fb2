"""Cashback as the rules say it, in plain Python: what every line, wallet and budget must come to. No SQL, nothing of ours.

A line's money is open (earned, not decided on), in the wallet, away in a batch, or rejected. What is away and was refunded
meanwhile is owed back: the clawback account stands in. So open + wallet + away - owed + rejected is always what was
earned less what was reversed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

WAITING: Final = ("accrued", "proposed", "approved", "failed", "returned")
DAY: Final = 86_400_000_000
MAY_DECIDE: Final = {
    "propose": ("owner", "moderator"),
    "approve": ("owner", "moderator", "ambassador"),
    "reject": ("owner", "moderator", "ambassador"),
    "hold": ("owner", "moderator"),
    "release": ("owner", "moderator"),
    "ask": ("owner", "moderator"),
    "split": ("owner", "moderator"),
    "again": ("owner", "moderator"),
    "undo": ("owner", "moderator", "ambassador"),
    "pay": ("owner", "moderator"),
}


class Decision(NamedTuple):
    """A decision that stands on a line, as far as taking it back needs it."""

    by: str
    kind: str
    state: str
    held: bool
    day: int
    minor: int


@dataclass
class Line:
    """One line; amounts in minor units."""

    payee: str
    currency: str
    amount: int
    total: int
    matures_at: int
    version: int
    state: str = "accrued"
    held: bool = False
    refunded: int = 0
    reversed: int = 0
    open: int = 0
    pending: int = 0
    wallet: int = 0
    away: int = 0
    paid: int = 0
    owed: int = 0
    rejected: int = 0
    solid: list[int] = field(default_factory=list)  # what is left in the wallet of each approval
    stack: list[Decision] = field(default_factory=list)
    proposer: str | None = None
    batch: str | None = None
    netted: int = 0  # went to give back what was refunded after it was paid
    clawed: int = 0  # of `owed`, since it went into its batch

    def whole(self) -> bool:
        """Whether its parts are what it earned less what was reversed."""
        out = self.away + self.paid + self.netted - self.owed
        return self.open + self.wallet + out + self.rejected == self.amount - self.reversed


@dataclass
class Money:
    """Everybody's lines, and the accounts they make: (account, currency) -> minor units."""

    roles: dict[str, str]
    members: dict[str, str | None]
    limits: dict[tuple[str, str], int]
    root: dict[str, str]
    lines: dict[str, Line] = field(default_factory=dict)
    accounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    spent: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    known: dict[tuple[str, str], str] = field(default_factory=dict)  # (batch, line) -> the provider's word

    def person(self, member: str | None) -> str | None:
        """Who a member is by now."""
        while member is not None and self.root[member] != member:
            member = self.root[member]
        return member

    def rows(self, member: str) -> list[str]:
        """Every row that is this person."""
        return [one for one in self.root if self.person(one) == self.person(member)]

    def move(self, debit: str, credit: str, currency: str, minor: int) -> None:
        """One amount, one debit, one credit."""
        self.accounts[debit, currency] -= minor
        self.accounts[credit, currency] += minor

    # -- earning

    def earn(self, ref: str, line: Line, refunds: int) -> None:
        """An order earned; what was refunded of it before counts at once."""
        line.open = line.pending = line.amount
        self.lines[ref] = line
        if refunds:
            self.refund(ref, refunds)

    def refund(self, ref: str, minor: int) -> None:
        """Take back in proportion, on the running total: what is open, then the wallet, then what is away, then rejected."""
        line = self.lines[ref]
        line.refunded += minor
        share = Fraction(line.amount * min(line.refunded, line.total), line.total)
        left = round(share) - line.reversed
        line.reversed += left
        part = min(left, line.open)
        line.open, left = line.open - part, left - part
        if not line.open:
            line.pending = 0
        part = min(left, line.wallet)
        self._take(line, part)
        left -= part
        part = min(left, max(line.away + line.paid + line.netted - line.owed, 0))
        line.owed, line.clawed, left = line.owed + part, line.clawed + part, left - part
        self.move(f"{line.payee}:clawback", "budget", line.currency, part)
        line.rejected -= left
        assert line.rejected >= 0

    def _take(self, line: Line, minor: int) -> None:
        line.wallet -= minor
        self.move(f"{line.payee}:payable", "budget", line.currency, minor)
        for place in range(len(line.solid) - 1, -1, -1):
            part = min(minor, line.solid[place])
            line.solid[place] -= part
            minor -= part

    # -- deciding

    def why_not(self, who: str, verb: str, ref: str, now: int, part: int | None = None) -> str:
        """Why this is refused, or nothing."""
        line = self.lines[ref]
        can = {
            "propose": line.state == "accrued" or (line.state in ("approved", "confirmed") and line.open > 0),
            "approve": line.state == "proposed" and not line.held,
            "split": line.state == "proposed" and not line.held,
            "reject": line.state in ("accrued", "proposed"),
            "hold": line.state in WAITING and not line.held,
            "ask": line.state in WAITING,
            "release": line.held,
            "again": line.state in ("failed", "returned") and not line.held and line.wallet > 0,
        }[verb]
        if not can:
            return "state"
        if verb in ("propose", "approve", "split") and not line.open:
            return "nothing open"
        if verb in ("approve", "split", "reject") and self._is_own(who, line):
            return "own money"
        if verb in ("approve", "split"):
            return self._why_not_approve(who, line, now, line.open if part is None else part)
        return ""

    def _is_own(self, who: str, line: Line) -> bool:
        member = self.person(self.members[who])
        return member is not None and member == self.person(line.payee)

    def _why_not_approve(self, who: str, line: Line, now: int, minor: int) -> str:
        if now < line.matures_at:
            return "return window"
        assert line.proposer is not None
        one, other = self.person(self.members[who]), self.person(self.members[line.proposer])
        if who == line.proposer or (one is not None and one == other):
            return "own proposal"
        spent = self.spent[who, line.currency, now // DAY]
        if spent + minor > self.limits.get((who, line.currency), -1):
            return "limit"
        return ""

    def decide(self, who: str, verb: str, ref: str, now: int, part: int | None = None) -> None:
        """What a decision makes of a line."""
        line = self.lines[ref]
        minor = line.open if part is None else part
        if verb == "again":
            minor = line.wallet
        line.stack.append(Decision(who, verb, line.state, line.held, now // DAY, minor))
        if verb == "propose":
            line.state, line.proposer = "proposed", who
        elif verb in ("approve", "split"):
            line.state = "approved"
            line.open -= minor
            line.pending = line.open
            line.wallet += minor
            line.solid.append(minor)
            self.move("budget", f"{line.payee}:payable", line.currency, minor)
            self.spent[who, line.currency, now // DAY] += minor
        elif verb == "reject":
            line.rejected, line.open, line.pending = line.open, 0, 0
            if line.wallet:
                line.state = "approved"
            else:
                line.state = "confirmed" if line.batch else "rejected"
        elif verb in ("hold", "ask", "release"):
            line.held = verb != "release"
        elif verb == "again":
            line.state, line.batch = "approved", None

    def may_undo(self, who: str, ref: str) -> bool:
        """The last decision on a line that stands, by who made it, until it is in a batch; nobody's on their own money."""
        line = self.lines[ref]
        if not line.stack or line.stack[-1].by != who:
            return False
        kind = line.stack[-1].kind
        if kind in ("batch", "export", "confirmed", "failed", "returned", "again"):
            return False
        return kind not in ("approve", "split", "reject") or not self._is_own(who, line)

    def undo(self, ref: str) -> None:
        """Take it back."""
        line = self.lines[ref]
        last = line.stack.pop()
        line.state, line.held = last.state, last.held
        if last.kind == "propose":
            line.proposer = None
        elif last.kind in ("approve", "split"):
            left = line.solid.pop()
            line.wallet -= left
            line.open += left
            line.pending = line.open
            self.move(f"{line.payee}:payable", "budget", line.currency, left)
            self.spent[last.by, line.currency, last.day] -= last.minor
        elif last.kind == "reject":
            line.open = line.pending = line.rejected
            line.rejected = 0

    # -- paying

    def ready(self, currency: str) -> list[str]:
        """What goes into the next batch, in the order of the lines' names."""
        return sorted(
            ref
            for ref, line in self.lines.items()
            if line.state == "approved" and not line.held and line.wallet > 0 and line.currency == currency
        )

    def batch(self, name: str, who: str, currency: str) -> dict[str, int]:
        """Net what payees have to give back, and seal the rest: what is paid for each line."""
        found: dict[str, int] = {}
        for ref in self.ready(currency):
            line = self.lines[ref]
            minor = line.wallet
            for row in self.rows(line.payee):
                part = min(minor, max(-self.accounts[f"{row}:clawback", currency], 0))
                self.move(f"{line.payee}:payable", f"{row}:clawback", currency, part)
                minor -= part
                line.netted += part
            line.stack.append(Decision(who, "batch", line.state, line.held, 0, minor))
            line.wallet, line.away, line.batch, line.clawed = 0, minor, name, 0
            line.solid = [0] * len(line.solid)
            line.state = "batched" if minor else "confirmed"
            if minor:
                found[ref] = minor
        return found

    def export(self, lines: dict[str, int], who: str) -> None:
        """It leaves the house."""
        for ref in lines:
            line = self.lines[ref]
            line.state = "exported"
            line.stack.append(Decision(who, "export", "batched", False, 0, 0))

    def takes(self, name: str, ref: str, result: str) -> str:
        """What a result is for a payout: `new`, `same` or `refused`."""
        line, known = self.lines[ref], self.known.get((name, ref))
        if known == result:
            return "same"
        if line.batch == name and line.state == "exported":
            return "new"
        if line.batch == name and line.state == "confirmed" and known == "confirmed" and result == "returned":
            return "new"
        return "refused"

    def result(self, name: str, ref: str, minor: int, result: str, who: str) -> None:
        """What the provider said became of a payout."""
        line = self.lines[ref]
        line.stack.append(Decision(who, result, line.state, line.held, 0, minor))
        self.known[name, ref] = result
        if result == "confirmed":
            line.away, line.paid = line.away - minor, line.paid + minor
            self.move(f"{line.payee}:payable", "clearing", line.currency, minor)
            line.state = result
            return
        if line.state == "confirmed":
            line.paid -= minor
            self.move("clearing", f"{line.payee}:payable", line.currency, minor)
        else:
            line.away -= minor
        line.state = result
        line.wallet = minor
        line.solid.append(minor)
        for row in self.rows(line.payee):
            part = min(line.clawed, line.wallet, max(-self.accounts[f"{row}:clawback", line.currency], 0))
            self.move(f"{line.payee}:payable", f"{row}:clawback", line.currency, part)
            line.owed, line.clawed = line.owed - part, line.clawed - part
            line.wallet -= part
        line.clawed = 0
