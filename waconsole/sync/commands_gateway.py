"""The gateway as it is typed: `gateway status|enable|disable|start|stop|logout|pair`."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import Refused

if TYPE_CHECKING:
    from waconsole.whatsapp.driver import Verdict
    from waconsole.whatsapp.gateway.driver import GatewayDriver
    from waconsole.whatsapp.gateway.session import SessionSeen

RISK: Final = (
    "A gateway links your phone to software that is not WhatsApp's. Meta's terms forbid that, and WhatsApp bans numbers"
    " for it, without warning and for good. Use a number you can lose, never the shop's own; only answer, do not open"
    " conversations; send little and slowly."
)
PHRASE: Final = "the number may be banned"
FLAG: Final = "--yes-the-number-may-be-banned"
ASKED_SECONDS: Final = 2.0
STARTING_SECONDS_MAX: Final = 60.0
PAIRING_SECONDS_MAX: Final = 300.0
TO_PAIR: Final = frozenset({"SCAN_QR_CODE"})
BY_HAND: Final = frozenset({"PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED"})
WORDS: Final[dict[str, str]] = {
    "NONE": "there is no session yet: `waconsole gateway start`",
    "STOPPED": "stopped: `waconsole gateway start`",
    "STARTING": "starting",
    "SCAN_QR_CODE": "waits for the phone: `waconsole gateway pair`",
    "PASSKEY_REQUIRED": "asks for a passkey: open the gateway's own dashboard",
    "PASSKEY_CONFIRMATION_REQUIRED": "waits for a passkey to be confirmed: open the gateway's own dashboard",
    "WORKING": "linked and working",
    "FAILED": "failed: `waconsole gateway start`, and if that does not help, `gateway logout` and `gateway pair`",
}


async def _status(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.gateway.driver import open_gateway

    settings = call.settings.gateway
    async with open_gateway(settings, even_if_off=True) as driver:
        verdict, server = await driver.server()
        if server is None:
            raise Refused(_why(verdict))
        seen = await _seen(driver)
    document: dict[str, Any] = {
        "enabled": settings.enabled,
        "session": settings.session,
        "state": seen.state,
        "phone": seen.phone,
        "name": seen.name,
        "version": server.version,
        "engine": server.engine,
        "new_enough": server.is_new_enough,
    }
    lines = [f"{settings.session}: {WORDS.get(seen.state, seen.state)}."]
    if seen.phone:
        lines.append(f"It is the phone {seen.phone} ({seen.name}).")
    lines.append(
        f"The gateway is {server.version or 'of an unknown version'}, engine {server.engine or 'unknown'}."
    )
    if server.is_new_enough is False:
        lines.append(
            "It is older than 2026.8.2: join requests and ids chosen before sending need that version."
        )
    if not settings.enabled:
        lines.append("It is not used: gateway.enabled is false (`waconsole gateway enable`).")
    return Answer(document, tuple(lines), EXIT_DONE if seen.works else EXIT_PARTLY)


async def _enable(database: Database, call: Invocation) -> Answer:
    if not call.values[FLAG.lstrip("-").replace("-", "_")]:
        if not (sys.stdin is not None and sys.stdin.isatty()):
            raise Refused(f"{RISK} If that is what you want, say it with {FLAG}.")
        call.say(RISK)
        call.say(f"Write “{PHRASE}” to go on.")
        if (await asyncio.to_thread(sys.stdin.readline)).strip().casefold() != PHRASE:
            raise Refused("The gateway stays off.")
    path = _switch(on=True)
    lines = (
        f"gateway.enabled is true in {path}.",
        "Next: `waconsole gateway status`, then `waconsole gateway pair`.",
    )
    return Answer({"enabled": True, "path": path, "risk": RISK}, lines)


async def _disable(database: Database, call: Invocation) -> Answer:
    path = _switch(on=False)
    lines = (f"gateway.enabled is false in {path}; the phone stays linked until `waconsole gateway logout`.",)
    return Answer({"enabled": False, "path": path}, lines)


def _switch(*, on: bool) -> str:
    from waconsole.settings.read import config_path
    from waconsole.settings.write import write_switch

    path = config_path(os.environ)
    write_switch(path, "gateway", "enabled", on)
    return str(path)


async def _start(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.gateway.driver import open_gateway

    async with open_gateway(call.settings.gateway) as driver:
        _must(await driver.start())
        seen = await _until_started(driver, call)
    return _answer(seen)


async def _stop(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.gateway.driver import open_gateway

    async with open_gateway(call.settings.gateway, even_if_off=True) as driver:
        _must(await driver.stop())
        return _answer(await _seen(driver), wanted="STOPPED")


async def _logout(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.gateway.driver import open_gateway

    async with open_gateway(call.settings.gateway, even_if_off=True) as driver:
        _must(await driver.logout())
        seen = await _seen(driver)
    document = {"session": seen.session, "state": seen.state, "phone": seen.phone}
    return Answer(document, ("The phone is let go: to use it again, `waconsole gateway pair`.",))


async def _pair(database: Database, call: Invocation) -> Answer:
    from waconsole.whatsapp.gateway.driver import open_gateway
    from waconsole.whatsapp.gateway.pairing import drawn

    inverted, once = call.values["inverted"], call.values["once"]
    async with open_gateway(call.settings.gateway) as driver:
        seen = await _seen(driver)
        if not seen.works and seen.state not in TO_PAIR:
            _must(await driver.start())
            seen = await _until_started(driver, call)
        shown = value = ""
        for _ in range(round(PAIRING_SECONDS_MAX / ASKED_SECONDS)):
            if seen.state not in TO_PAIR or call.cancelled():
                break
            _, value = await driver.qr()
            if once and value:
                return Answer(
                    {"state": seen.state, "qr": value}, tuple(drawn(value, inverted=inverted)), EXIT_PARTLY
                )
            if value and value != shown:
                shown = value
                call.say(
                    "On the phone: WhatsApp, Linked devices, Link a device. It changes every few seconds."
                )
                for line in drawn(value, inverted=inverted):
                    call.say(line)
            await asyncio.sleep(ASKED_SECONDS)
            seen = await _seen(driver)
    return _answer(seen, qr=value if seen.state in TO_PAIR else None)


async def _seen(driver: GatewayDriver) -> SessionSeen:
    verdict, seen = await driver.status()
    if seen is None:
        raise Refused(_why(verdict))
    return seen


async def _until_started(driver: GatewayDriver, call: Invocation) -> SessionSeen:
    seen = await _seen(driver)
    for _ in range(round(STARTING_SECONDS_MAX / ASKED_SECONDS)):
        if seen.state != "STARTING" or call.cancelled():
            break
        await asyncio.sleep(ASKED_SECONDS)
        seen = await _seen(driver)
    return seen


def _answer(seen: SessionSeen, *, wanted: str = "WORKING", **more: Any) -> Answer:
    document = {"session": seen.session, "state": seen.state, "phone": seen.phone}
    document |= {name: value for name, value in more.items() if value is not None}
    lines = (f"{seen.session}: {WORDS.get(seen.state, seen.state)}.",)
    return Answer(document, lines, EXIT_DONE if seen.state == wanted else EXIT_PARTLY)


def _must(verdict: Verdict) -> None:
    if verdict.outcome != "accepted":
        raise Refused(_why(verdict))


def _why(verdict: Verdict) -> str:
    return verdict.detail or "The gateway did not do it, and did not say why."


GATEWAY: Final[tuple[Command, ...]] = (
    Command(
        ("gateway", "status"),
        "Whether the gateway answers, and whether its phone is linked.",
        _status,
        writes=False,
    ),
    Command(
        ("gateway", "enable"),
        "Use a gateway for groups the Cloud API does not reach; the number may be banned for it.",
        _enable,
        (Argument(FLAG, "you know it and want it all the same", kind="flag"),),
        on_screen=False,
    ),
    Command(("gateway", "disable"), "Use no gateway.", _disable, on_screen=False),
    Command(("gateway", "start"), "Start the gateway's session.", _start),
    Command(("gateway", "stop"), "Stop the gateway's session; its phone stays linked.", _stop),
    Command(("gateway", "logout"), "Let the gateway's phone go.", _logout, on_screen=False),
    Command(
        ("gateway", "pair"),
        "Link a phone: draws the code to scan, until it is linked.",
        _pair,
        (
            Argument("--inverted", "for a terminal with dark letters on light", kind="flag"),
            Argument("--once", "draw the code once and end", kind="flag"),
        ),
        on_screen=False,
    ),
)
