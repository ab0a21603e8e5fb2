"""What the attacks on the desk are tried on: items in many states, and who decided on them. Only on a copy."""

from __future__ import annotations

import secrets
from typing import Final

from waconsole.chain import service_keys
from waconsole.clock import DAY, SECOND
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.fraud import service_deciding, service_standings, store_findings, store_reviews
from waconsole.fraud.attacks import ITEMS, OPERATORS, item_ref, operator_name
from waconsole.fraud.deciding import BLOCK, ESCALATE, FREEZE, RELEASE, SNOOZE, VOID
from waconsole.fraud.service_deciding import Wanted
from waconsole.fraud.service_recording import Deciding, blank, seal
from waconsole.fraud.service_standings import Frozen
from waconsole.fraud.store_findings import Prepared
from waconsole.members import store_identity
from waconsole.operators import service as operators
from waconsole.operators import store_sign_in
from waconsole.operators.authority import ADOPTION, PENDING
from waconsole.operators.roles import AMBASSADOR, MODERATOR, OWNER
from waconsole.operators.store import Operator
from waconsole.operators.store_sign_in import Hashed

ADOPTED: Final = "adopted"
KIND: Final = "attack"
_SIGNAL: Final = ("attack", 1, 1, "attacked")
_EVIDENCE: Final = '[{"kind": "member", "id": "m", "at": null, "says": "attacked"}]'
INSTALLATION_BYTES: Final = 8
SUSPECT, INSIDER = "+4930123457", "+4930123458"
# What is decided on each item by `one`.
_DONE: Final = {
    "released": RELEASE, "voided": VOID, "frozen": FREEZE, "blocked": BLOCK, "escalated": ESCALATE, "snoozed": SNOOZE,
}  # fmt: skip


def stage(tx: Transaction, *, now: int) -> None:
    """Items in every state, decided on as the program does it; repeating it changes nothing."""
    if store_reviews.item(tx, item_ref("open"), now=now) is not None:
        return
    waits = facts.fact(tx, ADOPTION) == PENDING
    suspect, insider = (
        store_identity.ensure_member(tx, phone=phone, bsuid=None, origin="import", now=now, seen_at=now)
        for phone in (SUSPECT, INSIDER)
    )
    staff = _staffed(tx, insider, now=now)
    if waits:
        store_sign_in.add_adoption(tx, facts.ensure_installation(tx), operator_id=staff["two"].id, now=now)
        facts.set_fact(tx, ADOPTION, ADOPTED)
    at = now - now % SECOND
    for word in ITEMS:
        member_id = insider if word == "own" else suspect
        item = Prepared(
            None, item_ref(word), KIND, "s", "", 1, at, ((member_id, ""),), (0,), ((*_SIGNAL, _EVIDENCE),)
        )
        review_id = store_findings.write(tx, item, now=at)
        if word == "velocity" and review_id is not None:
            service_standings.freeze(tx, [Frozen(review_id, member_id, "attack", 1, at)], now=now)
    for word, outcome in _DONE.items():
        until = now + DAY if outcome == SNOOZE else None
        wanted = Wanted(outcome, "other", "", until)
        service_deciding.decide(tx, staff["one"], wanted, [item_ref(word)], now=now)
    proposed = store_reviews.item(tx, item_ref("proposed"), now=now)
    if proposed is None:
        raise NotFound("The item that is proposed is not there.")
    one = Deciding(tx, staff["one"], proposed, now)
    seal(tx, blank(one, RELEASE, "other")._replace(is_proposal=1), "")
    if waits:  # a copy that waits for an owner again, as it came
        another = secrets.token_hex(INSTALLATION_BYTES)
        service_keys.lend(f"{another}-1")
        facts.set_fact(tx, facts.INSTALLATION, another)
        facts.set_fact(tx, ADOPTION, PENDING)


def _staffed(tx: Transaction, insider: int, *, now: int) -> dict[str, Operator]:
    found: dict[str, Operator] = {}
    for word in OPERATORS:
        role = {"two": OWNER, "guest": AMBASSADOR}.get(word, MODERATOR)
        added = operators.add(
            tx, operator_name(word), role, now=now, member_id=insider if word == "insider" else None
        )
        kept = Hashed(secrets.token_bytes(16), 2, 8, 1, secrets.token_bytes(32))
        store_sign_in.add_passphrase(tx, added.id, kept, set_by=added.id, now=now)
        found[word] = added
    store_sign_in.add_retirement(tx, found["left"].id, set_by=found["two"].id, now=now)
    return found
