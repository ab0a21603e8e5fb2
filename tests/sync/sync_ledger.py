"""A ledger with something of everything the Sync pane shows."""

from __future__ import annotations

from typing import Final

from tests.conftest import NOW
from tests.kit.screens import HOSTILE
from tests.outbox.road import PHONE_NUMBER_ID, add_number, add_thread, queue
from waconsole.clock import HOUR, MINUTE, SECOND
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service_pacing, store, store_breakers, store_numbers, store_pacing
from waconsole.outbox.store_templates import hear
from waconsole.sync import notice_rows, receive_rows

WABA: Final = "200000000000002"


def ana(tx: Transaction) -> None:
    """Somebody who acts, and nothing else."""
    operators.add(tx, "Ana", "owner", now=NOW)


def everything(tx: Transaction) -> None:
    """A number that sends, one message unknown, two held, one queued, a paused campaign, notices, templates, a body."""
    ana(tx)
    number_id = add_number(tx, per_second_max=80)
    tx.execute("UPDATE number SET phone = '+15550100099' WHERE id = :id", {"id": number_id})
    store_numbers.set_quality(tx, number_id, "GREEN", at=NOW)
    store_pacing.tell_limit(tx, "", 2_000, at=NOW)
    store_pacing.count(tx, "", {NOW - NOW % (5 * MINUTE) - HOUR: 611})
    lost, held, other, later = (
        queue(tx, number_id, add_thread(tx, number_id, place), text)
        for place, text in enumerate(
            ("Did you get this?", "The blue one is back", "Ours opens at ten", "Soon")
        )
    )
    attempt(tx, lost, "unknown", at=NOW - 16 * MINUTE)
    store.set_outgoing_state(tx, lost, "unknown", "no_answer")
    store.set_outgoing_state(tx, held, "held", "template_needed")
    store.set_outgoing_state(tx, other, "held", "operator")
    assert later
    store_breakers.set_state(
        tx, "campaign", "spring", "paused", reason="strikes", detail="132015", since=NOW - HOUR
    )
    notice_rows.add(
        tx, key="k1", at=NOW - MINUTE, now=NOW, level="warning", subject="template", named="after_sun_2",
        sentence="WhatsApp has paused the template after_sun_2.", detail="FIRST_PAUSE",
    )  # fmt: skip
    for name, status in (("after_sun_2", "PAUSED"), ("hello", "APPROVED")):
        hear(tx, WABA, name, "fr", "status", {"status": status, "reason": ""}, at=NOW - MINUTE)
    receive_rows.keep_bodies(tx, [receive_rows.Body(b'{"object":"whatsapp_business_account"}', NOW - SECOND)])


def hostile(tx: Transaction) -> None:
    """The same with names, reasons and texts that mean harm."""
    everything(tx)
    number_id = store_numbers.number_by_phone_number_id(tx, PHONE_NUMBER_ID)
    assert number_id is not None
    store_numbers.rename(tx, number_id, HOSTILE)
    tx.execute("UPDATE number SET phone = NULL WHERE id = :id", {"id": number_id})
    acting = operators.acting(tx, "Ana", now=NOW)
    service_pacing.pause(tx, acting, number_id=number_id, reason=HOSTILE, now=NOW)
    store_breakers.set_state(tx, "campaign", HOSTILE, "paused", reason=HOSTILE, detail=HOSTILE, since=NOW)
    notice_rows.add(
        tx, key="h", at=NOW, now=NOW, level="alarm", subject="account", named=HOSTILE, sentence=HOSTILE, detail=HOSTILE
    )  # fmt: skip
    hear(tx, WABA, HOSTILE, HOSTILE, "status", {"status": HOSTILE, "reason": HOSTILE}, at=NOW)


def attempt(tx: Transaction, outgoing_id: int, outcome: str, *, at: int) -> None:
    """One attempt with what came of it."""
    tx.execute(
        """
        INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at)
        VALUES (:id, 1, :opaque, 'test', :at)
        """,
        {"id": outgoing_id, "opaque": f"opaque-{outgoing_id}", "at": at},
    )
    store.set_outgoing_state(tx, outgoing_id, "sending", "")
    tx.execute(
        "UPDATE attempt SET outcome = :outcome, ended_at = :at WHERE outgoing_id = :id",
        {"outcome": outcome, "at": at + SECOND, "id": outgoing_id},
    )
