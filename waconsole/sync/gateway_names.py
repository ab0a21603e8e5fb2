"""A message of a gateway under every name it may have: its chat and its author are called by phone or by hidden id.

An engine names them as it knows them at that moment, so that what changes a message may call it otherwise than
the message called itself. Where the ledger knows whose hidden id is whose, the two are one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.inbox import store_live
from waconsole.whatsapp.gateway.addresses import is_group, lid_of, message_id, person_address, phone_of

NAMES_MAX: Final = 10


def names(tx: Transaction, wamid: str) -> list[str]:
    """Every name of a member's message, `wamid` itself first; of one of ours its id alone."""
    named = message_id(wamid)
    if named is None or named.ours:
        return [wamid]
    chats = [named.chat] if is_group(named.chat) else _addresses(tx, named.chat)
    authors = _addresses(tx, named.participant) if named.participant else [""]
    found = [replace(named, chat=chat, participant=author).full for chat in chats for author in authors]
    return list(dict.fromkeys([wamid, *found]))


def found(tx: Transaction, wamid: str) -> tuple[str, Row | None]:
    """(the name a message is kept under, its row); `wamid` and None while it is not here."""
    for name in names(tx, wamid):
        message = store_live.message_of(tx, name)
        if message is not None:
            return name, message
    return wamid, None


def gather(tx: Transaction, wamid: str) -> None:
    """A message has come: what changed it before, under whichever of its names, changes it."""
    for name in names(tx, wamid)[1:]:
        if store_live.is_changed(tx, name):
            store_live.move_changes(tx, name, wamid)


def _addresses(tx: Transaction, address: str) -> list[str]:
    """The addresses of somebody who has this one."""
    phone, lid = phone_of(address), lid_of(address)
    rows = tx.rows(
        """
        SELECT o.kind, o.value
          FROM alias AS a
          JOIN member_root AS r ON r.id = a.member_id
          JOIN member_root AS s ON s.root_id = r.root_id
          JOIN alias AS o ON o.member_id = s.id AND o.kind IN ('phone', 'lid')
         WHERE a.kind = :kind AND a.value = :value AND a.group_id = 0
         ORDER BY o.id DESC
         LIMIT :limit
        """,
        {"kind": "lid" if lid else "phone", "value": lid or phone or "", "limit": NAMES_MAX},
    )
    others = [
        person_address(
            phone=row["value"] if row["kind"] == "phone" else None,
            lid=row["value"] if row["kind"] == "lid" else None,
        )
        for row in rows
    ]
    return list(dict.fromkeys([address, *others]))
