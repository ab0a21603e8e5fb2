"""Asking WhatsApp something about a group: written before the wire, and what was answered after it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.groups import service_results, store, store_standing
from waconsole.groups import store_requests as rows
from waconsole.groups.service_doors import in_words, number_of, open_group_door
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.whatsapp.doors import GroupDoor
from waconsole.whatsapp.driver import Verdict

DETAIL_CHARACTERS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands: `state` as in `group_request`, `group` the group's ref ("" before it is made)."""

    ref: str
    kind: str
    state: str
    request_id: str | None
    group: str
    code: int | None
    detail: str


def asked_of(tx: Transaction, row: Row) -> Asked:
    """A row of `group_request` as it is told."""
    group = "" if row["group_id"] is None else store_standing.standing(tx, row["group_id"])["ref"]
    return Asked(row["ref"], row["kind"], row["state"], row["request_id"], group, row["code"], row["detail"])


async def found_group(database: Database, name: str) -> tuple[Row, Row]:
    """How the group called `name` stands, and the number it is reached by."""

    def look(tx: Transaction) -> tuple[Row, Row]:
        group = store_standing.standing(tx, store.group_named(tx, name).id)
        return group, number_of(tx, group)

    return await database.read(look)


async def ask(
    database: Database,
    settings: Settings,
    kind: str,
    group: Row,
    number: Row,
    body: Mapping[str, Any],
    question: Callable[[GroupDoor], Awaitable[Verdict]],
    *,
    operator: str | None,
    now: int,
) -> Asked:
    """Write that it is asked, ask, write what was answered. Raises Refused for WhatsApp's no."""
    async with open_group_door(database, settings, number, now=now) as door:
        row_id = await database.write(
            lambda tx: begin(tx, kind, number["id"], group["id"], body, operator=operator, now=now)
        )
        verdict: Verdict = await question(door)
    asked = await database.write(lambda tx: finish(tx, row_id, verdict, group_id=group["id"], now=now))
    return or_refused(asked, verdict)


def begin(
    tx: Transaction,
    kind: str,
    number_id: int,
    group_id: int | None,
    body: Mapping[str, Any],
    *,
    operator: str | None,
    now: int,
) -> int:
    """Write a request that is about to leave, and who asks; answers its row's id."""
    acting = operators.acting(tx, operator, now=now)
    minutes = policy.in_force(tx, "groups.request_deadline", now=now)[0]["minutes"]
    row_id = rows.begin(
        tx, ref=f"gr-{secrets.token_hex(5)}", kind=kind, number_id=number_id, group_id=group_id, body=body,
        operator_id=acting.id, now=now, deadline_at=now + minutes * MINUTE,
    )  # fmt: skip
    act = Act("group_request", row_id, {}, {"kind": kind, **body})
    operators.record(tx, acting, f"group: {kind}", [act], now=now)
    return row_id


def finish(tx: Transaction, row_id: int, verdict: Verdict, *, group_id: int | None, now: int) -> Asked:
    """Write what was answered; an event may have told more before."""
    if verdict.outcome == "accepted" and verdict.trace:
        service_results.named(tx, row_id, verdict.trace, now=now)
    else:
        state = {"accepted": "done", "unknown": "unknown"}.get(verdict.outcome, "failed")
        columns: dict[str, Any] = {
            "state": state, "code": verdict.code, "detail": verdict.detail[:DETAIL_CHARACTERS_MAX],
            "ended_at": None if state == "unknown" else now,
        }  # fmt: skip
        if group_id is not None:
            columns["group_id"] = group_id
        rows.set_request(tx, row_id, columns)
        if state == "done" and rows.request_row(tx, row_id)["kind"] == "delete" and group_id is not None:
            store_standing.ended(tx, group_id, now)
    return asked_of(tx, rows.request_row(tx, row_id))


def or_refused(asked: Asked, verdict: Verdict) -> Asked:
    """The request as it stands. Raises Refused where WhatsApp said no, or was not reached."""
    if verdict.outcome in ("refused", "unsent"):
        raise Refused(in_words(verdict))
    return asked
