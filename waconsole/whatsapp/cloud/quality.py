"""How WhatsApp rates a number: its quality, how fast it may send, whom it may reach in a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from waconsole.whatsapp.driver import Verdict
from waconsole.whatsapp.plain import word

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

FIELDS: Final = (
    "display_phone_number,verified_name,quality_rating,name_status,throughput,status,"
    "whatsapp_business_manager_messaging_limit"
)
# A field that this version of the Graph API does not have refuses the whole question.
FIELDS_SURE: Final = "display_phone_number,verified_name,quality_rating,name_status"
NO_SUCH_FIELD: Final = 100
UNLIMITED: Final = "UNLIMITED"


@dataclass(frozen=True, slots=True)
class NumberSeen:
    """A number as WhatsApp rates it; what it did not say is empty or None.

    `throughput` is its level (`STANDARD`, `HIGH`), `limit` the word for the unique people that templates may reach in
    24 hours, and `limit_people` that as a number (None: unlimited or not told). Names are foreign.
    """

    phone: str = ""
    name: str = ""
    quality: str = ""
    name_status: str = ""
    throughput: str = ""
    limit: str = ""
    limit_people: int | None = None
    status: str = ""


async def quality(driver: CloudDriver) -> tuple[Verdict, NumberSeen]:
    """How WhatsApp rates the number of a driver that is open."""
    return await rated(driver.beside, driver.graph, driver.phone_number_id)


async def rated(client: Client, graph: str, phone_number_id: str) -> tuple[Verdict, NumberSeen]:
    """As `quality`, over a client."""
    path = f"{graph}/{quote(phone_number_id, safe='')}"
    verdict, document = await client.read(f"{path}?fields={FIELDS}")
    if verdict.code == NO_SUCH_FIELD:
        verdict, document = await client.read(f"{path}?fields={FIELDS_SURE}")
    return verdict, number_seen(document)


def number_seen(raw: Mapping[str, Any]) -> NumberSeen:
    """The number as an answer or a webhook describes it."""
    throughput = raw.get("throughput")
    level = throughput.get("level") if isinstance(throughput, Mapping) else throughput
    limit = word(raw.get("whatsapp_business_manager_messaging_limit") or raw.get("messaging_limit_tier"))
    return NumberSeen(
        word(raw.get("display_phone_number")),
        word(raw.get("verified_name")),
        word(raw.get("quality_rating")).upper(),
        word(raw.get("name_status")).upper(),
        word(level).upper(),
        limit.upper(),
        people_of(limit),
        word(raw.get("status")).upper(),
    )


def people_of(limit: str) -> int | None:
    """`TIER_2K`, `TIER_250`, `2000` as a number of people; None for unlimited and what is no number."""
    found = re.fullmatch(r"(?:TIER_)?(\d{1,9})(K?)", limit.strip().upper())
    return int(found[1]) * (1_000 if found[2] else 1) if found else None
