"""Is a number connected? Each setting that leads to WhatsApp is tried, and what is wrong is said in words.

Nothing is sent to anybody. One signed, empty webhook is posted to our own receiver, which keeps it as it keeps any.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from waconsole.errors import Refused
from waconsole.settings import Settings
from waconsole.sync.connecting_receiver import app_secret_step, receiver_step, verify_token_step
from waconsole.sync.connecting_step import (
    NEW_TOKEN,
    NO_SUCH_CODES,
    TOKEN_CODES,
    Step,
    asked,
    refusal,
    rows_of,
    said,
    unreached,
)

if TYPE_CHECKING:
    from waconsole.whatsapp.driver import Verdict

STEPS: Final = ("token", "number", "account", "app_secret", "verify_token", "receiver", "gateway")


async def checked_steps(settings: Settings) -> AsyncIterator[Step]:
    """Every step, in order, each as soon as it is known."""
    for name in STEPS:
        yield await checked_step(name, settings)


async def checked_step(name: str, settings: Settings) -> Step:
    """Try one step of `STEPS` with the settings as they are. Never raises what a setting may bring about."""
    if name != "gateway" and settings.gateway.enabled and not settings.cloud.phone_number_id:
        return Step(name, True, "No number of the Cloud API is used, but a gateway.")
    try:
        return await _CHECKS[name](settings)
    except Refused as refused:
        return Step(name, False, str(refused))


# The Cloud API


async def _token(settings: Settings) -> Step:
    """Does WhatsApp know who speaks? Which number is asked for does not matter here."""
    if not settings.cloud.token:
        return Step("token", False, f"There is no access token. {NEW_TOKEN}.")
    if not settings.cloud.phone_number_id:
        return Step(
            "token", False, "The token is asked about with the number: set cloud.phone_number_id first."
        )
    verdict, _ = await asked(settings, lambda driver: f"/{driver.phone_number_id}?fields=id")
    if verdict.code in TOKEN_CODES:
        return Step("token", False, f"WhatsApp refuses the token ({said(verdict)}). {NEW_TOKEN}.")
    if verdict.code is None and verdict.outcome != "accepted":
        return Step("token", False, unreached(settings.cloud.base_url, verdict))
    return Step("token", True, "WhatsApp knows the token.")


async def _number(settings: Settings) -> Step:
    cloud = settings.cloud
    if not cloud.phone_number_id:
        return Step(
            "number", False,
            "No number is set: cloud.phone_number_id is the id that Meta shows below the number (digits, not the phone number).",
        )  # fmt: skip
    from waconsole.whatsapp.cloud.driver import open_cloud
    from waconsole.whatsapp.cloud.quality import quality

    async with open_cloud(cloud) as driver:
        verdict, seen = await quality(driver)
    if verdict.outcome == "accepted":
        parts = [seen.phone, seen.name, f"quality {seen.quality.lower()}" if seen.quality else "", seen.limit]
        says = f"It is {', '.join(part for part in parts if part)}."
        if seen.status and seen.status != "CONNECTED":
            return Step(
                "number", False, f"{says} WhatsApp says it is {seen.status}: see to it in WhatsApp Manager."
            )
        return Step("number", True, says)
    if verdict.code in NO_SUCH_CODES:
        return Step(
            "number", False,
            f"WhatsApp knows no number with the id {cloud.phone_number_id}, or the token may not see it ({said(verdict)})."
            " Take the id from the app's page “API Setup”, and give the token's system user the account.",
        )  # fmt: skip
    return Step("number", False, refusal(verdict, cloud.base_url))


async def _account(settings: Settings) -> Step:
    """Is it the number's account, and does it send its webhooks somewhere?"""
    cloud = settings.cloud
    if not cloud.waba_id:
        return Step(
            "account", False,
            "No account is set: cloud.waba_id is the id of the WhatsApp Business Account that the number belongs to.",
        )  # fmt: skip
    waba = quote(cloud.waba_id, safe="")
    verdict, document = await asked(settings, lambda _: f"/{waba}/phone_numbers?fields=id&limit=100")
    if verdict.code in NO_SUCH_CODES:
        return Step(
            "account", False,
            f"WhatsApp knows no account with the id {cloud.waba_id}, or the token may not see it ({said(verdict)}).",
        )  # fmt: skip
    if verdict.outcome != "accepted":
        return Step("account", False, refusal(verdict, cloud.base_url))
    numbers = [str(one.get("id")) for one in rows_of(document)]
    if cloud.phone_number_id and cloud.phone_number_id not in numbers:
        return Step(
            "account", False,
            f"The account {cloud.waba_id} does not have the number {cloud.phone_number_id}: one of the two ids is another's.",
        )  # fmt: skip
    verdict, document = await asked(settings, lambda _: f"/{waba}/subscribed_apps")
    if verdict.outcome != "accepted":
        return Step("account", False, refusal(verdict, cloud.base_url))
    apps = rows_of(document)
    if not apps:
        return Step(
            "account", False,
            "The account has the number, but no app hears of it: `waconsole receive` subscribes ours once receiver.public_url is set.",
        )  # fmt: skip
    callback = next(
        (str(app["override_callback_uri"]) for app in apps if app.get("override_callback_uri")), ""
    )
    where = f"to {callback}" if callback else "to the address that is set in the app"
    return Step("account", True, f"The account has the number, and its webhooks go {where}.")


async def _gateway(settings: Settings) -> Step:
    """Does the gateway answer, is it new enough, and is its phone linked?"""
    gateway = settings.gateway
    if not gateway.enabled and not gateway.api_key:
        return Step("gateway", True, "No gateway is used.")
    from waconsole.whatsapp.gateway.driver import open_gateway

    off = "" if gateway.enabled else " It is not used yet: `waconsole gateway enable` says what that risks."
    async with open_gateway(gateway, even_if_off=True) as driver:
        verdict, server = await driver.server()
        if server is None:
            return Step("gateway", False, _no_gateway(verdict, gateway.base_url))
        if server.is_new_enough is False:
            return Step("gateway", False, f"It is WAHA {server.version}: it must be 2026.8.2 or newer.{off}")
        verdict, seen = await driver.status()
    if seen is None:
        return Step("gateway", False, _no_gateway(verdict, gateway.base_url))
    named = f"WAHA {server.version}, session {seen.session}"
    if not seen.works:
        return Step(
            "gateway",
            not gateway.enabled,
            f"{named} is {seen.state}: `waconsole gateway pair` links its phone.{off}",
        )
    return Step("gateway", True, f"{named} works, linked to {seen.phone or 'a phone'}.{off}")


def _no_gateway(verdict: Verdict, address: str) -> str:
    if "401" in verdict.detail or "403" in verdict.detail:
        return f"The gateway refuses the key ({said(verdict)}): set gateway.api_key to the one it was started with."
    return f"No gateway answers at {address} ({said(verdict)})."


_CHECKS: Final[dict[str, Callable[[Settings], Awaitable[Step]]]] = {
    "token": _token,
    "number": _number,
    "account": _account,
    "app_secret": app_secret_step,
    "verify_token": verify_token_step,
    "receiver": receiver_step,
    "gateway": _gateway,
}
