"""Files on their way out: each of our copies is uploaded once, and sent by WhatsApp's id of it.

An upload reaches nobody, so it may be done twice; a message that waits for one has not left.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.files import HEAD_BYTES, mime_by_name, path_of, sniffed
from waconsole.whatsapp.limits import Limits

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client

IDS_MAX: Final = 1_000
AT_ONCE_MAX: Final = 3
DAY_SECONDS: Final = 86_400.0
MARGIN_DAYS: Final = 1  # an id is given up a day before WhatsApp does
WAIT_SECONDS: Final = 40.0  # what one attempt waits for an upload; the next one finds it further on
AGAIN_SECONDS: Final = 5.0


class Uploads:
    """WhatsApp's ids of our copies, as long as they live."""

    def __init__(self, client: Client, path: str, folder: Path | None, limits: Limits) -> None:
        """`path` is where a number's files are posted, `folder` where our copies are."""
        self._client, self._path, self._folder = client, path, folder
        self._lives = (limits.uploaded_days - MARGIN_DAYS) * DAY_SECONDS
        self._ids: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._going: dict[str, asyncio.Task[tuple[Verdict, str]]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def id_of(self, sha256: str) -> tuple[Verdict | None, str]:
        """(None, WhatsApp's id) of a copy, uploaded if need be; else what became of the upload, never `unknown`."""
        known = self._ids.get(sha256)
        if known is not None and known[1] > time.monotonic():
            return None, known[0]
        task = self._going.get(sha256)
        if task is None:
            task = self._going[sha256] = asyncio.create_task(self._upload(sha256))
        done, _ = await asyncio.wait([task], timeout=WAIT_SECONDS)
        if not done:
            detail = "The file is still being uploaded: the message goes when it is there."
            return Verdict(
                "refused", action=Action.RETRY, detail=detail, retry_after_seconds=AGAIN_SECONDS
            ), ""
        self._going.pop(sha256, None)
        verdict, media_id = task.result()
        if not media_id:
            return verdict, ""
        self._ids[sha256] = (media_id, time.monotonic() + self._lives)
        if len(self._ids) > IDS_MAX:
            self._ids.popitem(last=False)
        return None, media_id

    def forget(self, sha256: str) -> None:
        """WhatsApp did not like the file under its id: it is uploaded anew the next time."""
        self._ids.pop(sha256, None)

    async def close(self) -> None:
        """End what is being uploaded."""
        going = list(self._going.values())
        self._going.clear()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    async def _upload(self, sha256: str) -> tuple[Verdict, str]:
        path = path_of(self._folder, sha256) if self._folder is not None else None
        if path is None:
            detail = "The file is not in the ledger's media folder any more: send it again with --file."
            return Verdict("refused", action=Action.FIX, detail=detail), ""
        mime = await asyncio.to_thread(_mime_of, path)
        fields = {"messaging_product": "whatsapp", "type": mime}
        async with self._turns:
            verdict, answer = await self._client.upload(self._path, fields, path, name=path.name, mime=mime)
        media_id = answer.get("id")
        if verdict.outcome == "accepted" and isinstance(media_id, str | int) and str(media_id):
            return verdict, str(media_id)
        if verdict.outcome == "accepted":
            detail = "WhatsApp took the file and named no id for it."
            return Verdict("refused", action=Action.RETRY, detail=detail), ""
        return verdict, ""


def _mime_of(path: Path) -> str:
    with path.open("rb") as file:
        return mime_by_name(sniffed(file.read(HEAD_BYTES)), path.name)
