"""Proposals and what was decided on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.policy.model import Decision, Proposal

PROPOSALS_MAX: Final = 10_000
_PROPOSAL: Final = "id, name, version, value, says, reason, valid_from, proposed_by, proposed_at"
_DECISION: Final = "id, proposal_id, verb, decided_by, decided_at, reason"


def next_proposal_id(tx: Transaction) -> int:
    """The id the next proposal will have."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM policy_proposal"))


def next_decision_id(tx: Transaction) -> int:
    """The id the next decision will have."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM policy_decision"))


def add_proposal(tx: Transaction, row: Proposal, *, chain_seq: int) -> None:
    """Write a proposal that was sealed."""
    tx.execute(
        """
        INSERT INTO policy_proposal (id, name, version, value, says, reason, valid_from, proposed_by, proposed_at, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (*row, chain_seq),
    )


def add_decision(tx: Transaction, row: Decision, *, chain_seq: int) -> None:
    """Write what was decided on a proposal, sealed."""
    tx.execute(
        """
        INSERT INTO policy_decision (id, proposal_id, verb, decided_by, decided_at, reason, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (*row, chain_seq),
    )


def open_proposals(tx: Transaction, prefix: str = "") -> list[Proposal]:
    """Every proposal nobody has decided on whose policy begins with `prefix`, oldest first."""
    rows = tx.rows(
        f"""
        SELECT {_PROPOSAL} FROM policy_proposal AS p
         WHERE p.name >= :prefix AND p.name < :beyond
           AND NOT EXISTS (SELECT 1 FROM policy_decision AS d WHERE d.proposal_id = p.id)
         ORDER BY id LIMIT :limit
        """,
        {"prefix": prefix, "beyond": prefix + "\U0010ffff", "limit": PROPOSALS_MAX},
    )
    return [Proposal(*row) for row in rows]


def open_proposal(tx: Transaction, name: str) -> Proposal | None:
    """The proposal for policy `name` nobody has decided on, or None: there is one at most."""
    return next((one for one in open_proposals(tx, name) if one.name == name), None)


def proposals_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, Proposal]]:
    """(link, proposal) of every one sealed after a link, in order."""
    cursor = tx.execute(
        f"SELECT chain_seq, {_PROPOSAL} FROM policy_proposal WHERE chain_seq > ? ORDER BY id", (link_seq,)
    )
    cursor.row_factory = None
    return ((row[0], Proposal(*row[1:])) for row in cursor)


def decisions_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, Decision]]:
    """(link, decision) of every one sealed after a link, in order."""
    cursor = tx.execute(
        f"SELECT chain_seq, {_DECISION} FROM policy_decision WHERE chain_seq > ? ORDER BY id", (link_seq,)
    )
    cursor.row_factory = None
    return ((row[0], Decision(*row[1:])) for row in cursor)
