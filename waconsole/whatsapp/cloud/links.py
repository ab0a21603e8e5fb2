"""Short links (QR codes) of a number: `wa.me/message/<CODE>` opens a chat with a text already written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from waconsole.whatsapp.cloud.paging import elements, everything
from waconsole.whatsapp.driver import Action, Verdict

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

# Meta's QR code pages (v25.0): a prefilled text of at most 140 characters.
TEXT_CHARACTERS_MAX: Final = 140
PAGE: Final = 100
_SILENT: Final = Verdict("unknown", action=Action.UNKNOWN, detail="WhatsApp said yes and named no link.")


@dataclass(frozen=True, slots=True)
class Link:
    """A short link; `text` is foreign once it came back, `image` the address of its QR picture or empty."""

    code: str
    text: str
    url: str
    image: str = ""


class Links:
    """The short links of one number."""

    def __init__(self, client: Client, graph: str, phone_number_id: str) -> None:
        """`graph` is the version's path (`/v26.0`)."""
        self._client = client
        self._path = f"{graph}/{quote(phone_number_id, safe='')}/message_qrdls"

    async def every(self) -> tuple[Verdict, list[Link]]:
        """Every short link of the number."""
        verdict, found = await everything(self._client, self._path, {}, limit=PAGE)
        return verdict, [one for one in map(_link, found) if one is not None]

    async def create(self, text: str, picture: Literal["", "SVG", "PNG"] = "") -> tuple[Verdict, Link | None]:
        """Make a link that opens with `text`; not idempotent: a lost answer is `unknown`."""
        form = {"prefilled_message": text, **({"generate_qr_image": picture} if picture else {})}
        return _answered(*await self._client.ask("POST", self._path, form, once=True))

    async def update(self, code: str, text: str) -> tuple[Verdict, Link | None]:
        """Let a link open with another text; its address stays."""
        form = {"code": code, "prefilled_message": text}
        return _answered(*await self._client.ask("POST", self._path, form))

    async def delete(self, code: str) -> Verdict:
        """End a link."""
        verdict, _ = await self._client.delete(f"{self._path}/{quote(code, safe='')}")
        return verdict


def links_of(driver: CloudDriver) -> Links:
    """The short links of the number of a driver that is open."""
    return Links(driver.beside, driver.graph, driver.phone_number_id)


def _answered(verdict: Verdict, document: Mapping[str, Any]) -> tuple[Verdict, Link | None]:
    if verdict.outcome != "accepted":
        return verdict, None
    rows = elements(document)
    link = _link(rows[0] if rows else document)
    return (verdict, link) if link is not None else (_SILENT, None)


def _link(raw: Mapping[str, Any]) -> Link | None:
    code = raw.get("code")
    if not isinstance(code, str) or not code:
        return None
    text, url, image = (
        str(raw.get(key) or "") for key in ("prefilled_message", "deep_link_url", "qr_image_url")
    )
    return Link(code, text, url, image)
