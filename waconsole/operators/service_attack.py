"""Rows for the attacks on who may act to hit, so that none of them is refused only because nothing is there."""

from __future__ import annotations

import secrets
from typing import Final

from waconsole.chain import service_keys
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.operators import service, store, store_sign_in
from waconsole.operators.attacks import LEFT_NAME, OTHER_NAME, OWNER_NAME
from waconsole.operators.authority import ADOPTION, PENDING
from waconsole.operators.roles import MODERATOR, OWNER
from waconsole.operators.store import Act
from waconsole.operators.store_sign_in import Hashed

NO_MEMBER: Final = 0
INSTALLATION_BYTES: Final = 8


def stage(tx: Transaction, *, now: int) -> None:
    """Operators with everything that can be known of them; repeating it changes nothing. On a copy only."""
    if store.operator_by_name(tx, OWNER_NAME) is not None:
        return
    owner = service.add(tx, OWNER_NAME, OWNER, now=now)
    other = service.add(tx, OTHER_NAME, MODERATOR, now=now)
    left = service.add(tx, LEFT_NAME, MODERATOR, now=now)
    for one in (owner, other, left):
        kept = Hashed(secrets.token_bytes(16), 2, 8, 1, secrets.token_bytes(32))
        passphrase = store_sign_in.add_passphrase(tx, one.id, kept, set_by=owner.id, now=now)
        store_sign_in.add_limit(tx, one.id, "EUR", 100, set_by=owner.id, now=now)
        store_sign_in.add_link(tx, one.id, NO_MEMBER, set_by=owner.id, now=now)
        store_sign_in.add_failure(tx, one.id, now=now)
        signed = store_sign_in.add_sign_in(
            tx,
            one.id,
            passphrase,
            installation=facts.ensure_installation(tx),
            token_hash=secrets.token_bytes(32),
            idle_seconds=60,
            now=now,
            ends_at=now + 1,
        )
        store_sign_in.add_sign_out(tx, signed, now=now)
    store_sign_in.add_retirement(tx, left.id, set_by=owner.id, now=now)
    service.record(tx, owner, "add operator", [Act("operator", left.id, {}, {"role": MODERATOR})], now=now)
    _stage_adoption(tx, owner.id, now=now)


def _stage_adoption(tx: Transaction, owner_id: int, *, now: int) -> None:
    """An adoption of this installation stands, and then it becomes another one, which waits."""
    store_sign_in.add_adoption(tx, facts.ensure_installation(tx), operator_id=owner_id, now=now)
    another = secrets.token_hex(INSTALLATION_BYTES)
    service_keys.lend(f"{another}-1")
    facts.set_fact(tx, facts.INSTALLATION, another)
    facts.set_fact(tx, ADOPTION, PENDING)
