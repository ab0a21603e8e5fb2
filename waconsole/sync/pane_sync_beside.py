"""What the Sync pane asks beside the ledger: whether the receiver listens, how the gateway's session stands."""

from __future__ import annotations

from waconsole.errors import WaconsoleError
from waconsole.operators.desk import Desk
from waconsole.sync.pane_sync_listing import Beside
from waconsole.sync.receiver_health import is_listening
from waconsole.text import SafeText, _, safe


async def beside_now(desk: Desk) -> Beside:
    """Ask both; the gateway only where one is enabled."""
    settings = desk.settings
    listens = await is_listening(settings.receiver.host, settings.receiver.port)
    if not settings.gateway.enabled:
        return Beside(listens)
    return Beside(listens, *await _gateway_word(desk))


async def _gateway_word(desk: Desk) -> tuple[SafeText, bool]:
    """How the gateway's session stands, in words, and whether it works."""
    from waconsole.whatsapp.gateway.driver import open_gateway

    try:
        async with open_gateway(desk.settings.gateway) as driver:
            verdict, seen = await driver.status()
    except WaconsoleError as error:
        return safe(str(error)), False
    if seen is None:
        return safe(verdict.detail or _("it cannot be reached")), False
    words = {
        "WORKING": _("works: its phone is linked"),
        "SCAN_QR_CODE": _("waits to be paired: `waconsole gateway pair`"),
        "STOPPED": _("is stopped"),
        "STARTING": _("starts"),
        "FAILED": _("has failed: pair it anew"),
        "NONE": _("was never made"),
    }
    return safe(words.get(seen.state, seen.state.lower())), seen.works
