"""Seal policy: versions are written under a link of the chain, and `verify` reads them back by it.

A ledger that is only being built has no installation id and no key. What stands in it is sealed when it gets one,
and so is what an older waconsole left unsealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from waconsole.chain import service as chain
from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.policy import store, store_proposals
from waconsole.policy.model import DECISION, PROPOSAL, ROOM, VERSION, Version, sealed_one, sealed_versions


def seal_standing(tx: Transaction) -> int:
    """Seal every version that is not sealed yet; answers how many. Needs the ledger's installation id."""
    rows = store.unsealed(tx)
    if rows:
        _seal(tx, rows)
    return len(rows)


def write(tx: Transaction, rows: Sequence[Version]) -> None:
    """Write versions, sealed; a ledger without an installation id is sealed when it gets one."""
    if not rows:
        return
    if facts.fact(tx, facts.INSTALLATION) is not None:
        seal_standing(tx)
        _seal(tx, rows)
    store.add_versions(tx, rows)


def _seal(tx: Transaction, rows: Sequence[Version]) -> None:
    seq = chain.append(tx, ROOM, VERSION, rows[-1].id, sealed_versions(rows))
    store.add_seal(tx, first_id=rows[0].id, last_id=rows[-1].id, chain_seq=seq)


def sealed() -> Sealed:
    """What policy has sealed, for `verify`."""
    return {(ROOM, VERSION): _versions, (ROOM, PROPOSAL): _proposals, (ROOM, DECISION): _decisions}


def _versions(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, seal, first, last in store.seals_after(tx, after):
        rows = store.versions_between(tx, first, last)
        if len(rows) != last - first + 1:
            raise Unsound("policy_version", first, f"Versions of policies that seal {seal} covers are gone.")
        yield SealedRow(link, last, sealed_versions(rows))
    if facts.fact(tx, facts.INSTALLATION) is not None and (left := store.unsealed(tx)):
        row = left[0]
        raise Unsound(
            "policy_version", row.id, f"Version {row.version} of policy {row.name} was never sealed."
        )


def _proposals(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, row in store_proposals.proposals_after(tx, after):
        yield SealedRow(link, row.id, sealed_one(row))


def _decisions(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, row in store_proposals.decisions_after(tx, after):
        yield SealedRow(link, row.id, sealed_one(row))
