"""How a group stands at WhatsApp: the number it is reached by, its words, its link, whether it is suspended."""

from __future__ import annotations

from typing import Any

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.groups import store, store_subjects
from waconsole.text import stored

_COLUMNS = (
    "id, ref, name, driver, whatsapp_id, number_id, description, approval, invite_link, people_count, suspended_at,"
    " suspension_told_at, subject_told_at, description_told_at, approval_told_at, link_told_at, ended_at, looked_at"
)


def standing(tx: Transaction, group_id: int) -> Row:
    """How a group stands (`_COLUMNS`). Raises NotFound."""
    row = tx.one(f'SELECT {_COLUMNS} FROM "group" WHERE id = :id', {"id": group_id})
    if row is None:
        raise NotFound("That group is not in this ledger.")
    return row


def set_number(tx: Transaction, group_id: int, number_id: int) -> None:
    """A group is reached by that number of ours, unless another is known."""
    if standing(tx, group_id)["number_id"] is None:
        store.set_columns(tx, group_id, {"number_id": number_id})


def told_settings(
    tx: Transaction,
    group_id: int,
    *,
    subject: str | None = None,
    description: str | None = None,
    approval: str | None = None,
    at: int,
) -> None:
    """WhatsApp's word of `at` on what a group is called and says; on each part an earlier word changes nothing.

    A name that an operator or an export gave the group stays: only one that is WhatsApp's own follows.
    """
    was = standing(tx, group_id)
    told = {
        "subject": subject,
        "description": None if description is None else stored(description),
        "approval": approval,
    }
    columns: dict[str, Any] = {}
    for name, word in told.items():
        if word is not None and at >= was[f"{name}_told_at"]:
            columns |= {f"{name}_told_at": at} if name == "subject" else {name: word, f"{name}_told_at": at}
    if columns:
        store.set_columns(tx, group_id, columns)
    if subject and "subject_told_at" in columns:
        store_subjects.renamed(tx, group_id, subject, now=at)


def told_link(tx: Transaction, group_id: int, link: str, *, at: int) -> None:
    """WhatsApp's word of `at` on the link people come in by; an earlier word changes nothing."""
    if at >= standing(tx, group_id)["link_told_at"]:
        store.set_columns(tx, group_id, {"invite_link": link, "link_told_at": at})


def told_count(tx: Transaction, group_id: int, count: int | None, *, looked_at: int) -> None:
    """How many people WhatsApp counts, when it was asked."""
    store.set_columns(tx, group_id, {"people_count": count, "looked_at": looked_at})


def told_suspension(tx: Transaction, group_id: int, *, suspended: bool, at: int) -> bool:
    """A group is suspended since `at`, or no longer; False when that is an old word, or no news."""
    was = standing(tx, group_id)
    is_tie = at == was["suspension_told_at"] and not suspended  # within one second the harder word counts
    if at < was["suspension_told_at"] or (is_tie and was["suspended_at"] is not None):
        return False
    store.set_columns(tx, group_id, {"suspended_at": at if suspended else None, "suspension_told_at": at})
    return bool(was["suspended_at"] is None) == suspended


def ended(tx: Transaction, group_id: int, at: int) -> bool:
    """A group is no more; False when that was known."""
    if standing(tx, group_id)["ended_at"] is not None:
        return False
    store.set_columns(tx, group_id, {"ended_at": at})
    return True
