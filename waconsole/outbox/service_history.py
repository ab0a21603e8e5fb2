"""What WhatsApp recorded of a message whose statuses were missed: asked for by its wamid, taken in like statuses.

It cannot find a message whose wamid was lost with the answer: that is settled by a status, or by an operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.outbox import service_delivery, store_deliveries, store_rows
from waconsole.outbox.service_management import history
from waconsole.settings import Settings
from waconsole.whatsapp.events import StatusChanged

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.history import Recorded

ACCEPTED: Final = "accepted"
FAILED_UNTOLD: Final = 0  # the code of a failure whose code the history does not tell


async def reconcile(
    database: Database, settings: Settings, ref: str, *, now: int
) -> tuple[str, list[Recorded]]:
    """Ask what became of an outgoing message and take it in: (its ref, what WhatsApp recorded, the earliest first).

    Raises Refused, NotFound. What was known stands: ranks never go back.
    """
    row = await database.read(lambda tx: store_rows.outgoing_row(tx, store_rows.outgoing_named(tx, ref)))
    wamid = row["wamid"]
    if not wamid:
        raise Refused(
            f"{row['ref']} has no id of WhatsApp's: its history is found by that alone. `waconsole outbox resolve` settles it."
        )
    found = await history(database, settings, row["number_id"], wamid)
    await database.write(lambda tx: take_in(tx, wamid, found, now=now))
    return str(row["ref"]), found


def take_in(tx: Transaction, wamid: str, found: Sequence[Recorded], *, now: int) -> None:
    """Take in what was recorded of the message of that wamid; a failure has no code there."""
    for one in found:
        if one.status == ACCEPTED:
            continue
        is_failed = one.status == store_deliveries.FAILED
        status = StatusChanged(
            wamid,
            one.status,
            one.at,
            "",
            None,
            None,
            FAILED_UNTOLD if is_failed else None,
            one.detail,
            None,
        )
        service_delivery.status(tx, status, now=now)
