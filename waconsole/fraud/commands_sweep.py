"""`fraud sweep`: look through all invites for what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from waconsole.command import Answer, Command, Invocation
from waconsole.database.connection import Database
from waconsole.fraud.service_sweep import Swept, sweep
from waconsole.members.model import masked
from waconsole.text import safe


async def _sweep(database: Database, call: Invocation) -> Answer:
    swept = await sweep(database, now=call.now)
    document: dict[str, Any] = {
        "count": len(swept.items),
        "items": swept.items[: call.limit],
        "new": swept.new,
        "grown": swept.grown,
        "ms": swept.ms,
    }
    if len(document["items"]) < len(swept.items):
        document["truncated"] = True
    return Answer(document, tuple(_lines(swept)))


def _lines(swept: Swept) -> Iterator[str]:
    for item in swept.items:
        people = [
            masked(one["phone"]) if one["phone"] else safe(one["member"]) for one in item["members"][:4]
        ]
        more = f" and {len(item['members']) - 4} more" if len(item["members"]) > 4 else ""
        held = ", ".join(one["amount"] for one in item["held_all"])
        yield safe(
            f"{item['id']}  {item['kind']}  {', '.join(people)}{more}  {item['weight']:+}"
            f"{f'  held {held}' if held else ''}{'  frozen' if item['frozen'] else ''}"
        )
    kinds = Counter(item["kind"] for item in swept.items)
    said = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
    stages = ", ".join(f"{name} {took:.0f} ms" for name, took in swept.ms.items())
    yield f"{len(swept.items)} open items{f' ({said})' if said else ''}, {swept.new} new. {stages}."


COMMANDS: Final[list[Command]] = [
    Command(
        ("fraud", "sweep"),
        "Look through all invites for what does not fit, and put it up for review.",
        _sweep,
    ),
]
