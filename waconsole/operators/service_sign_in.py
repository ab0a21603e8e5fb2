"""Sign in: prove with a passphrase who one is, and keep that proof for a while in a file of one's own.

The proof is a random token; the ledger keeps its hash, how long it lasts without use and when it ends in any case. A new
passphrase, retirement and another installation of the ledger end it. Wrong passphrases are slow (scrypt), counted and
written to the act log; too many in a while, and nobody tries under that name for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from typing import Any, Final, NamedTuple

from waconsole.clock import HOUR, MINUTE, SECOND, moment
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service, service_passphrase, service_token, store_known, store_sign_in
from waconsole.operators.authority import Forbidden, deciding
from waconsole.operators.sealing import SIGN_IN
from waconsole.operators.service_token import Kept
from waconsole.operators.store import Act
from waconsole.operators.store_known import Known
from waconsole.settings.secrets import Secret

POLICY: Final = "operators.sign_in"
STANDARD: Final = {"idle_minutes": 30, "hours_max": 12, "tries": 5, "lock_minutes": 15}
TOKEN_BYTES: Final = 32


class SignedIn(NamedTuple):
    """A sign-in as it was made: who, how long it lasts without use, when it ends in any case."""

    operator: str
    name: str
    idle_minutes: int
    ends_at: int


def _terms(tx: Transaction, *, now: int) -> dict[str, int]:
    found = store_known.policy_value(tx, POLICY, now=now)
    value: dict[str, Any] = {} if found is None else json.loads(found[0])
    return {key: int(value.get(key, standard)) for key, standard in STANDARD.items()}


def needs_proof(tx: Transaction, name: str) -> Known | None:
    """The operator called `name` when they have to prove it; None where nobody has a passphrase yet.

    Raises NotFound for a stranger, Forbidden for who is retired or the only one left without a passphrase.
    """
    if not store_known.has_passphrases(tx):
        return None
    if store_known.known_by_name(tx, name) is None:
        known = ", ".join(one.name for one in store_known.known_operators(tx))
        raise NotFound(f"No operator is called {name}: there is {known}.")
    operator = deciding(tx, name, now=0)
    return store_known.known_by_id(tx, operator.id)


async def prove(database: Database, known: Known, secret: Secret, *, now: int) -> None:
    """Hold a passphrase against the one kept. Raises Forbidden when it is wrong, or was wrong too often."""
    assert known.passphrase_id is not None
    passphrase_id = known.passphrase_id

    def read(tx: Transaction) -> store_sign_in.Hashed:
        _check_lock(tx, known, now=now)
        return store_sign_in.passphrase(tx, passphrase_id)

    kept = await database.read(read)
    if await asyncio.to_thread(service_passphrase.matches, kept, secret):
        return
    left = await database.write(lambda tx: _failed(tx, known, now=now))
    more = f"{left} more tries" if left > 1 else "one more try" if left else "no more tries for a while"
    raise Forbidden("passphrase.wrong", f"That is not {known.name}'s passphrase: {more}.")


def _check_lock(tx: Transaction, known: Known, *, now: int) -> None:
    terms = _terms(tx, now=now)
    failures = store_sign_in.failures_since(tx, known.id, now - terms["lock_minutes"] * MINUTE)
    if len(failures) < terms["tries"]:
        return
    until = failures[-terms["tries"]] + terms["lock_minutes"] * MINUTE
    raise Forbidden(
        "passphrase.locked",
        f"{known.name}'s passphrase was wrong {len(failures)} times: try again at {moment(until):%H:%M:%S} UTC.",
    )


def _failed(tx: Transaction, known: Known, *, now: int) -> int:
    """Write down that a passphrase was wrong; answers how many more tries there are."""
    row = store_sign_in.add_failure(tx, known.id, now=now)
    terms = _terms(tx, now=now)
    count = len(store_sign_in.failures_since(tx, known.id, now - terms["lock_minutes"] * MINUTE))
    act = Act(SIGN_IN, row, {}, {"wrong": count})
    service.record(tx, known.operator, "wrong passphrase", [act], now=now)
    return max(terms["tries"] - count, 0)


def check(tx: Transaction, name: str, idle_minutes: int | None, *, now: int) -> Known:
    """Who wants to sign in. Raises Refused where they cannot, whatever the passphrase is."""
    known = needs_proof(tx, name)
    if known is None:
        raise Refused(
            f"Nobody has a passphrase here yet: `waconsole operators add {name} --role owner` sets the first one."
        )
    _idle(tx, idle_minutes, now=now)
    return known


async def sign_in(
    database: Database, name: str, secret: Secret, *, idle_minutes: int | None, now: int
) -> SignedIn:
    """Prove who one is and keep the proof in a file. Raises Refused."""
    known = await database.read(lambda tx: check(tx, name, idle_minutes, now=now))
    await prove(database, known, secret, now=now)
    token = secrets.token_bytes(TOKEN_BYTES)

    def write(tx: Transaction) -> tuple[SignedIn, str]:
        operator = deciding(tx, known.name, now=now)
        idle = _idle(tx, idle_minutes, now=now)
        ends_at = now + _terms(tx, now=now)["hours_max"] * HOUR
        installation = facts.ensure_installation(tx)
        assert known.passphrase_id is not None
        row = store_sign_in.add_sign_in(
            tx,
            operator.id,
            known.passphrase_id,
            installation=installation,
            token_hash=hashlib.sha256(token).digest(),
            idle_seconds=idle * 60,
            now=now,
            ends_at=ends_at,
        )
        service.record(tx, operator, "sign in", [Act(SIGN_IN, row, {}, {"ends_at": ends_at})], now=now)
        return SignedIn(operator.ref, operator.name, idle, ends_at), installation

    made, installation = await database.write(write)
    service_token.keep(installation, known.id, Kept(token, now))
    return made


def _idle(tx: Transaction, asked: int | None, *, now: int) -> int:
    """For how many minutes without use a sign-in lasts. Raises Refused."""
    terms = _terms(tx, now=now)
    most = terms["hours_max"] * 60
    if asked is None:
        return min(terms["idle_minutes"], most)
    if not 1 <= asked <= most:
        raise Refused(f"A sign-in lasts from 1 to {most} minutes without use.")
    return asked


def idle_minutes(tx: Transaction, name: str, *, now: int) -> int | None:
    """For how long somebody who proved to be `name` may be away; None for who need not prove it."""
    return None if needs_proof(tx, name) is None else _idle(tx, None, now=now)


async def check_sign_in(database: Database, known: Known, *, now: int) -> None:
    """Whether the operator has signed in here and still is; that is a use of it. Raises Forbidden with what to do."""

    def read(tx: Transaction) -> tuple[str, store_sign_in.SignIn | None, Kept | None]:
        installation = facts.fact(tx, facts.INSTALLATION) or ""
        kept = service_token.kept(installation, known.id)
        found = (
            None if kept is None else store_sign_in.sign_in_by_token(tx, hashlib.sha256(kept.token).digest())
        )
        return installation, found, kept

    installation, found, kept = await database.read(read)
    if kept is None:
        raise Forbidden(
            "sign_in",
            f"Prove that you are {known.name}: `waconsole sign-in {known.name}`, --passphrase-fd N,"
            " or WACONSOLE_PASSPHRASE for scripts.",
        )
    why = "was made with another passphrase or another copy of this ledger"
    if found is not None and _is_theirs(found, known, installation):
        if (
            found.signed_out_at is None
            and now < found.ends_at
            and now - kept.used_at <= found.idle_seconds * SECOND
        ):
            if now - kept.used_at >= min(found.idle_seconds * SECOND // 10, MINUTE):
                service_token.keep(installation, known.id, Kept(kept.token, now))
            return
        why = "has ended"
    service_token.drop(installation, known.id)
    raise Forbidden("sign_in.ended", f"{known.name}'s sign-in {why}: say `waconsole sign-in {known.name}`.")


def _is_theirs(found: store_sign_in.SignIn, known: Known, installation: str) -> bool:
    return (found.operator_id, found.passphrase_id, found.installation) == (
        known.id,
        known.passphrase_id,
        installation,
    )


def sign_out(tx: Transaction, name: str | None, *, now: int) -> list[str]:
    """End the sign-ins kept on this machine, or that of `name`; answers whose they were."""
    installation = facts.fact(tx, facts.INSTALLATION) or ""
    ended: list[str] = []
    for known in store_known.known_operators(tx):
        if name is not None and name not in (known.name, known.ref):
            continue
        kept = service_token.kept(installation, known.id)
        if kept is None:
            continue
        found = store_sign_in.sign_in_by_token(tx, hashlib.sha256(kept.token).digest())
        if found is not None and found.signed_out_at is None:
            store_sign_in.add_sign_out(tx, found.id, now=now)
            service.record(tx, known.operator, "sign out", [Act(SIGN_IN, found.id, {}, {})], now=now)
        service_token.drop(installation, known.id)
        ended.append(known.name)
    return ended
