"""The driver of a gateway (WAHA ≥ 2026.8.2): one linked phone, reached over its own HTTP interface.

Off unless the settings enable it: Meta's terms forbid such software, and a number can be banned for it.
Nothing of it is loaded before `open_gateway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from waconsole.errors import Refused
from waconsole.settings import GatewaySettings
from waconsole.settings.forms import WANTED, fits
from waconsole.settings.secrets import FILE_NAME
from waconsole.whatsapp.content import Reaction
from waconsole.whatsapp.driver import Action, Message, Verdict
from waconsole.whatsapp.gateway import forms
from waconsole.whatsapp.gateway.addresses import chat_for, message_id, person_address
from waconsole.whatsapp.gateway.forms import CHOSEN
from waconsole.whatsapp.gateway.groups import Groups
from waconsole.whatsapp.gateway.media import Media
from waconsole.whatsapp.gateway.session import Session
from waconsole.whatsapp.limits import Limits, bundled

if TYPE_CHECKING:
    from waconsole.whatsapp.gateway.client import Client

MESSAGE_IDS_MAX: Final = 100
HISTORY_PAGE: Final = 100  # messages of ours that are looked through for one whose answer was lost
FORBIDDEN: Final = (
    "The gateway is off. It links a phone by software that Meta's terms forbid, and the number may be banned for it:"
    " `waconsole gateway enable` says more."
)


class GatewayDriver(Groups, Session, Media):
    """A phone linked to a gateway: a Driver, a GroupDoor (`Groups`), its session (`Session`), files (`Media`)."""

    def __init__(
        self,
        client: Client,
        beside: Client,
        *,
        session: str,
        media_folder: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`client` carries messages, `beside` all that must never keep a message waiting. Both are closed with it.

        `session` is the gateway's name for the phone; `media_folder` holds the files that are sent. `limits` are those
        of the ledger's policy, else those this version was made with.
        """
        self._client, self._beside = client, beside
        self._session = session
        self._at = f"/api/{quote(session, safe='')}"
        self._media = media_folder
        self._limits = limits or bundled()

    async def send(self, message: Message) -> Verdict:
        """Hand one message over, once; see `Driver.send`. Its id is the one chosen, else one that is fetched first."""
        chat = chat_for(message.recipient)
        if not chat:
            detail = f"A gateway does not reach a {message.recipient.kind} called {message.recipient.value}."
            return Verdict("refused", action=Action.FIX, detail=detail)
        if fault := forms.fault(message.content, self._limits):
            return Verdict("refused", action=Action.FIX, detail=fault)
        chosen = message.chosen_id
        if chosen is None:
            verdict, chosen = await self._new_id(self._client)
            if chosen is None:
                # Nothing has left: the question for an id is none of the message.
                return Verdict("unsent", action=verdict.action, detail=verdict.detail)
        try:
            call = await forms.call_for(message, chat, chosen, session=self._session, media=self._media)
        except Refused as error:
            return Verdict("refused", action=Action.FIX, detail=str(error))
        verdict, answer = await self._client.ask(call.method, call.path, call.form, sending=not call.again)
        if verdict.outcome != "accepted":
            return verdict
        found = message_id(answer.get("id")) if isinstance(answer, dict) else None
        if found is not None and found.short != chosen and message.content.kind in CHOSEN:
            detail = "The gateway gave the message another id than the one chosen: it is older than 2026.4.3."
            return Verdict("accepted", wamid=found.short, detail=detail)
        return Verdict("accepted", wamid=found.short if found is not None else chosen)

    async def message_ids(self, count: int) -> list[str]:
        """At most `count` ids for messages still to be sent; fewer, or none, while the gateway gives none."""
        found: list[str] = []
        for _ in range(min(count, MESSAGE_IDS_MAX)):
            _, chosen = await self._new_id(self._client)
            if chosen is None:
                break
            found.append(chosen)
        return found

    async def find(self, message: Message) -> Verdict:
        """Look for a message by the id it was to have, in what we wrote to that chat lately.

        It is called unsent only where its id is sure to be kept (`CHOSEN`), and where the look went back to the
        beginning of the chat or over fewer than a page of messages.
        """
        chat = chat_for(message.recipient)
        if isinstance(message.content, Reaction):  # once more is the same
            return Verdict("unsent", action=Action.RETRY)
        if not chat or message.chosen_id is None:
            return Verdict("unknown", action=Action.UNKNOWN)
        verdict, rows = await self.history(chat, ours=True, limit=HISTORY_PAGE)
        if verdict.outcome != "accepted":
            return Verdict("unknown", action=Action.UNKNOWN, detail=verdict.detail)
        for row in rows:
            found = message_id(row.get("id"))
            if found is not None and found.short == message.chosen_id:
                return Verdict("accepted", wamid=found.short)
        if len(rows) < HISTORY_PAGE and message.content.kind in CHOSEN:
            return Verdict("unsent", action=Action.RETRY, detail="It is not in the phone's history.")
        return Verdict("unknown", action=Action.UNKNOWN)

    async def mark_read(
        self, wamid: str, *, typing: bool = False, left: Callable[[], None] | None = None
    ) -> Verdict:
        """Give the blue tick, and show that we type; see `Driver.mark_read`. Not for groups."""
        found = message_id(wamid)
        if found is None or found.ours:
            detail = "The gateway did not bring this message, so it cannot mark it as read."
            return Verdict("refused", action=Action.FIX, detail=detail)
        form: dict[str, Any] = {"session": self._session, "chatId": found.chat, "messageIds": [wamid]}
        if found.participant:
            form["participant"] = found.participant
        verdict, _ = await self._beside.ask("POST", "/api/sendSeen", form, left=left)
        if typing and verdict.outcome == "accepted":
            form = {"session": self._session, "chatId": found.chat}
            await self._beside.ask("POST", "/api/startTyping", form)
        return verdict

    async def history(
        self,
        chat: str,
        *,
        since_seconds: int | None = None,
        ours: bool | None = None,
        limit: int,
        offset: int = 0,
    ) -> tuple[Verdict, list[dict[str, Any]]]:
        """Messages of a chat (or of `all`), as the gateway tells them, without their files: the newest first,

        or the oldest first since an instant (`since_seconds`, Unix time).
        """
        query = {"limit": str(limit), "offset": str(offset), "downloadMedia": "false"}
        query |= {"sortBy": "timestamp", "sortOrder": "desc" if since_seconds is None else "asc"}
        if since_seconds is not None:
            query["filter.timestamp.gte"] = str(since_seconds)
        if ours is not None:
            query["filter.fromMe"] = "true" if ours else "false"
        path = f"{self._at}/chats/{quote(chat, safe='')}/messages"
        verdict, answer = await self._beside.ask("GET", path, query=query)
        return verdict, [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []

    async def phone_of_lid(self, lid: str) -> tuple[Verdict, str]:
        """The address (`…@c.us`) behind a hidden id, "" while the phone does not know it."""
        address = person_address(phone=None, lid=lid)
        verdict, answer = await self._beside.ask("GET", f"{self._at}/lids/{quote(address, safe='')}")
        found = answer.get("pn") if isinstance(answer, dict) else None
        return verdict, found if isinstance(found, str) else ""

    async def lid_of_phone(self, phone: str) -> tuple[Verdict, str]:
        """The hidden address (`…@lid`) of an E.164 phone, "" while the phone does not know it."""
        address = person_address(phone=phone, lid=None)
        verdict, answer = await self._beside.ask("GET", f"{self._at}/lids/pn/{quote(address, safe='')}")
        found = answer.get("lid") if isinstance(answer, dict) else None
        return verdict, found if isinstance(found, str) else ""

    async def close(self) -> None:
        """Close its connections."""
        await asyncio.gather(self._client.close(), self._beside.close())

    async def _new_id(self, client: Client) -> tuple[Verdict, str | None]:
        verdict, answer = await client.ask("GET", f"{self._at}/new-message-id")
        found = answer.get("id") if isinstance(answer, dict) else None
        if verdict.outcome != "accepted" or not isinstance(found, str) or not forms.is_short(found):
            detail = verdict.detail or "The gateway gave no id for a new message."
            return Verdict(verdict.outcome, action=verdict.action or Action.PARK, detail=detail), None
        return verdict, found


@asynccontextmanager
async def open_gateway(
    settings: GatewaySettings,
    *,
    media_folder: Path | None = None,
    even_if_off: bool = False,
    limits: Limits | None = None,
) -> AsyncIterator[GatewayDriver]:
    """The driver of the phone in the settings; its connections are closed at the end.

    `even_if_off` is for looking at it before it is enabled; `limits` as for `GatewayDriver`. Raises Refused in one sentence when the gateway is
    off, or its address or key is missing.
    """
    if not settings.enabled and not even_if_off:
        raise Refused(FORBIDDEN)
    driver = GatewayDriver(
        *await asyncio.to_thread(_clients, settings),
        session=settings.session,
        media_folder=media_folder,
        limits=limits,
    )
    try:
        yield driver
    finally:
        await driver.close()


def _clients(settings: GatewaySettings) -> tuple[Client, Client]:
    """The two clients, away from the loop: certificates are read, the keyring may take its time."""
    check(settings)
    from waconsole.whatsapp.gateway.client import Client

    return Client(settings.base_url, settings.api_key), Client(settings.base_url, settings.api_key)


def check(settings: GatewaySettings) -> None:
    """Raise Refused where the settings do not say what is needed to reach the gateway."""
    if not settings.base_url or not fits("url", settings.base_url):
        raise Refused(f"gateway.base_url is “{settings.base_url}”: write {WANTED['url']}.")
    if not settings.session.strip():
        raise Refused("gateway.session is empty: write the gateway's name for the phone, like default.")
    if not settings.api_key:
        raise Refused(
            "There is no key of the gateway: set WACONSOLE_GATEWAY__API_KEY, or gateway.api_key in the keyring"
            f" or {FILE_NAME}."
        )
    if not fits("secret", settings.api_key.reveal()):
        raise Refused(f"The gateway's key ({settings.api_key.source}) holds signs that no key has.")
