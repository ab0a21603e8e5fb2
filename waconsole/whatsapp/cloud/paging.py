"""Lists of the Graph API, page by page by cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from waconsole.whatsapp.driver import Action, Verdict

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.client import Client

PAGES_MAX: Final = 1_000
RESTARTS_MAX: Final = 3
CURSOR_EXPIRED: Final = 131059  # Groups API error codes, Meta's documentation of 2025-10-31: begin again
UNREADABLE: Final = Verdict(
    "refused", action=Action.PARK, detail="WhatsApp answered something else than a list."
)


async def everything(
    client: Client, path: str, query: Mapping[str, str], *, within: str = "", limit: int = 100
) -> tuple[Verdict, list[dict[str, Any]]]:
    """Every element of the list at `path`; of `data`, or of `data.<within>`.

    A cursor that expired begins the list anew. A list that could not be read to its end is no list: the
    verdict says why, and nothing is answered.
    """
    verdict = UNREADABLE
    for _ in range(RESTARTS_MAX):
        verdict, found = await _once(client, path, {**query, "limit": str(limit)}, within, limit)
        if verdict.code != CURSOR_EXPIRED:
            return verdict, found
    return verdict, []


async def _once(
    client: Client, path: str, query: dict[str, str], within: str, limit: int
) -> tuple[Verdict, list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    cursors: set[str] = set()
    for _ in range(PAGES_MAX):
        verdict, document = await client.read(f"{path}?{urlencode(query)}")
        if verdict.outcome != "accepted":
            return verdict, []
        page = elements(document, within)
        if page is None:
            return UNREADABLE, []
        found += page
        after, has_next = _after(document)
        # A short page without the address of a next one is the last.
        if not page or not after or after in cursors or (not has_next and len(page) < limit):
            return verdict, found
        cursors.add(after)
        query = {**query, "after": after}
    return Verdict("refused", action=Action.PARK, detail=f"The list has more than {PAGES_MAX:,} pages."), []


def elements(document: Mapping[str, Any], within: str = "") -> list[dict[str, Any]] | None:
    """The objects of one page, or None when it is none."""
    part = document.get("data")
    if within and isinstance(part, dict):
        part = part.get(within)
    return [one for one in part if isinstance(one, dict)] if isinstance(part, list) else None


def _after(document: Mapping[str, Any]) -> tuple[str, bool]:
    paging = document.get("paging")
    if not isinstance(paging, dict):
        return "", False
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else "", bool(paging.get("next"))
