"""Transfers as they are wanted, accounts and their names. Pure: no clock, no SQL.

One transfer has one debit, one credit and one amount of one currency; a balance is credits − debits. What is owed to
somebody therefore stands above zero on their account, and what was spent below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from waconsole.chain.seal import body_hash
from waconsole.errors import Refused
from waconsole.money import Money

ROOM: Final = "ledger"
TRANSFER: Final = "transfer"
ACCOUNT: Final = "account"
CLOSING: Final = "account_closing"

SINGLE, PENDING, POST, VOID, EXPIRE, REVERSAL = "single", "pending", "post", "void", "expire", "reversal"
MOVES: Final = frozenset({SINGLE, POST, REVERSAL})
RESOLVES: Final = frozenset({POST, VOID, EXPIRE})

NO_LIMIT: Final = 0
DEBITS_UP_TO_CREDITS: Final = 1
CREDITS_UP_TO_DEBITS: Final = 2
LIMIT_WORDS: Final[Mapping[int, str]] = {
    NO_LIMIT: "none",
    DEBITS_UP_TO_CREDITS: "never below zero",
    CREDITS_UP_TO_DEBITS: "never above zero",
}

PAYABLE, POINTS, CLAWBACK = "payable", "points", "clawback"
CLEARING_PAYOUT: Final = "clearing:payout"
EXPIRED_REF: Final = "expire:{ref}"
CLAWED_REF: Final = "clawback:{ref}"

REF_LENGTH_MAX: Final = 200
NAME_LENGTH_MAX: Final = 200
REASON_LENGTH_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A movement somebody wants. `ref` is made by the caller from the facts: repeating it is harmless.

    `effective_at` is the event's own time (microseconds UTC), floored to whole seconds; `purpose` says what it is for
    (`cashback`, `payout`, `reward`), `owner` who sees to a pending one, `source` the fact it comes from, `rule` and
    `rule_version` the policy that computed it. `memo` is for personal words: they can be erased.
    """

    ref: str
    debit: str
    credit: str
    money: Money
    purpose: str
    effective_at: int
    actor: str
    journal: str = ""
    expires_at: int | None = None
    owner: str = ""
    source: str = ""
    rule: str = ""
    rule_version: int = 0
    approved_by: str | None = None
    reason: str = ""
    memo: str = ""


class Transfer(NamedTuple):
    """A row of `transfer`, with its two accounts by id. Amounts are minor units, times microseconds UTC.

    First what the ledger says, then what the caller said: the body.
    """

    seq: int
    released: int
    recorded_at: int
    memo_commit: bytes | None
    body_hash: bytes
    chain_seq: int
    ref: str
    kind: str
    journal: str
    debit_id: int
    credit_id: int
    currency: str
    amount: int
    pending_seq: int | None
    reverses_seq: int | None
    expires_at: int | None
    purpose: str
    owner: str
    source: str
    rule: str
    rule_version: int
    effective_at: int
    actor: str
    approved_by: str | None
    reason: str

    @property
    def money(self) -> Money:
        """The amount."""
        return Money(self.amount, self.currency)


TRANSFER_COLUMNS: Final = ", ".join(Transfer._fields)
BODY_BEGINS: Final = Transfer._fields.index("ref")


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a wanted transfer: its seq, and whether it is new (else the same one was there)."""

    seq: int
    is_new: bool


def member_account(ref: str, kind: str) -> str:
    """A member's account: `member:REF:payable`, `points` or `clawback`."""
    return f"member:{ref}:{kind}"


def clawback_of(account: str) -> str:
    """The clawback account beside a member's wallet. Raises Refused for an account that is none."""
    owner, _, kind = account.rpartition(":")
    if not owner.startswith("member:") or kind not in (PAYABLE, POINTS):
        raise Refused(f"{account} is no member's wallet: what was paid out of it cannot be clawed back.")
    return f"{owner}:{CLAWBACK}"


def limit_of(name: str) -> int:
    """The limit rule an account of this name is opened with: a member's wallet never goes below zero."""
    is_wallet = name.startswith("member:") and name.endswith((f":{PAYABLE}", f":{POINTS}"))
    return DEBITS_UP_TO_CREDITS if is_wallet else NO_LIMIT


def transfer_body(said: Sequence[object]) -> bytes:
    """The hash of everything the caller said (`Transfer` from `ref` on): the same id with another one is refused."""
    return body_hash(cast("Sequence[str | int | None]", said))


def sealed_transfer(
    seq: int, recorded_at: int, released: int, memo_commit: bytes | None, body: bytes
) -> bytes:
    """The hash the chain seals: the body, and what the ledger itself said when it was recorded."""
    commit = memo_commit or b""
    said = b"%d,%d,%d,%d," % (seq, recorded_at, released, len(commit))
    return hashlib.sha256(said + commit + body).digest()


def sealed_account(account_id: int, name: str, currency: str, limit_rule: int, opened_at: int) -> bytes:
    """The hash the chain seals of an account."""
    return body_hash((account_id, name, currency, limit_rule, opened_at))


def sealed_closing(closing_id: int, account_id: int, closed_at: int, actor: str, reason: str) -> bytes:
    """The hash the chain seals of a closing."""
    return body_hash((closing_id, account_id, closed_at, actor, reason))


def memo_commitment(salt: bytes, words: str) -> bytes:
    """The salted hash that stands for personal words: without the salt nobody can try words against it."""
    return hashlib.sha256(salt + words.encode()).digest()


def check_wanted(wanted: Wanted) -> None:
    """Raise Refused, in words, for what the tables would refuse anyway."""
    if not 0 < len(wanted.ref) <= REF_LENGTH_MAX:
        raise Refused(f"A transfer's id has 1 to {REF_LENGTH_MAX} signs.")
    if not wanted.purpose or not wanted.actor:
        raise Refused("A transfer says what it is for and who did it.")
    if wanted.debit == wanted.credit:
        raise Refused(f"A transfer moves between two accounts, not from {wanted.debit} to itself.")
    if wanted.money.minor <= 0:
        raise Refused(f"{wanted.money} cannot be moved: an amount is more than nothing.")
    if wanted.approved_by == wanted.actor:
        raise Refused("Nobody approves what they did themselves.")
    if len(wanted.reason) > REASON_LENGTH_MAX:
        raise Refused(f"A reason has at most {REASON_LENGTH_MAX:,} signs.")
