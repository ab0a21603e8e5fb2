"""What WhatsApp says of a message of ours, taken in; and how an echo settles what was unknown."""

from __future__ import annotations

import json
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.members import store as members
from waconsole.outbox import (
    service_breakers,
    store,
    store_attempts,
    store_deliveries,
    store_pacing,
    store_rows,
)
from waconsole.outbox.eligible import NEEDS_CONSENT, STOPPED
from waconsole.outbox.service_acts import refuse_waiting
from waconsole.outbox.service_suppression import CODES, STOPPED_MARKETING, learn
from waconsole.whatsapp.events import StatusChanged

__all__ = ("SOURCE", "STOPPED_MARKETING", "refused", "status", "stop_marketing")

SOURCE: Final = "whatsapp"


def status(tx: Transaction, event: StatusChanged, *, now: int) -> bool:
    """Take in one status; False when this version does not know its word, and then nothing was written.

    Any order and any number of times: the row of the wamid keeps the highest rank, and `failed` is
    a flag beside it. A status of a message whose answer was lost names our attempt: it has been
    accepted. A status that comes before the answer is kept by its wamid and read once that is known.
    """
    if event.status != store_deliveries.FAILED and event.status not in store_deliveries.RANKS:
        return False
    fails = store_deliveries.heard(
        tx,
        wamid=event.wamid,
        participant=event.participant or "",
        status=event.status,
        at=event.at,
        code=event.code,
        detail=event.detail,
        pricing=None if event.pricing is None else json.dumps(dict(event.pricing), sort_keys=True),
    )
    if event.opaque:
        _settle(tx, event.opaque, event.wamid, now=now)
    if event.status == store_deliveries.FAILED:
        outgoing_id = store_rows.outgoing_of_wamid(tx, event.wamid)
        if outgoing_id is not None and event.code in CODES:
            refused(tx, outgoing_id, event.code, at=event.at, now=now)
        if outgoing_id is not None and fails:
            rules = store_pacing.rules(tx, now=now)
            service_breakers.failed_later(tx, outgoing_id, event.code, event.detail, rules, now=now)
    return True


def refused(tx: Transaction, outgoing_id: int, code: int, *, at: int, now: int) -> None:
    """What WhatsApp's refusal of a message, at once or in a status, says of whom it was for."""
    learn(tx, outgoing_id, code, at=at - at % SECOND, now=now)
    if code == STOPPED_MARKETING:
        stop_marketing(tx, outgoing_id, at=at, now=now)


def stop_marketing(tx: Transaction, outgoing_id: int, *, at: int, now: int) -> None:
    """WhatsApp refused a message because its member stopped marketing: their consent ends, what waits is refused."""
    found = store_rows.member_of(tx, outgoing_id)
    if found is None:
        return
    member_id, conversation_ids = found
    members.add_consent(
        tx, member_id=member_id, purpose="marketing", state="stop", source=SOURCE, decided_at=at - at % SECOND, now=now,
        origin="live",
    )  # fmt: skip
    refuse_waiting(tx, conversation_ids, NEEDS_CONSENT, STOPPED, now=now)


def _settle(tx: Transaction, opaque: str, wamid: str, *, now: int) -> None:
    """The attempt that carried `opaque` was accepted, whatever we thought of it."""
    attempt = store_attempts.by_opaque(tx, opaque)
    if attempt is None or store.is_wamid_of_another(tx, wamid, attempt["outgoing_id"]):
        return
    store_attempts.end(tx, attempt["id"], outcome="accepted", now=now, wamid=wamid)
    row = store_rows.outgoing_row(tx, attempt["outgoing_id"])
    if row["state"] != "accepted" or row["wamid"] is None:
        store.set_outgoing_state(tx, row["id"], "accepted", wamid=wamid)
