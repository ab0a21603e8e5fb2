"""What WhatsApp recorded of one message, by its wamid: a second source when statuses were missed.

Meta's OpenAPI description v23.0 alone tells of it; it cannot find a message whose wamid was lost with the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from waconsole.whatsapp.cloud.paging import elements, everything
from waconsole.whatsapp.driver import Verdict

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

SECOND: Final = 1_000_000
PAGE: Final = 100
FIELDS: Final = "id,message_id,events{delivery_status,timestamp,webhook_update_state,error_description}"
# Their words and ours; ERROR is a failure.
STATUSES: Final[Mapping[str, str]] = {
    "ACCEPTED": "accepted", "SENT": "sent", "DELIVERED": "delivered", "READ": "read", "PLAYED": "played", "ERROR": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """One thing that happened to a message; `at` in microseconds UTC, `detail` foreign.

    `told` is whether its webhook was delivered, as WhatsApp says.
    """

    status: str
    at: int
    detail: str = ""
    told: str = ""


async def history(driver: CloudDriver, wamid: str) -> tuple[Verdict, list[Recorded]]:
    """Everything WhatsApp recorded of the message, the earliest first; [] when it knows none of that id."""
    return await recorded(driver.beside, driver.graph, driver.phone_number_id, wamid)


async def recorded(
    client: Client, graph: str, phone_number_id: str, wamid: str
) -> tuple[Verdict, list[Recorded]]:
    """As `history`, over a client."""
    path = f"{graph}/{quote(phone_number_id, safe='')}/message_history"
    query = urlencode({"message_id": wamid, "fields": FIELDS})
    verdict, document = await client.read(f"{path}?{query}")
    if verdict.outcome != "accepted":
        return verdict, []
    found: list[Recorded] = []
    for entry in elements(document) or []:
        if entry.get("message_id", wamid) != wamid:
            continue
        events = entry.get("events")
        raw = elements(events) if isinstance(events, dict) else None
        if raw is None or (isinstance(events, dict) and _has_more(events)):
            verdict, raw = await everything(
                client, f"{graph}/{quote(str(entry.get('id', '')), safe='')}/events", {}, limit=PAGE
            )
            if verdict.outcome != "accepted":
                return verdict, []
        found += [one for one in map(_recorded, raw) if one is not None]
    return verdict, sorted(found, key=lambda one: one.at)


def _has_more(events: Mapping[str, Any]) -> bool:
    paging = events.get("paging")
    return isinstance(paging, dict) and bool(paging.get("next"))


def _recorded(raw: Mapping[str, Any]) -> Recorded | None:
    status, at = STATUSES.get(str(raw.get("delivery_status", "")).upper()), str(raw.get("timestamp", ""))
    if status is None or not at.isdecimal():
        return None
    detail, told = (str(raw.get(key) or "") for key in ("error_description", "webhook_update_state"))
    return Recorded(status, int(at) * SECOND, detail, told)
