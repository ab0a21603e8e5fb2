"""What the Graph paths answer when all is well, in Meta's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.world import Accepted, Group


def accepted_answer(accepted: Accepted) -> dict[str, Any]:
    """The answer to a message that was accepted."""
    message: dict[str, Any] = {"id": accepted.id}
    contact: dict[str, Any] = {"input": accepted.send.input}
    if accepted.group is not None:
        message["group_id"] = contact["wa_id"] = accepted.group.id
    elif accepted.send.kind == "bsuid":
        contact["user_id"] = accepted.send.to
    else:
        contact["wa_id"] = accepted.send.to
    if accepted.send.type == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def group_answer(group: Group, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The fields of a group that `query` asks for; without any only its id. Raises GraphError."""
    people = [
        ({"wa_id": one.phone} if one.phone else {}) | {"user_id": one.bsuid, "username": one.username}
        for one in group.people
    ]
    everything = {
        "subject": group.subject,
        "description": group.description,
        "participants": people,
        "join_approval_mode": "approval_required",
        "suspended": False,
        "creation_timestamp": group.created_at // clock.SECOND,
        "total_participant_count": len(group.people),
    }
    wanted = [one for part in query.get("fields", []) for one in part.split(",") if one and one != "id"]
    if unknown := [one for one in wanted if one not in everything]:
        raise GraphError(100, f"Tried accessing nonexisting field ({unknown[0]}).")
    return {"id": group.id, **{one: everything[one] for one in wanted}}


def invite_link(group: Group) -> dict[str, Any]:
    """The group's link."""
    return {"invite_link": f"https://chat.whatsapp.com/{ids.group_id('link', group.id)}"}
