"""The zone in which the screen shows times: the shop's, else the machine's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waconsole import clock
from waconsole.settings.environment import ENVIRONMENT

LOCAL_TIME: Final = Path("/etc/localtime")


def shown_zone(shop_zone: str, environ: Mapping[str, str] = ENVIRONMENT) -> tzinfo:
    """The zone called `shop_zone`; without one the machine's, by its name where it has one.

    A named zone keeps daylight saving right in any year; the offset of today is the last resort.
    """
    machine = str(LOCAL_TIME.resolve()).partition("zoneinfo/")[2] if LOCAL_TIME.is_symlink() else ""
    for name in (shop_zone, environ.get("TZ", "").lstrip(":"), machine):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return clock.moment(clock.now()).astimezone().tzinfo or UTC
