"""What the attacks on decisions and payouts are tried on: lines in every state, and who decided on them. Only on a copy."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from waconsole.cashback import (
    model,
    service_deciding,
    service_exporting,
    service_paying,
    service_reconciling,
    service_schemes,
    store_deciding,
    store_lines,
    store_schemes,
)
from waconsole.cashback.attacks import LINES, OPERATORS, SCHEME, line_ref, operator_name
from waconsole.cashback.earning import OWN, Terms
from waconsole.cashback.lines import LINE, LineRow, sealed
from waconsole.cashback.reconciling import Told
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.chain import service_keys
from waconsole.clock import DAY, SECOND
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.ledger import service as ledger
from waconsole.ledger.model import PAYABLE, Wanted, member_account
from waconsole.members import store_identity
from waconsole.money import Money
from waconsole.operators import service as operators
from waconsole.operators import store_sign_in
from waconsole.operators.authority import ADOPTION, PENDING
from waconsole.operators.roles import MODERATOR, OWNER
from waconsole.operators.store import Operator
from waconsole.operators.store_sign_in import Hashed

CURRENCY: Final = "EUR"
MINOR: Final = 100
MINOR_UNDONE: Final = 900
LIMIT_MINOR: Final = 1_300
INSTALLATION_BYTES: Final = 8
ADOPTED: Final = "adopted"
PHONE: Final = "+4930123456"
EARLY: Final = "early"
# What is done to each line, in order: (verb, operator).
_DONE: Final = {
    "undone": ("approve", "undo"),
    "proposed": (),
    "approved": ("approve",),
    "rejected": ("reject",),
    "held": ("hold",),
    "early": (),
}
_PAID: Final = ("confirmed", "exported", "failed")


def stage(tx: Transaction, *, now: int) -> None:
    """Lines in every state, decided on and paid as the program does it; repeating it changes nothing."""
    if store_schemes.scheme_named(tx, SCHEME) is not None:
        return
    waits = facts.fact(tx, ADOPTION) == PENDING
    one, two = _staffed(tx, now=now)
    if waits:
        store_sign_in.add_adoption(tx, facts.ensure_installation(tx), operator_id=two.id, now=now)
        facts.set_fact(tx, ADOPTION, ADOPTED)
    _earned(tx, two, now=now)
    _paid(tx, one, two, now=now)
    for word, verbs in _DONE.items():
        _do(tx, one, "propose", word, now=now)
        for verb in verbs:
            _do(tx, one if verb == "hold" else two, verb, word, now=now)
    if waits:  # a copy that waits for an owner again, as it came
        another = secrets.token_hex(INSTALLATION_BYTES)
        service_keys.lend(f"{another}-1")
        facts.set_fact(tx, facts.INSTALLATION, another)
        facts.set_fact(tx, ADOPTION, PENDING)


def _staffed(tx: Transaction, *, now: int) -> tuple[Operator, Operator]:
    member = store_identity.ensure_member(tx, phone=PHONE, bsuid=None, origin="import", now=now, seen_at=now)
    found: list[Operator] = []
    for word in OPERATORS:
        role = OWNER if word == "two" else MODERATOR
        of = member if word == "payee" else None
        added = operators.add(tx, operator_name(word), role, now=now, member_id=of)
        kept = Hashed(secrets.token_bytes(16), 2, 8, 1, secrets.token_bytes(32))
        store_sign_in.add_passphrase(tx, added.id, kept, set_by=added.id, now=now)
        store_sign_in.add_limit(tx, added.id, CURRENCY, LIMIT_MINOR, set_by=added.id, now=now)
        found.append(added)
    store_sign_in.add_retirement(tx, found[-1].id, set_by=found[1].id, now=now)
    return found[0], found[1]


def _earned(tx: Transaction, owner: Operator, *, now: int) -> None:
    """A line of 100 for every state, one of 900 for `undone`; `early` is still in its return window."""
    terms = Terms(basis=OWN, return_days=1, starts_at=SECOND, credit=Money(MINOR, CURRENCY))
    scheme = service_schemes.add_scheme(tx, owner, SCHEME, terms, now=now)
    row, _ = service_schemes.add_ambassador(tx, owner, PHONE, SCHEME, None, valid_from=SECOND, now=now)
    member_id, wallet = store_deciding.ambassador_member(tx, row["id"])
    for number, word in enumerate(LINES, 1):
        minor = MINOR_UNDONE if word == "undone" else MINOR
        ordered_at = now - 2 * DAY
        line = LineRow(
            next_id(tx, "cashback_line"), line_ref(word), scheme.scheme.id, row["id"], member_id, None,
            f"1970-{number:02}", CURRENCY, minor, minor, minor, scheme.scheme.policy, scheme.version, "{}", ordered_at,
            now + DAY if word == EARLY else ordered_at + DAY, now,
        )  # fmt: skip
        store_lines.add_line(tx, line, chain.append(tx, model.ROOM, LINE, line.id, sealed(line)))
        wanted = Wanted(
            ref=model.accrual_ref(line.ref, 1),
            debit=model.budget_account(SCHEME),
            credit=member_account(wallet, PAYABLE),
            money=Money(minor, CURRENCY),
            purpose=model.PURPOSE,
            effective_at=ordered_at - ordered_at % SECOND,
            actor="rule",
            rule=line.rule,
            rule_version=line.rule_version,
        )
        ledger.pend(tx, wanted, now=now)


def _do(tx: Transaction, actor: Operator, verb: str, word: str, *, now: int) -> None:
    if verb == "undo":
        operators.undo(tx, actor, service_deciding.restores(actor.name, now=now), now=now)
        return
    reason = "attacked" if verb == "reject" else ""
    outcome = service_deciding.decide(tx, actor, verb, [line_ref(word)], now=now, reason=reason)
    if outcome.refused:
        raise Refused(outcome.refused[0].reason)


def _paid(tx: Transaction, one: Operator, two: Operator, *, now: int) -> None:
    """A batch whose payouts got every result, and one that was not exported."""
    for words in (_PAID, ("batched",)):
        for word in words:
            _do(tx, one, "propose", word, now=now)
            _do(tx, two, "approve", word, now=now)
        row = service_paying.batch(tx, one, CURRENCY, now=now).row
        if words is not _PAID:
            continue
        service_exporting.export(
            tx, two, row.ref, count=row.payout_count, sum_minor=row.sum_minor, file=Path("attacked"), now=now
        )
        told = [Told(2, line_ref(word), word, "attacked", "", "") for word in ("confirmed", "failed")]
        service_reconciling.reconcile(tx, one, row.ref, told, now=now)
