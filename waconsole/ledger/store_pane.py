"""What the ledger pane lists: transfers, newest first; one of them with everything that belongs to it. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from waconsole.database.connection import Row, Transaction

TRANSFERS_MAX: Final = 10_000_000
LINKED_MAX: Final = 200

TABS: Final[Mapping[str, str]] = {
    "all": "1",
    "open": "t.seq IN (SELECT seq FROM open_transfer)",
    "payouts": "t.purpose = 'payout'",
    "reversals": "t.kind = 'reversal'",
}


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One row of the list. `resolved` is the kind of the row that ended a pending one, "" while it is open."""

    seq: int
    ref: str
    kind: str
    debit: str
    credit: str
    currency: str
    amount: int
    purpose: str
    effective_at: int
    actor: str
    resolved: str
    reversed_minor: int


def ids(
    tx: Transaction, tab: str, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The transfers of a tab, newest first; of those alone that `within` selects, SQL that the query language made."""
    narrowed = f"AND t.seq IN ({within})" if within else ""
    rows = tx.execute(
        f"SELECT t.seq FROM transfer AS t WHERE ({TABS[tab]}) {narrowed} ORDER BY t.seq DESC LIMIT :limit",
        {**parameters, "limit": TRANSFERS_MAX},
    )
    return array("q", (row[0] for row in rows))


def counts(tx: Transaction) -> dict[str, int]:
    """How many transfers stand in each tab."""
    return {
        tab: int(tx.value(f"SELECT count(*) FROM transfer AS t WHERE {where}")) for tab, where in TABS.items()
    }


def rows(tx: Transaction, wanted: Sequence[int]) -> list[TransferRow]:
    """Rows by seq, in no order."""
    found = tx.rows(
        f"""
        SELECT t.seq, t.ref, t.kind, d.name AS debit, c.name AS credit, t.currency, t.amount, t.purpose, t.effective_at,
               t.actor, coalesce((SELECT r.kind FROM transfer AS r WHERE r.pending_seq = t.seq), '') AS resolved,
               (SELECT coalesce(sum(r.amount), 0) FROM transfer AS r WHERE r.reverses_seq = t.seq) AS reversed_minor
          FROM transfer AS t
          JOIN account AS d ON d.id = t.debit_id
          JOIN account AS c ON c.id = t.credit_id
         WHERE t.seq IN ({", ".join("?" * len(wanted))})
        """,
        list(wanted),
    )
    return [TransferRow(**dict(row)) for row in found]


def transfer_in_full(tx: Transaction, seq: int) -> Row | None:
    """Everything the books hold of one transfer, with the balance of both accounts after it."""
    return tx.one(
        """
        SELECT t.seq, t.ref, t.kind, t.journal, d.name AS debit, c.name AS credit, t.currency, t.amount, t.purpose, t.owner,
               t.source, t.rule, t.rule_version, t.effective_at, t.recorded_at, t.expires_at, t.actor, t.approved_by,
               t.reason, t.chain_seq, m.words AS memo, p.ref AS pending, o.ref AS reverses,
               left_.credits_posted - left_.debits_posted AS debit_balance,
               right_.credits_posted - right_.debits_posted AS credit_balance
          FROM transfer AS t
          JOIN account AS d ON d.id = t.debit_id
          JOIN account AS c ON c.id = t.credit_id
          JOIN entry AS left_ ON left_.id = 2 * t.seq - 1
          JOIN entry AS right_ ON right_.id = 2 * t.seq
          LEFT JOIN transfer_memo AS m ON m.id = t.seq
          LEFT JOIN transfer AS p ON p.seq = t.pending_seq
          LEFT JOIN transfer AS o ON o.seq = t.reverses_seq
         WHERE t.seq = :seq
        """,
        {"seq": seq},
    )


def linked(tx: Transaction, seq: int, journal: str) -> list[TransferRow]:
    """The other transfers of its journal and what ended or reversed it, in the order of record."""
    found = tx.rows(
        """
        SELECT seq FROM transfer WHERE ref = :journal AND seq <> :seq
        UNION SELECT seq FROM transfer WHERE journal = :journal AND journal <> ref AND seq <> :seq
        UNION SELECT seq FROM transfer WHERE pending_seq = :seq
        UNION SELECT seq FROM transfer WHERE reverses_seq = :seq
         ORDER BY seq
         LIMIT :limit
        """,
        {"journal": journal, "seq": seq, "limit": LINKED_MAX},
    )
    return sorted(rows(tx, [row[0] for row in found]), key=lambda row: row.seq) if found else []


def on_account(
    tx: Transaction, account: str, currency: str, wanted: Sequence[int]
) -> dict[int, tuple[int, int]]:
    """What each transfer changed on an account, and its balance after it: (change, balance) by seq, minor units."""
    found = tx.rows(
        f"""
        SELECT (e.id + 1) / 2 AS seq, e.delta, e.credits_posted - e.debits_posted AS balance
          FROM entry AS e
         WHERE e.id IN ({", ".join("?" * (2 * len(wanted)))})
           AND e.account_id = (SELECT id FROM account WHERE name = ? AND currency = ?)
        """,
        [*(2 * seq - 1 for seq in wanted), *(2 * seq for seq in wanted), account, currency],
    )
    return {row["seq"]: (row["delta"], row["balance"]) for row in found}
