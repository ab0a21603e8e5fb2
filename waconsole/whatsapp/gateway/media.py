"""Files that came with messages, brought here from a gateway.

The gateway is asked for the message, fetches the file from WhatsApp itself and says where it lies; it keeps it for
minutes. Whatever address it says, the file is asked for at gateway.base_url: the key goes nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from waconsole.errors import Refused
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.files import Keeping, TooLarge
from waconsole.whatsapp.gateway.addresses import message_id

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.media_down import Fetched
    from waconsole.whatsapp.gateway.client import Client

FILES_PATH: Final = "/api/files/"


class Media:
    """What a gateway knows of files."""

    _beside: Client
    _at: str
    _media: Path | None

    async def fetch(self, media_id: str, *, name: str = "", size_max: int) -> Fetched:
        """Bring the file of a message (`MessageId.full`) into the media folder; raises nothing."""
        from waconsole.whatsapp.cloud.media_down import Fetched

        named = message_id(media_id)
        if named is None or self._media is None:
            return Fetched("gone", reason="The gateway did not bring this file.")
        path = f"{self._at}/chats/{quote(named.chat, safe='')}/messages/{quote(media_id, safe='')}"
        verdict, answer = await self._beside.ask("GET", path, query={"downloadMedia": "true"})
        if verdict.outcome != "accepted":
            return _not_had(verdict)
        media = answer.get("media") if isinstance(answer, dict) else None
        url = media.get("url") if isinstance(media, dict) else None
        where = urlsplit(url).path if isinstance(url, str) else ""
        if not where.startswith(FILES_PATH) or ".." in where:
            return Fetched("again", reason="The gateway could not fetch the file from WhatsApp.")
        try:
            with Keeping(self._media, size_max) as copy:
                verdict = await self._beside.bring(where, copy.write)
                if verdict.outcome != "accepted":
                    return _not_had(verdict)
                return Fetched("kept", copy=copy.finish(name=name))
        except TooLarge as error:
            return Fetched("gone", reason=str(error))
        except (Refused, OSError) as error:
            return Fetched("again", reason=f"The file cannot be kept: {error}.")


def _not_had(verdict: Verdict) -> Fetched:
    from waconsole.whatsapp.cloud.media_down import Fetched

    if verdict.outcome == "unsent":
        return Fetched("offline", reason=verdict.detail)
    passes = verdict.action in (Action.RETRY, Action.SLOW, Action.STOP, Action.UNKNOWN)
    return Fetched("again" if passes else "gone", reason=verdict.detail)
