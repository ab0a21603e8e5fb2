"""One page of a list, as the Graph API cuts it: `limit`, `after`, `before`, and the cursors of what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.codes import GraphError

PAGE: Final = 25

Row = TypeVar("Row")


def page(
    asked: Asked,
    rows: Sequence[Row],
    key: Callable[[Row], str],
    *,
    most: int,
    stale: int = 100,
    clamps: bool = False,
) -> tuple[Sequence[Row], Mapping[str, Any]]:
    """(the rows of the page, its `paging`). Raises GraphError.

    `stale` is the code of a cursor nobody knows; `clamps` gives `most` rows to who asks for more.
    """
    said = asked.first("limit") or str(min(PAGE, most))
    limit = int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0
    limit = min(limit, most) if clamps else limit
    if not 1 <= limit <= most:
        raise GraphError(100, f"Param limit must be a number from 1 to {most}.")
    after, before = asked.first("after"), asked.first("before")
    places = {key(row): place for place, row in enumerate(rows)} if after or before else {}
    for cursor in (after, before):
        if cursor and cursor not in places:
            raise GraphError(stale, "The cursor is not known any more: begin at the first page.")
    start = places[after] + 1 if after else max(0, places[before] - limit) if before else 0
    end = min(start + limit, places[before]) if before and not after else start + limit
    shown = rows[start:end]
    if not shown:
        return shown, {"cursors": {}}
    paging: dict[str, Any] = {"cursors": {"before": key(shown[0]), "after": key(shown[-1])}}
    if end < len(rows):
        paging["next"] = f"{asked.base}/v26.0/{asked.node}/{asked.edge}?limit={limit}&after={key(shown[-1])}"
    return shown, paging
