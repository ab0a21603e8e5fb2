"""Delivery rows: WhatsApp's word on a message, by WhatsApp's own id. Their only writer."""

from __future__ import annotations

from typing import Any, Final

from waconsole.database.connection import Transaction

RANKS: Final = {"sent": 1, "delivered": 2, "read": 3, "played": 4}
FAILED: Final = "failed"


def heard(
    tx: Transaction,
    *,
    wamid: str,
    participant: str,
    status: str,
    at: int,
    code: int | None,
    detail: str,
    pricing: str | None,
) -> bool:
    """Take in one status, in any order and any number of times: the rank is the highest word, never the last.

    Answers whether it says for the first time that the message failed.
    """
    before = tx.one(
        "SELECT * FROM delivery WHERE wamid = :wamid AND participant = :participant",
        {"wamid": wamid, "participant": participant},
    )
    row: dict[str, Any] = (
        dict(before) if before is not None else {"status": "", "rank": 0, "failed_at": None, "pricing": None}
    )
    if status == FAILED:
        if row["failed_at"] is None:
            row |= {"failed_at": at, "error_code": code or 0, "error_detail": detail}
    else:
        known = row.get(f"{status}_at")
        row[f"{status}_at"] = at if known is None else min(known, at)
        if RANKS[status] > row["rank"]:
            row |= {"status": status, "rank": RANKS[status]}
    row["pricing"] = pricing or row["pricing"]
    fields = {
        name: row.get(name)
        for name in ("status", "rank", "sent_at", "delivered_at", "read_at", "played_at", "failed_at", "error_code", "pricing")
    } | {"error_detail": row.get("error_detail", ""), "wamid": wamid, "participant": participant}  # fmt: skip
    if before is None:
        tx.execute(
            """
            INSERT INTO delivery (wamid, participant, status, rank, sent_at, delivered_at, read_at, played_at, failed_at,
                                  error_code, error_detail, pricing)
            VALUES (:wamid, :participant, :status, :rank, :sent_at, :delivered_at, :read_at, :played_at, :failed_at,
                    :error_code, :error_detail, :pricing)
            """,
            fields,
        )
    elif dict(before) != {**dict(before), **fields}:
        tx.execute(
            """
            UPDATE delivery
               SET status = :status, rank = :rank, sent_at = :sent_at, delivered_at = :delivered_at, read_at = :read_at,
                   played_at = :played_at, failed_at = :failed_at, error_code = :error_code, error_detail = :error_detail,
                   pricing = :pricing
             WHERE wamid = :wamid AND participant = :participant
            """,
            fields,
        )
    return status == FAILED and (before is None or before["failed_at"] is None)
