"""Templates of an account at the Graph API: list, create, delete, look at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from waconsole.whatsapp.cloud.paging import everything
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.templates import TemplateSeen, seen

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client
    from waconsole.whatsapp.cloud.driver import CloudDriver

FIELDS: Final = "id,name,language,status,category,quality_score,rejected_reason,parameter_format,components"
PAGE: Final = 100
NO_ACCOUNT: Final = Verdict(
    "unsent", action=Action.STOP, detail="cloud.waba_id is not set: it says whose templates are meant."
)


class Templates:
    """The templates of one account."""

    def __init__(self, client: Client, graph: str, waba_id: str) -> None:
        """`graph` is the version's path (`/v26.0`)."""
        self._client, self._graph, self._waba_id = client, graph, waba_id
        self._path = f"{graph}/{quote(waba_id, safe='')}/message_templates"

    async def every(self) -> tuple[Verdict, list[TemplateSeen]]:
        """Every template of the account, or the verdict why not all of them were told."""
        if not self._waba_id:
            return NO_ACCOUNT, []
        verdict, found = await everything(self._client, self._path, {"fields": FIELDS}, limit=PAGE)
        return verdict, [one for one in map(seen, found) if one is not None]

    async def create(self, form: Mapping[str, Any]) -> tuple[Verdict, str, str, str]:
        """Hand a new template in: (verdict, its id, its status, its category).

        A second one of the same name and language is refused by Meta. An answer that was lost is `unknown`.
        """
        if not self._waba_id:
            return NO_ACCOUNT, "", "", ""
        verdict, document = await self._client.ask("POST", self._path, form, once=True)
        words = [document.get(key) for key in ("id", "status", "category")]
        told, status, category = (str(word) if isinstance(word, str | int) else "" for word in words)
        if verdict.outcome == "accepted" and not told:
            detail = "WhatsApp said yes and named no template: `waconsole templates sync` shows whether it is there."
            return Verdict("unknown", action=Action.UNKNOWN, detail=detail), "", "", ""
        return verdict, told, status.upper(), category.upper()

    async def delete(self, name: str, template_id: str = "") -> Verdict:
        """Delete a template: the one language with that id, or without an id all of that name."""
        if not self._waba_id:
            return NO_ACCOUNT
        query = {"name": name, **({"hsm_id": template_id} if template_id else {})}
        verdict, _ = await self._client.delete(f"{self._path}?{urlencode(query)}")
        return verdict

    async def template(self, template_id: str) -> tuple[Verdict, TemplateSeen | None]:
        """One template by its id."""
        path = f"{self._graph}/{quote(template_id, safe='')}?{urlencode({'fields': FIELDS})}"
        verdict, document = await self._client.read(path)
        return verdict, seen(document)


def templates_of(driver: CloudDriver) -> Templates:
    """The templates of the account of a driver that is open."""
    return Templates(driver.beside, driver.graph, driver.waba_id)
