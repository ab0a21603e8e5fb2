"""What may be asked of transfers, in their pane: accounts, kind, purpose, amount, age. SQL over `t`, a transfer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from waconsole.money import EXPONENTS
from waconsole.query.fields import Asked, Field, Scope, Source, State, Subject, Vocabulary
from waconsole.query.tree import Word

ACCOUNTS: Final = Source(
    "SELECT DISTINCT name, '' FROM account WHERE name >= :begun AND name < :beyond ORDER BY name LIMIT :limit",
    folds=False,
)
PURPOSES: Final = Source(
    "SELECT DISTINCT purpose, '' FROM (SELECT purpose FROM transfer ORDER BY seq DESC LIMIT 5000) AS latest "
    "WHERE purpose >= :begun AND purpose < :beyond ORDER BY purpose LIMIT :limit"
)
OPEN: Final = "t.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM transfer AS r WHERE r.pending_seq = t.seq)"
_DEBIT: Final = "(SELECT name FROM account WHERE id = t.debit_id)"
_CREDIT: Final = "(SELECT name FROM account WHERE id = t.credit_id)"


def _has(word: str, scope: Scope) -> str:
    begun = scope.bind(word)
    text = f"t.ref || ' ' || t.source || ' ' || t.purpose || ' ' || t.reason || ' ' || {_DEBIT} || ' ' || {_CREDIT}"
    return f"instr(lower({text}), lower({begun})) > 0"


def _text(words: Sequence[Word], scope: Scope) -> str:
    return " AND ".join(_has(word.text, scope) for word in words)


def _account(asked: Asked, scope: Scope) -> str:
    """An account and, behind a colon, everything under it: `budget` finds every budget."""
    name = scope.bind(asked.value)
    under = scope.bind(f"{asked.value}:")
    beyond = scope.bind(f"{asked.value};")
    accounts = f"SELECT id FROM account WHERE name = {name} OR (name >= {under} AND name < {beyond})"
    # Through the entries, whose index begins with the account; each side of a transfer is one.
    return f"t.seq IN (SELECT (e.id + 1) / 2 FROM entry AS e WHERE e.account_id IN ({accounts}))"


def _equal(column: str, asked: Asked, scope: Scope) -> str:
    return f"lower({column}) = lower({scope.bind(asked.value)})"


def _amount(asked: Asked, scope: Scope) -> str:
    currency = scope.bind(getattr(asked.operand, "currency", ""))
    return f"CASE WHEN t.currency = {currency} THEN t.amount END"


def _age(_: Asked, scope: Scope) -> str:
    now = scope.bind(scope.now)
    return f"CASE WHEN t.effective_at <= {now} THEN {now} - t.effective_at END"


SUBJECT: Final = Subject(
    "transfer", "transfers", "a movement of money between two accounts",
    rows="transfer AS t", key="t.seq", order="t.seq DESC",
    text=_text, text_says="a part of its id, of what it comes from, of its purpose, its reason or its accounts",
    shows="t.ref",
)  # fmt: skip
FIELDS: Final = (
    Field("transfer", "is", "how it stands", "state", "is:pending", states={
        "pending": State("it is held, and neither posted, voided nor expired", lambda _: OPEN),
        "reversed": State("it was given back, whole or in part",
                          lambda _: "EXISTS (SELECT 1 FROM transfer AS r WHERE r.reverses_seq = t.seq)"),
        "approved": State("somebody approved it", lambda _: "t.approved_by IS NOT NULL"),
    }),
    Field("transfer", "account", "an account it moves on, or all that begin so: account:budget", "name",
          "account:clearing", source=ACCOUNTS, condition=_account, shows=lambda _, __: f"{_DEBIT} || ' > ' || {_CREDIT}"),
    Field("transfer", "kind", "single, pending, post, void, expire or reversal", "name", "kind:reversal",
          condition=lambda asked, scope: _equal("t.kind", asked, scope), shows=lambda _, __: "t.kind"),
    Field("transfer", "purpose", "what it is for", "name", "purpose:payout", source=PURPOSES,
          condition=lambda asked, scope: _equal("t.purpose", asked, scope), shows=lambda _, __: "t.purpose"),
    Field("transfer", "journal", "the linked transfers it belongs to", "name", 'journal:"cashback:7f3a"',
          condition=lambda asked, scope: f"t.journal = {scope.bind(asked.value)}", shows=lambda _, __: "t.journal"),
    Field("transfer", "source", "the fact it comes from: an order, a line", "name", 'source:"#1001"',
          condition=lambda asked, scope: f"t.source = {scope.bind(asked.value)}", shows=lambda _, __: "t.source"),
    Field("transfer", "rule", "the policy that computed it", "name", "rule:cashback.scheme.vip",
          condition=lambda asked, scope: _equal("t.rule", asked, scope), shows=lambda _, __: "t.rule"),
    Field("transfer", "amount", "how much it moves or holds, in that currency", "amount", "amount>=199 HKD",
          column=_amount),
    Field("transfer", "age", "the time since it happened", "span", "age<2d", column=_age),
)  # fmt: skip


@cache
def vocabulary() -> Vocabulary:
    """The words of the pane of the books."""
    return Vocabulary.of([SUBJECT], FIELDS, EXPONENTS)
