"""Asking members into a group: who is meant, who is left out and why, and what was asked."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from waconsole.clock import DAY, SECOND, iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.invites import plays
from waconsole.invites import store_invitations as store
from waconsole.invites.plays import Bounds, Buyer, Choice, Standing
from waconsole.invites.store_invitations import Group
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.policy import bounds as policies
from waconsole.policy import store as policy

KIND: Final = "group_invitation"
WEEK: Final = 7 * DAY
MEMORY: Final = "send.invitation_memory_days"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked; words raw."""

    member_id: int
    ref: str
    name: str
    phone: str | None
    language: str
    inputs: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody a play chose who is not asked, and why."""

    ref: str
    name: str
    phone: str | None
    reason: str


@dataclass(slots=True)
class Plan:
    """Who is asked into a group, in order, and who is not; `rounds` is how often people were asked this week before."""

    group: Group
    play: str
    bounds: Bounds
    rounds: int
    candidates: list[Candidate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    advice: str = ""


def bounds_in_force(tx: Transaction, *, now: int) -> Bounds:
    """The policies of plays at `now`."""
    names = {
        "new": "invitations.new_days",
        "dormant_from": "invitations.dormant_from_days",
        "dormant_to": "invitations.dormant_to_days",
        "high_value": "invitations.high_value_days",
        "share": "invitations.high_value_share",
        "memory": MEMORY,
    }
    found = {key: policy.in_force(tx, name, now=now) for key, name in names.items()}
    spans = {key: round(Fraction(str(found[key][0]["value"])) * DAY) for key in names if key != "share"}
    return Bounds(
        spans["new"], spans["dormant_from"], spans["dormant_to"], spans["high_value"], policies.share(found["share"][0]),
        spans["memory"], {names[key]: version for key, (_, version) in found.items()},
    )  # fmt: skip


def plan(tx: Transaction, name: str, play: str, named: Sequence[str], *, now: int) -> Plan:
    """Who would be asked into the group of that name at `now`. Raises Refused, NotFound."""
    if (play == plays.OTHER) != bool(named):
        raise Refused("Name who is meant with --member for the play `other`, and nobody for the other plays.")
    group = store.group_named(tx, name)
    bounds = bounds_in_force(tx, now=now)
    found = Plan(group, play, bounds, store.rounds(tx, group.id, since=now - WEEK))
    found.advice = _rhythm(tx, found, now=now)
    if play == plays.OTHER:
        choices = [Choice(one) for one in dict.fromkeys(members.member_named(tx, who).id for who in named)]
    else:
        choices = plays.chosen(play, _buyers(tx, play, bounds, now=now), bounds, now=now)
    known = {row["id"]: row for row in store.standings(tx, group.id, [one.member_id for one in choices])}
    for choice in choices:
        row = known.get(choice.member_id)
        if row is None:
            continue  # erased since
        reason = plays.why_not(_standing(row), bounds.memory, now=now)
        if reason:
            found.left_out.append(LeftOut(row["ref"], row["name"], row["phone"], reason))
        else:
            found.candidates.append(
                Candidate(row["id"], row["ref"], row["name"], row["phone"], row["language"], choice.inputs)
            )
    return found


def _rhythm(tx: Transaction, found: Plan, *, now: int) -> str:
    """A sentence when this round is one more than is good. Raises Refused when it is one too many."""
    this = found.rounds + 1
    stop = policy.in_force(tx, "send.invitations_stop", now=now)[0]
    if policies.holds(stop, this):
        raise Refused(
            f"People were asked into {found.group.name} {found.rounds} times in the last 7 days, and policy"
            f" send.invitations_stop takes {stop['value']} a week: wait, more would block us."
        )
    high = policy.in_force(tx, "send.invitations_high", now=now)[0]
    if policies.holds(high, this):
        return ""
    return f"This is round {this} of the week for {found.group.name}; {high['value']} are enough (send.invitations_high)."


def _buyers(tx: Transaction, play: str, bounds: Bounds, *, now: int) -> list[Buyer]:
    spent: dict[int, dict[str, int]] = {}
    since = now - bounds.high_value
    for row in store.spending(tx, since=since, now=now) if play == plays.HIGH_VALUE else ():
        spent.setdefault(row["member_id"], {})[row["currency"]] = row["minor"]
    return [
        Buyer(row["member_id"], row["first_at"], row["last_at"], spent.get(row["member_id"], {}))
        for row in store.buyers(tx, now=now)
    ]


def _standing(row: Row) -> Standing:
    return Standing(
        bool(row["is_in_group"]), row["invited_at"], bool(row["is_blocked"]), bool(row["is_reviewed"]), row["consent"]
    )  # fmt: skip


def record(
    tx: Transaction,
    found: Plan,
    candidate: Candidate,
    *,
    channel: str,
    round_ref: str,
    outgoing_id: int,
    operator_id: int,
    now: int,
) -> tuple[str, Act] | None:
    """Write that somebody is asked by a message: (the invitation's ref, the act); None: they were asked within 30 days."""
    at = now - now % SECOND
    ref = f"ask-{secrets.token_hex(8)}"  # made of nothing that would name somebody once erased
    inputs = {**candidate.inputs, "policies": dict(found.bounds.versions)}
    fields = {
        "ref": ref, "group_id": found.group.id, "member_id": candidate.member_id, "play": found.play,
        "channel": channel, "round": round_ref, "outgoing_id": outgoing_id, "operator_id": operator_id,
        "inputs": json.dumps(inputs, ensure_ascii=False, sort_keys=True), "invited_at": at,
    }  # fmt: skip
    try:
        row_id = store.add(tx, fields)
    except sqlite3.IntegrityError as error:
        if "30 days" in str(error):
            return None
        raise
    return ref, Act(KIND, row_id, {"withdrawn": 1}, {"withdrawn": 0})


def restore(tx: Transaction, row_id: int, values: dict[str, object], expected: dict[str, object]) -> bool:
    """Undo for invitations: taken back with its message, before that left; False when it has left."""
    if store.columns(tx, row_id) != expected or values["withdrawn"] != 1:
        return False
    store.withdraw(tx, row_id)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {KIND: restore}


def listing(
    tx: Transaction, *, group: str | None, play: str | None, since: int | None
) -> list[dict[str, Any]]:
    """Who was asked, as it is told; names raw. Raises NotFound."""
    group_id = None if group is None else store.group_named(tx, group).id
    return [_document(row) for row in store.invitations(tx, group_id=group_id, play=play, since=since)]


def _document(row: Row) -> dict[str, Any]:
    def when(at: int | None) -> str | None:
        return None if at is None else iso(at)

    state = "withdrawn" if row["withdrawn"] else row["state"]
    outcome = "left" if row["left_at"] is not None else "joined" if row["joined_at"] is not None else None
    return {
        "invitation": row["ref"],
        "group": row["group_ref"],
        "group_name": row["group_name"],
        "invitee": {"member": row["member_ref"], "phone": row["phone"]},
        "name": row["member_name"],
        "play": row["play"],
        "channel": row["channel"],
        "invited_at": when(row["invited_at"]),
        "operator": row["operator"],
        "outgoing": row["outgoing"],
        "task": row["task"],
        "state": state,
        "reason": row["state_reason"],
        "outcome": outcome,
        "joined_at": when(row["joined_at"]),
        "left_at": when(row["left_at"]),
        "inputs": json.loads(row["inputs"]),
    }
