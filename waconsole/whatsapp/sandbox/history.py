"""What became of our messages, to be asked for: `message_history` and the events of one message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.paging import page
from waconsole.whatsapp.sandbox.people import Accepted
from waconsole.whatsapp.sandbox.world import World

PAGE_MAX: Final = 100
FIRST: Final = 10**15  # the id of the first message's history

_EVENTS: Final = re.compile(r"events\{([a-z_,]*)\}")


class HistoryPaths:
    """The history of our numbers' messages."""

    def __init__(self, world: World) -> None:
        """What became of them is the world's."""
        self._world = world

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of histories answers; None when it is none. Raises GraphError."""
        if asked.method != "GET":
            return None
        if asked.node in self._world.account.numbers and asked.edge == "message_history":
            return self._histories(asked)
        if asked.edge != "events" or not (asked.node.isascii() and asked.node.isdecimal()):
            return None
        place = int(asked.node[:20]) - FIRST
        if not 0 <= place < len(self._world.accepted):
            return None
        return self._events(asked, place)

    def _histories(self, asked: Asked) -> Mapping[str, Any]:
        accepted, wamid = self._world.accepted, asked.first("message_id")
        if wamid:
            found = [
                place for place, one in enumerate(accepted) if one.id == wamid and one.number == asked.node
            ]
        else:
            found = [place for place, one in enumerate(accepted) if one.number == asked.node][::-1]
        rows, paging = page(asked, found, lambda place: str(FIRST + place), most=PAGE_MAX, clamps=True)
        wanted = ",".join(asked.query.get("fields", []))
        named = _EVENTS.search(wanted)
        fields = named[1].split(",") if named else ["delivery_status", "timestamp"]
        data = []
        for place in rows:
            row: dict[str, Any] = {"id": str(FIRST + place), "message_id": accepted[place].id}
            if "events" in wanted:
                row["events"] = {"data": _rows(accepted[place], place, fields)}
            data.append(row)
        return {"data": data, "paging": paging}

    def _events(self, asked: Asked, place: int) -> Mapping[str, Any]:
        status = asked.first("status_filter").upper()
        events = [
            {
                "id": row["id"],
                "delivery_status": row["delivery_status"],
                "occurrence_timestamp": row["timestamp"],
            }
            for row in _rows(self._world.accepted[place], place, ["delivery_status", "timestamp"])
            if status in ("", row["delivery_status"])
        ]
        rows, paging = page(asked, events, lambda row: str(row["id"]), most=PAGE_MAX, clamps=True)
        return {"data": [{"cursor": row["id"], "node": row} for row in rows], "paging": paging}


def _rows(message: Accepted, place: int, fields: list[str]) -> list[dict[str, Any]]:
    rows = []
    for number, (status, at) in enumerate(message.events):
        whole = {
            "delivery_status": status,
            "timestamp": at // clock.SECOND,
            "webhook_update_state": "PENDING" if status == "ACCEPTED" else "DELIVERED",
            **({"error_description": "The message failed."} if status == "ERROR" else {}),
        }
        kept = {key: value for key, value in whole.items() if key in fields}
        rows.append({"id": f"{FIRST + place}{number:02}", **kept})
    return rows
