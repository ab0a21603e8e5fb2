"""The paths of the account and its one number: what they are, and where webhooks go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from waconsole.settings.forms import LOOPBACK
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.world import World

LIMITS: Final = ("TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
LEVELS: Final = ("STANDARD", "HIGH")
RATINGS: Final = ("GREEN", "YELLOW", "RED", "UNKNOWN")


class AccountPaths:
    """What can be asked about the account, and changed about it by WhatsApp."""

    def __init__(self, world: World, teller: Teller, courier: Courier) -> None:
        """All is well with a new account."""
        self._world = world
        self._teller = teller
        self._courier = courier
        self._asked = 0
        self.quality: dict[str, str] = {}
        self.level: dict[str, str] = {}
        self.limit = "TIER_2K"

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of the account answers; None when it is none. Raises GraphError."""
        account = self._world.account
        if asked.method != "GET":
            return None
        if asked.node in account.numbers and not asked.edge:
            return _chosen(self._number(asked.node), asked)
        if asked.node == account.waba_id and asked.edge == "phone_numbers":
            return {
                "data": [_chosen(self._number(one), asked) for one in account.numbers],
                "paging": {"cursors": {}},
            }
        if asked.node == account.waba_id and not asked.edge:
            known = {"id": account.waba_id, "name": account.name, "currency": "EUR", "timezone_id": "1"}
            return _chosen(known | {"whatsapp_business_manager_messaging_limit": self.limit}, asked)
        return None

    def _number(self, number: str) -> dict[str, Any]:
        account = self._world.account
        restricted = self._world.faults.dials.account_restricted
        return {
            "id": number,
            "verified_name": account.name,
            "display_phone_number": f"+{account.numbers[number]}",
            "quality_rating": self.quality.get(number, "GREEN"),
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "status": "RESTRICTED" if restricted else "CONNECTED",
            "account_mode": "LIVE",
            "platform_type": "CLOUD_API",
            "throughput": {"level": self.level.get(number, "STANDARD")},
            "is_official_business_account": True,
            "whatsapp_business_manager_messaging_limit": self.limit,
        }

    def change(self, number: str, *, quality: str = "", level: str = "", limit: str = "") -> None:
        """WhatsApp judges the number anew and tells: what is empty stays as it is."""
        phone = self._world.account.numbers[number]
        if quality:
            self.quality[number] = quality
        if level and level != self.level.get(number):
            event = "THROUGHPUT_UPGRADE"
            self.level[number] = level
            shown = {"display_phone_number": phone, "event": event, "current_limit": level}
            self._teller.value("phone_number_quality_update", shown)
        elif quality:
            event = "FLAGGED" if quality == "RED" else "UNFLAGGED"
            shown = {"display_phone_number": phone, "event": event, "current_limit": self.limit}
            self._teller.value("phone_number_quality_update", shown)
        if limit and limit != self.limit:
            self.limit = limit
            self._teller.value("business_capability_update", {"max_daily_conversations_per_business": limit})

    async def subscribed_apps(self, asked: Asked) -> Mapping[str, Any]:
        """Where webhooks go: asked, or changed once the receiver has repeated a challenge. Raises GraphError."""
        if asked.method == "GET":
            app = {"name": "waconsole", "id": "700000000000007"}
            return {"data": [{"whatsapp_business_api_data": app, "override_callback_uri": self._courier.url}]}
        if asked.method != "POST":
            raise GraphError(100, f"Unsupported {asked.method.lower()} request.", by_graph=True, subcode=33)
        if not asked.raw:
            return {"success": True}
        wanted = asked.document()
        wanted.only("override_callback_uri", "verify_token")
        url = wanted.text("override_callback_uri", longest=2048)
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise GraphError(100, "Param override_callback_uri must be an https URL.")
        token = wanted.text("verify_token", longest=1024)
        self._asked += 1
        challenge = str(int.from_bytes(ids.dice(self._world.seed, "challenge", self._asked)[:4], "big"))
        wrong = await self._courier.handshake(url, token, challenge)
        if wrong is not None:
            raise GraphError(2200, f"(#2200) Callback verification failed with the following errors: {wrong}")
        self._courier.subscribe(url)
        return {"success": True}


def _chosen(known: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """The fields that are asked for; all without any. Raises GraphError."""
    wanted = [one for part in asked.query.get("fields", []) for one in part.split(",") if one]
    if unknown := [one for one in wanted if one not in known]:
        raise GraphError(100, f"Tried accessing nonexisting field ({unknown[0]}).")
    return {one: known[one] for one in dict.fromkeys([*wanted, "id"])} if wanted else known
