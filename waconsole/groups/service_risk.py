"""Beside each request to come in: the way it came by, and what speaks for a look at who asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.groups import risk
from waconsole.groups import store_risk as store
from waconsole.groups.risk import Attribute, Mark, Risk


def risks(tx: Transaction, member_ids: Sequence[int]) -> dict[int, Risk]:
    """What is known of these people (rows that stand for a person), by member."""
    found = {member: Risk() for member in member_ids}
    marks: dict[int, list[Mark]] = {}
    for row in store.marks(tx):
        marks.setdefault(row["member_id"], []).append(Mark(*row))
    for member, one in found.items():
        one.marks = sorted(marks.get(member, []), key=lambda it: (risk.MARKS.index(it.kind), it.where))
    for row in store.groups_of(tx, member_ids):
        found[row["member_id"]].groups.append(row["name"])
    if marks:
        mine, theirs = _carried(tx, member_ids), _carried(tx, list(marks))
        for member, shared in risk.shared_with(mine, theirs, marks).items():
            found[member].shared = shared
    return found


def _carried(tx: Transaction, member_ids: Sequence[int]) -> list[Attribute]:
    return [
        Attribute(row["member_id"], kind, row[kind])
        for row in store.carried(tx, member_ids)
        for kind in risk.SHARED
        if row[kind]
    ]


def beside(tx: Transaction, rows: Sequence[Row], groups: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    """What stands beside each of these requests (of `store_joins.joins`): group, risk, who asked or brought them.

    `groups` are (ref, name) by row id. Requests of people nobody knows have no risk that could be told.
    """
    members = [row["member_id"] for row in rows if row["member_id"] is not None]
    known = risks(tx, members)
    refs = store.refs(tx, [shared.other_id for one in known.values() for shared in one.shared])
    brought = {row["member_id"]: row for row in store.brought_by(tx, members)}
    asked = {
        (group_id, row["member_id"]): row
        for group_id in sorted({row["group_id"] for row in rows})
        for row in store.asked_in(tx, group_id, members)
    }
    found = []
    for row in rows:
        ref, name = groups[row["group_id"]]
        one = known.get(row["member_id"], Risk())
        by_us, by_them = asked.get((row["group_id"], row["member_id"])), brought.get(row["member_id"])
        found.append({
            "group": ref,
            "group_name": name,
            "risk": risk.document(one, name, refs),
            "invitation": None if by_us is None else {
                "channel": by_us["channel"], "play": by_us["play"], "invited_at": iso(by_us["invited_at"]),
            },
            "invited_by": None if by_them is None else {
                "member": by_them["referrer"], "channel": by_them["channel"], "invited_at": iso(by_them["invited_at"]),
            },
        })  # fmt: skip
    return found
