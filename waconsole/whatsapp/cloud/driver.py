"""The driver of the Cloud API: one of our numbers, reached over HTTPS.

Nothing of it is loaded before `open_cloud`: httpx is paid by those who send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from waconsole.errors import Refused
from waconsole.settings import CloudSettings
from waconsole.settings.forms import WANTED, fits
from waconsole.settings.secrets import FILE_NAME, Secret
from waconsole.whatsapp.cloud.forms import message_form, read_form
from waconsole.whatsapp.cloud.media_up import Uploads
from waconsole.whatsapp.content import file_of
from waconsole.whatsapp.driver import Action, Message, Verdict
from waconsole.whatsapp.limits import Limits, bundled, fault

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.media_down import Downloads, Fetched

# Codes that may mean a file WhatsApp no longer has, or cannot read: it is uploaded anew the next time.
BAD_FILE: Final = frozenset({100, 131008, 131009, 131052, 131053})


class CloudDriver:
    """A number of the Cloud API; `open_cloud` makes it."""

    def __init__(
        self,
        client: Client,
        beside: Client,
        *,
        graph_version: str,
        phone_number_id: str,
        waba_id: str,
        media_folder: Path | None = None,
        limits: Limits | None = None,
        downloads: Downloads | None = None,
    ) -> None:
        """`client` carries messages, `beside` all that never keeps a message waiting. Both are closed with the driver.

        `media_folder` holds our copies of files by their SHA-256. What is beside messages builds its paths from
        `graph` (`/v26.0`), `phone_number_id` and `waba_id`.
        """
        self._client, self.beside = client, beside
        self.graph, self.phone_number_id, self.waba_id = f"/{graph_version}", phone_number_id, waba_id
        self._limits, self._downloads = limits or bundled(), downloads
        self._uploads = Uploads(
            self.beside, f"/{graph_version}/{phone_number_id}/media", media_folder, self._limits
        )
        self._number = f"/{graph_version}/{phone_number_id}/messages"
        self._account = f"/{graph_version}/{waba_id}/subscribed_apps" if waba_id else ""

    async def send(self, message: Message) -> Verdict:
        """Hand one message over, once; see `Driver.send`. What Meta would refuse does not leave.

        A file of ours is uploaded first: when that fails, the message has certainly not left.
        """
        if wrong := _fault(message, self._limits):
            return Verdict("refused", action=Action.FIX, detail=wrong)
        media_id = ""
        if sha256 := file_of(message.content):
            try:
                before, media_id = await self._uploads.id_of(sha256)
            except asyncio.CancelledError:  # whoever ends us learns that it has not left
                return Verdict("unsent", action=Action.RETRY, detail="ended before the file was uploaded")
            if before is not None:
                return before
        try:
            form = message_form(message, media_id)
        except Refused as refused:
            return Verdict("refused", action=Action.FIX, detail=str(refused))
        verdict = await self._client.post(self._number, form, sending=True)
        if sha256 and verdict.code in BAD_FILE:
            self._uploads.forget(sha256)
        return verdict

    async def message_ids(self, count: int) -> list[str]:
        """None: the Cloud API gives a message its id when it takes it."""
        return []

    async def find(self, message: Message) -> Verdict:
        """Nobody can say: the Cloud API finds a message by its wamid alone."""
        return Verdict("unknown", action=Action.UNKNOWN)

    async def mark_read(
        self, wamid: str, *, typing: bool = False, left: Callable[[], None] | None = None
    ) -> Verdict:
        """Give the blue tick, and show that we type; see `Driver.mark_read`. Not for groups."""
        form = read_form(wamid, typing=typing)
        return await self.beside.post(self._number, form, sending=False, left=left)

    async def group_subject(self, group_id: str) -> tuple[Verdict, str]:
        """What an official group is called by its own people (foreign text), once that was `accepted`; else empty."""
        path = f"{self.graph}/{quote(group_id, safe='')}?fields=subject"
        verdict, document = await self.beside.read(path)
        subject = document.get("subject")
        return verdict, subject if isinstance(subject, str) else ""

    async def fetch(
        self, media_id: str, *, declared_sha256: str | None = None, name: str = ""
    ) -> Fetched | None:
        """Bring a file that came with a message into the media folder; see `Downloads.fetch`. None without a folder."""
        if self._downloads is None:
            return None
        return await self._downloads.fetch(media_id, declared_sha256=declared_sha256, name=name)

    async def subscribe(self, callback_url: str, verify_token: Secret | str) -> Verdict:
        """Have webhooks of the account posted to `callback_url`, which is asked for the token first."""
        if not self._account:
            detail = "cloud.waba_id is not set: it says whose webhooks are wanted."
            return Verdict("unsent", action=Action.STOP, detail=detail)
        form = {"override_callback_uri": callback_url, "verify_token": _revealed(verify_token)}
        return await self._client.post(self._account, form, sending=False)

    async def close(self) -> None:
        """Close its connections; what is being uploaded ends."""
        await self._uploads.close()
        if self._downloads is not None:
            await self._downloads.close()
        await asyncio.gather(self._client.close(), self.beside.close())


@asynccontextmanager
async def open_cloud(
    settings: CloudSettings,
    *,
    phone_number_id: str = "",
    waba_id: str = "",
    media_folder: Path | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[CloudDriver]:
    """The driver of a number; its connections are closed at the end. Without ids it is the number in the settings.

    `media_folder` is where our copies of files are; without it no file of ours can be sent. `limits` are those of
    the ledger's policy, else those this version was made with.
    Raises Refused in one sentence when the settings do not name a number, its address or its token.
    """
    if phone_number_id:
        settings = replace(settings, phone_number_id=phone_number_id, waba_id=waba_id or settings.waba_id)
    client, beside = await asyncio.to_thread(_clients, settings)
    driver = CloudDriver(
        client,
        beside,
        graph_version=settings.graph_version,
        phone_number_id=settings.phone_number_id,
        waba_id=waba_id or settings.waba_id,
        media_folder=media_folder,
        limits=limits,
        downloads=_downloads(settings, beside, media_folder, limits or bundled()) if media_folder else None,
    )
    try:
        yield driver
    finally:
        await driver.close()


def _clients(settings: CloudSettings) -> tuple[Client, Client]:
    """The two clients, away from the loop: certificates are read, the keyring may take its time."""
    for name, form in (("base_url", "url"), ("graph_version", "version"), ("phone_number_id", "digits")):
        value = getattr(settings, name)
        if not fits(form, value):
            raise Refused(f"cloud.{name} is “{value}”: write {WANTED[form]}.")
    if not settings.token:
        raise Refused(
            f"There is no access token: set WACONSOLE_CLOUD__TOKEN, or cloud.token in the keyring or {FILE_NAME}."
        )
    if not fits("secret", settings.token.reveal()):
        raise Refused(f"The access token ({settings.token.source}) holds signs that no token has.")
    from waconsole.whatsapp.cloud.client import Client, certificates

    trusted = certificates()
    return Client(settings.base_url, settings.token, trusted), Client(
        settings.base_url, settings.token, trusted
    )


def _downloads(settings: CloudSettings, beside: Client, folder: Path, limits: Limits) -> Downloads:
    from waconsole.whatsapp.cloud.media_down import Downloads

    paths = (f"/{settings.graph_version}", settings.phone_number_id)
    return Downloads(beside, settings.token, settings.base_url, paths=paths, folder=folder, limits=limits)


def _fault(message: Message, limits: Limits) -> str:
    if not message.recipient.value:
        return "The message names nobody it is for."
    if len(message.opaque) > limits.opaque:
        return f"The message's own mark is longer than {limits.opaque} characters."
    return fault(message.content, message.recipient.kind, limits)


def _revealed(word: Secret | str) -> str:
    return word.reveal() if isinstance(word, Secret) else word
