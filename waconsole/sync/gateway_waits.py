"""What a gateway's number leaves to its rest: it sends slowly, so that one run ends with messages that are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.outbox import service_take, store_numbers
from waconsole.sync import gateway_rows

DRIVER: Final = "gateway"


@dataclass(frozen=True, slots=True)
class Waits:
    """How many messages wait for a number, and when the next one leaves (microseconds UTC)."""

    number: str
    messages: int
    until: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        many = "one message waits" if self.messages == 1 else f"{self.messages:,} messages wait"
        return (
            f"A gateway's number rests between two messages, so that WhatsApp does not ban it: {many},"
            f" the next leaves at {iso(self.until)}. `waconsole sync --watch` goes on by itself."
        )


def waits(tx: Transaction, *, now: int) -> list[Waits]:
    """What waits for each gateway's number only because it rests."""
    found = []
    for row in store_numbers.all_numbers(tx):
        if row["driver"] != DRIVER:
            continue
        messages = gateway_rows.due_count(tx, row["id"], now=now)
        at = service_take.next_at(tx, row["id"], now=now) if messages else None
        if at is not None and at > now:
            found.append(Waits(row["ref"], messages, at))
    return found
