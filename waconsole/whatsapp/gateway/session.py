"""A gateway's session: whether its phone is linked, and how it is linked, stopped and let go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.gateway.addresses import lid_of, phone_of

if TYPE_CHECKING:
    from waconsole.whatsapp.gateway.client import Client

State = Literal[
    "STOPPED", "STARTING", "SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", "WORKING", "FAILED"
]  # fmt: skip
STATES: Final = frozenset(State.__args__)  # type: ignore[attr-defined]
NEVER_MADE: Final = "NONE"
# Join requests, their approval and refusal: WAHA's release notes of 2026.8.2.
VERSION_MIN: Final = (2026, 8, 2)
QR_LENGTH_MAX: Final = 1024
NAME_LENGTH_MAX: Final = 200
NOT_FOUND: Final = "HTTP 404"


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session: `state` is the gateway's own word, or `NEVER_MADE`. `phone` is E.164, `name` foreign."""

    session: str
    state: str
    phone: str | None = None
    lid: str | None = None
    name: str = ""

    @property
    def works(self) -> bool:
        """Whether messages can go out."""
        return self.state == "WORKING"


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """What the gateway runs: its version, and the engine that speaks to WhatsApp."""

    version: str
    engine: str

    @property
    def is_new_enough(self) -> bool | None:
        """Whether it is one this driver is written for; None when its version says nothing."""
        parts = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,3})", self.version)
        return None if parts is None else tuple(int(part) for part in parts.groups()) >= VERSION_MIN


class Session:
    """What a gateway says of its phone, and what can be done about it."""

    _client: Client
    _beside: Client
    _session: str
    _at: str

    async def server(self) -> tuple[Verdict, ServerSeen | None]:
        """Which version and engine answer."""
        verdict, answer = await self._beside.ask("GET", "/api/server/version")
        if not isinstance(answer, dict):
            return verdict, None
        return verdict, ServerSeen(_text(answer.get("version")), _text(answer.get("engine")))

    async def status(self) -> tuple[Verdict, SessionSeen | None]:
        """How the session stands; one that was never made is `NEVER_MADE`."""
        verdict, answer = await self._beside.ask("GET", f"/api/sessions/{quote(self._session, safe='')}")
        if verdict.outcome == "refused" and verdict.detail.startswith(NOT_FOUND) and _is_gateways(verdict):
            return Verdict("accepted"), SessionSeen(self._session, NEVER_MADE)
        if verdict.outcome != "accepted":
            return verdict, None
        seen = session_seen(answer, self._session)
        if seen is None:
            detail = "What answers at gateway.base_url is no gateway this version knows."
            return Verdict("refused", action=Action.STOP, detail=detail), None
        return verdict, seen

    async def start(self) -> Verdict:
        """Start the session, made when there is none; then it works, or waits to be paired."""
        verdict, _ = await self._beside.ask("POST", self._path("start"), {})
        if verdict.detail.startswith(NOT_FOUND) and _is_gateways(verdict):
            form = {"name": self._session, "start": True}
            verdict, _ = await self._beside.ask("POST", "/api/sessions", form)
        return verdict

    async def stop(self) -> Verdict:
        """Stop the session; it stays linked."""
        return (await self._beside.ask("POST", self._path("stop"), {}))[0]

    async def logout(self) -> Verdict:
        """Let the phone go: to work again it must be paired anew."""
        return (await self._beside.ask("POST", self._path("logout"), {}))[0]

    async def qr(self) -> tuple[Verdict, str]:
        """What the QR code for pairing says, "" while there is none. It changes every twenty to sixty seconds."""
        verdict, answer = await self._beside.ask("GET", f"{self._at}/auth/qr", query={"format": "raw"})
        value = answer.get("value") if isinstance(answer, dict) else None
        if isinstance(value, str) and 0 < len(value) <= QR_LENGTH_MAX and value.isprintable():
            return verdict, value
        return verdict, ""

    def _path(self, verb: str) -> str:
        return f"/api/sessions/{quote(self._session, safe='')}/{verb}"


def session_seen(answer: Any, session: str) -> SessionSeen | None:
    """A session from an answer or an event's payload; None for what is none."""
    if not isinstance(answer, dict) or answer.get("status") not in STATES:
        return None
    me = answer.get("me")
    mine = me if isinstance(me, dict) else {}
    return SessionSeen(
        session=session,
        state=answer["status"],
        phone=phone_of(mine.get("id")),
        lid=lid_of(mine.get("lid")),
        name=_text(mine.get("pushName")),
    )


def _is_gateways(verdict: Verdict) -> bool:
    """Whether a 404 was the gateway's own word, and not that of another server at its address."""
    return "not a gateway" not in verdict.detail


def _text(value: Any) -> str:
    return value[:NAME_LENGTH_MAX] if isinstance(value, str) else ""
