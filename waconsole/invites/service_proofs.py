"""The queue of pictures that may be proofs: listed, decided, and never looked into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.invites import proofs
from waconsole.invites import store_programmes as programmes
from waconsole.invites import store_proofs as store
from waconsole.invites.proofs import Running
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.text import stored
from waconsole.whatsapp.files import path_of

ACT: Final = "proofs.decide"
KIND: Final = "proof"


def running(tx: Transaction) -> list[Running]:
    """When each programme ran or runs: from its first activation, within its terms, until it was ended."""
    found = []
    for one in programmes.programmes(tx):
        steps = programmes.steps(tx, one.id)
        began = next((step.recorded_at for step in steps if step.step == programmes.ACTIVATED), None)
        versions = programmes.earning_versions(tx, one)
        if began is None or not versions:
            continue
        terms = versions[-1].terms
        ends = [at for at in (programmes.ended_at(tx, one.id), terms.ends_at) if at is not None]
        found.append(Running(one.id, max(began, terms.starts_at or 0), min(ends, default=None)))
    return found


def listing(tx: Transaction, folder: Path, *, state: str | None) -> list[dict[str, Any]]:
    """Proofs as they are told; `picture` is where the file is in `folder`, while it is. Names raw."""
    return [document(row, folder) for row in store.proofs(tx, state=state)]


def document(row: Row, folder: Path) -> dict[str, Any]:
    """One proof as JSON."""
    file = path_of(folder, row["sha256"]) if row["sha256"] and row["deleted_at"] is None else None
    return {
        "proof": row["ref"],
        "member": {"member": row["member_ref"], "phone": row["phone"]},
        "name": row["member_name"],
        "programme": row["programme"],
        "came_at": iso(row["came_at"]),
        "state": row["state"],
        "sha256": row["sha256"],
        "bytes": row["byte_count"],
        "duplicate_of": row["duplicate_of"],
        "duplicate_is_own": None if row["duplicate_of"] is None else bool(row["is_same_member"]),
        "picture": None if file is None else str(file),
        "reason": row["reason"],
        "decided_by": row["operator"],
        "decided_at": None if row["decided_at"] is None else iso(row["decided_at"]),
        "deleted_at": None if row["deleted_at"] is None else iso(row["deleted_at"]),
    }


def decide(
    tx: Transaction, refs: Sequence[str], outcome: str, reason: str, *, operator: str | None, now: int
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Decide proofs inside the caller's transaction: (those decided, (ref, why) of the others). Raises Refused, NotFound.

    There is no way back: the picture goes. What was accepted changes no invite by itself.
    """
    reason = stored(reason.strip())
    if not reason:
        raise Refused("Say why: --reason.")
    if len(reason) > proofs.REASON_CHARACTERS_MAX:
        raise Refused(f"The reason is longer than {proofs.REASON_CHARACTERS_MAX} characters: shorten it.")
    actor = authority.deciding(tx, operator, now=now)
    authority.authorize(tx, actor, ACT, now=now)
    state, done, left, acts = proofs.OUTCOMES[outcome], [], [], []
    for row in [store.proof_named(tx, ref) for ref in dict.fromkeys(refs)]:
        if row["state"] != proofs.WAITING:
            left.append((str(row["ref"]), f"It is {row['state']} already."))
            continue
        store.decide(tx, row["id"], state, reason=reason, operator_id=actor.id, now=now)
        acts.append(Act(KIND, row["id"], {"state": row["state"]}, {"state": state, "reason": reason}))
        done.append(row)
    if acts:
        operators.record(tx, actor, f"{outcome} proof", acts, now=now)
    return done, left
