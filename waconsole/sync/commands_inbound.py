"""What came in and is not done, as it is typed: `inbound list`, `inbound show ID`, `inbound replay`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole import clock
from waconsole.clock import iso, parse_iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row
from waconsole.errors import Refused, UsageError
from waconsole.sync import receive_again, refusal_rows
from waconsole.sync import receive_rows as rows
from waconsole.text import safe

RAW_SHOWN_MAX: Final = 4_000


async def _list(database: Database, call: Invocation) -> Answer:
    state = call.values["state"]
    found, counts, refusals = await database.read(
        lambda tx: (
            rows.items_left(tx, states=(state,) if state else rows.LEFT), rows.counts(tx), refusal_rows.refusals(tx)
        )
    )  # fmt: skip
    document = listed([_row(row) for row in found], call.limit) | {
        "counts": counts,
        "refusals": [
            {"reason": row["reason"], "times": row["times"], "last_at": iso(row["last_at"])}
            for row in refusals
        ],
    }
    lines = [_line(row) for row in found[: call.limit]]
    if not found:
        lines.append("Nothing stands aside: everything that came in was understood.")
    if counts["waiting"]:
        waiting = "1 body waits" if counts["waiting"] == 1 else f"{counts['waiting']:,} bodies wait"
        lines.append(f"{waiting} to be taken apart: `waconsole sync --once` does it.")
    lines += [
        f"{row['times']:,} times, last {iso(row['last_at'])}: {safe(row['reason'])}" for row in refusals
    ]
    return Answer(document, tuple(lines))


async def _show(database: Database, call: Invocation) -> Answer:
    from waconsole.sync.process import must_be_item  # the shapes of webhooks load with it

    row = await database.read(lambda tx: must_be_item(tx, call.values["id"]))
    shown = safe(row["raw"], lines=True, characters_max=RAW_SHOWN_MAX)
    return Answer(_row(row) | {"key": row["key"], "raw": _parsed(row["raw"])}, (_line(row), shown))


async def _replay(database: Database, call: Invocation) -> Answer:
    from waconsole.sync import process

    item_id, since = call.values["id"], call.values["since"]
    if (item_id is None) == (since is None):
        raise UsageError("Say which item to try again, or --since when.")
    if item_id is not None:
        row = await database.read(lambda tx: process.must_be_item(tx, item_id))
        if row["state"] == "done":
            raise Refused(f"Inbound item {item_id} is done already: nothing was changed.")
        if not row["is_whole"]:
            raise Refused(
                f"Inbound item {item_id} is too old: its text was emptied, so nothing is left to try."
            )
        ids, keys = [row["inbound_id"]], {row["key"]}
    else:
        at = _instant(since)
        ids, keys = await database.read(lambda tx: receive_again.bodies_since(tx, at)), None
    done = await process.replay(database, ids, clock=clock.now, keys=keys)
    left = done.quarantined + done.trying
    document = {"processed": done.processed, "quarantined": left}
    sentence = f"{done.processed:,} taken in, {left:,} still stand aside."
    return Answer(document, (sentence,), EXIT_PARTLY if left else EXIT_DONE)


def _instant(text: str) -> int:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--since takes an instant like 2026-11-26T12:00:00Z, not “{text}”.") from None


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "state": row["state"],
        "kind": row["kind"],
        "number": row["number"] or None,
        "reason": row["reason"],
        "attempts": row["attempts"],
        "received_at": iso(row["received_at"]),
        "handled_at": iso(row["handled_at"]),
    }


def _line(row: Row) -> str:
    return f"{row['id']:>6}  {row['state']:<11}  {iso(row['received_at'])}  {safe(row['kind'])}: {safe(row['reason'])}"


def _parsed(raw: str) -> Mapping[str, Any] | list[Any] | str:
    """The item as JSON where it is that, else as it came."""
    try:
        found = json.loads(raw)
    except ValueError:
        return raw
    return found if isinstance(found, dict | list) else raw


_AGAIN: Final = "Try again what stands aside: one item, or all that came since an instant."
_REPLAYED: Final = (
    Argument("id", "the item's id", kind="integer", optional=True),
    Argument("--since", "an instant like 2026-11-26T12:00:00Z", metavar="WHEN"),
)

INBOUND: Final = (
    Command(
        ("inbound", "list"),
        "List what came in and stands aside: quarantined, tried again, or kept because it is not understood.",
        _list,
        (Argument("--state", "only these", choices=rows.LEFT),),
        writes=False,
    ),
    Command(
        ("inbound", "show"),
        "Show one thing that came in, with the reason and as it came.",
        _show,
        (Argument("id", "the item's id", kind="integer"),),
        writes=False,
    ),
    Command(("inbound", "replay"), _AGAIN, _replay, _REPLAYED),
    Command(("replay",), _AGAIN, _replay, _REPLAYED),
)
