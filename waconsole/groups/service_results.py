"""What events tell of groups, and what that makes of requests: the other half of `service_requests`.

An event may come before the answer that names its request, twice, or after the deadline. It counts by WhatsApp's
request id; a group that was made is also known again by its name, where the answer that named the id was lost.
"""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Row, Transaction
from waconsole.groups import store_joins, store_live, store_standing, told
from waconsole.groups import store_requests as rows
from waconsole.groups.told import Told
from waconsole.whatsapp.events_standing import GroupChanged

SHORTLY_BEFORE: Final = MINUTE
OVERDUE: Final = "overdue"


def body_of(row: Row) -> dict[str, Any]:
    """What a request asked for."""
    found = json.loads(row["body"])
    return found if isinstance(found, dict) else {}


def named(tx: Transaction, row_id: int, request_id: str, *, now: int) -> None:
    """WhatsApp took a request and calls it so; what an event told of it before takes effect."""
    other = rows.request_by_id(tx, request_id)
    if other is not None and other["id"] != row_id:
        # An id that names two requests names none of them surely.
        rows.set_request(tx, row_id, {"state": "unknown", "detail": f"WhatsApp named {request_id} before."})
        return
    rows.set_request(tx, row_id, {"request_id": request_id, "state": "pending"})
    result = rows.result(tx, request_id)
    if result is not None:
        _settle(tx, rows.request_row(tx, row_id), result)


def heard(tx: Transaction, event: GroupChanged, number_id: int | None, *, now: int) -> Told | None:
    """Take in what became of a group; answers what an operator should be told of it, if anything."""
    group = None
    if event.group_id:
        group = store_live.ensure_group(tx, event.group_id, now=now, number_id=number_id)
    news = _facts(tx, event, None if group is None else group["id"])
    request = _result(tx, event, None if group is None else group["id"], number_id)
    name = _name(tx, group, request)
    key = f"group|{event.group_id}|{event.kind}|{event.request_id or ''}|{event.at}"
    if event.kind == "suspended" and news:
        return Told(
            key, "alarm", name, "WhatsApp has suspended this group: nothing is sent there.", event.detail
        )
    if event.kind == "restored" and news:
        return Told(key, "note", name, "WhatsApp lets this group go on.")
    kind = told.KIND_OF_EVENT.get(event.kind)
    if kind is None:
        return None
    if event.failed:
        words = [f"{one.who}{f' (error {one.code})' if one.code else ''}" for one in event.failed]
        return Told(key, "warning", name, told.partly(kind, words, event.done), event.detail)
    if event.code is not None:
        return Told(key, "warning", name, told.refused(kind, event.code), event.detail)
    if event.kind == "ended" and news and request is None:
        return Told(key, "warning", name, "This group was ended, and not from here.")
    return None


def _facts(tx: Transaction, event: GroupChanged, group_id: int | None) -> bool:
    """Write how the group stands now; whether that is news."""
    if group_id is None:
        return False
    if event.kind in ("created", "settings") and (event.kind == "settings" or event.code is None):
        store_standing.told_settings(
            tx, group_id, subject=event.subject, description=event.description, approval=event.approval, at=event.at
        )  # fmt: skip
        if event.invite_link:
            store_standing.told_link(tx, group_id, event.invite_link, at=event.at)
        return True
    if event.kind in ("suspended", "restored"):
        return store_standing.told_suspension(tx, group_id, suspended=event.kind == "suspended", at=event.at)
    if event.kind == "ended" and event.code is None:
        for waiting in store_joins.joins(tx, group_id):
            store_joins.settle(tx, waiting["id"], "gone", at=event.at)
        return store_standing.ended(tx, group_id, event.at)
    return False


def _result(tx: Transaction, event: GroupChanged, group_id: int | None, number_id: int | None) -> Row | None:
    """Keep what an event told of a request, and let it take effect where the request is known; answers it."""
    if event.request_id is None:
        return None
    state = "done"
    if event.failed or event.code is not None:
        state = "partly" if event.done else "failed"
    first = event.failed[0] if event.failed else None
    code = event.code if event.code is not None else first.code if first else None
    detail = event.detail or (first.detail if first else "")
    rows.keep_result(
        tx, event.request_id, group_id=group_id, state=state, code=code, detail=detail, at=event.at
    )
    request = rows.request_by_id(tx, event.request_id) or _lost_birth(tx, event, number_id)
    result = rows.result(tx, event.request_id)
    if request is not None and result is not None:
        _settle(tx, request, result)
    return request


def _lost_birth(tx: Transaction, event: GroupChanged, number_id: int | None) -> Row | None:
    """The request for this very group whose answer, and with it the id, was lost."""
    if event.kind != "created" or number_id is None or not event.subject:
        return None
    for row in rows.unanswered_births(tx, number_id):
        # While the answer may still come (`asking`), it names the id itself.
        if (
            row["state"] != "asking"
            and body_of(row).get("subject") == event.subject
            and event.at >= row["asked_at"] - SHORTLY_BEFORE
        ):
            rows.set_request(tx, row["id"], {"request_id": event.request_id})
            return rows.request_row(tx, row["id"])
    return None


def _settle(tx: Transaction, request: Row, result: Row) -> None:
    """A request has come to what an event told, whatever we thought of it."""
    rows.set_request(
        tx,
        request["id"],
        {
            "state": result["state"],
            "code": result["code"],
            "detail": result["detail"],
            "ended_at": result["told_at"],
            "group_id": result["group_id"] if request["group_id"] is None else request["group_id"],
        },
    )


def _name(tx: Transaction, group: Row | None, request: Row | None) -> str:
    if group is not None:
        return str(store_standing.standing(tx, group["id"])["name"])
    return str(body_of(request).get("subject", "")) if request is not None else ""


def state_of(row: Row, *, now: int) -> str:
    """How a request stands at `now`: overdue from its deadline on, also before anybody has written it."""
    is_late = row["state"] in ("asking", "pending") and row["deadline_at"] <= now
    return OVERDUE if is_late else str(row["state"])


def grow_overdue(tx: Transaction, *, now: int) -> list[Told]:
    """Call every request overdue whose deadline has passed; answers what to say of each. Nothing asks again."""
    said = []
    for row in rows.overdue(tx, now=now):
        rows.set_request(tx, row["id"], {"state": OVERDUE})
        minutes = max(1, (now - row["asked_at"]) // MINUTE)
        group = None if row["group_id"] is None else store_standing.standing(tx, row["group_id"])
        said.append(
            Told(f"request|{row['ref']}|overdue", "warning", _name(tx, group, row), told.overdue(row["kind"], minutes))
        )  # fmt: skip
    return said
