"""The door of each of our numbers: which driver it leaves by, and with which settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from waconsole.database.connection import Row
from waconsole.errors import Refused
from waconsole.settings import Settings
from waconsole.whatsapp.cloud.driver import open_cloud
from waconsole.whatsapp.driver import Driver
from waconsole.whatsapp.limits import Limits

CLOUD: Final = "cloud"
GATEWAY: Final = "gateway"


@asynccontextmanager
async def open_door(
    settings: Settings,
    number: Row | Mapping[str, Any],
    media_folder: Path | None = None,
    *,
    limits: Limits | None = None,
) -> AsyncIterator[Driver]:
    """The driver of a number row (`driver`, `name`, `phone_number_id`, `waba_id`); its connections are closed at the end.

    Numbers of the Cloud API share the address and token of `cloud.*`, each with its own id and
    account; a gateway's number leaves by `gateway.*`. `media_folder` holds our copies of files,
    `limits` are those in force (else those this version was made with).
    Raises Refused in one sentence when the settings do not lead there.
    """
    if number["driver"] == CLOUD:
        async with open_cloud(
            settings.cloud,
            phone_number_id=number["phone_number_id"] or "",
            waba_id=number["waba_id"] or "",
            media_folder=media_folder,
            limits=limits,
        ) as cloud:
            yield cloud
    elif number["driver"] == GATEWAY:
        if not settings.gateway.enabled:
            raise Refused(
                f"{number['name']} is reached by a gateway, and none is used: `gateway.enabled` switches it on."
            )
        from waconsole.whatsapp.gateway.driver import open_gateway  # most shops have none

        async with open_gateway(settings.gateway, media_folder=media_folder, limits=limits) as gateway:
            yield gateway
    else:
        raise Refused(f"{number['name']} is a human hand: nothing is sent for it.")
