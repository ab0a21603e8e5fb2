"""What the attacks on policy are tried on: a version an operator set, and proposals in every state. Only ever on a copy."""

from __future__ import annotations

from typing import Final

from waconsole.chain import service as chain
from waconsole.database.connection import Transaction
from waconsole.policy import store, store_proposals
from waconsole.policy.model import (
    CONFIRM,
    DECISION,
    PROPOSAL,
    ROOM,
    WITHDRAW,
    Decision,
    Proposal,
    sealed_one,
    text_of,
    version_of,
)
from waconsole.policy.service_sealing import write

ONE, TWO = "attack-one", "attack-two"
SET: Final = "attack.set"
# word: what was decided on it, and by whom
PROPOSALS: Final = {
    "open": None,
    "withdrawn": (WITHDRAW, ONE),
    "confirmed": (CONFIRM, TWO),
    "own": (CONFIRM, ONE),
}


def stage(tx: Transaction, *, now: int) -> None:
    """Write what the attacks name: repeating it changes nothing."""
    if store.latest_version(tx, SET):
        return
    row = version_of(
        store.next_id(tx), SET, {"value": 1}, version=1, says="", valid_from=now, set_by=ONE, set_at=now, reason="attack"
    )  # fmt: skip
    write(tx, [row])
    for word, decided in PROPOSALS.items():
        proposal = Proposal(
            id=store_proposals.next_proposal_id(tx),
            name=f"attack.{word}",
            version=1,
            value=text_of({"value": 2}, version=1, says=""),
            says="",
            reason=f"attacked: {word}",
            valid_from=None,
            proposed_by=ONE,
            proposed_at=now,
        )
        seq = chain.append(tx, ROOM, PROPOSAL, proposal.id, sealed_one(proposal))
        store_proposals.add_proposal(tx, proposal, chain_seq=seq)
        if decided is None:
            continue
        verb, who = decided
        decision = Decision(store_proposals.next_decision_id(tx), proposal.id, verb, who, now, "")
        seq = chain.append(tx, ROOM, DECISION, decision.id, sealed_one(decision))
        store_proposals.add_decision(tx, decision, chain_seq=seq)
