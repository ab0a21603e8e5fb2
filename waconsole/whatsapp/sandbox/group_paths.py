"""The paths of official groups: list, make, look at, change, delete, link."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.asgi import MULTIPART, Asked
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields
from waconsole.whatsapp.sandbox.files import MEGABYTE, plain_mime
from waconsole.whatsapp.sandbox.group_desk import GroupDesk
from waconsole.whatsapp.sandbox.group_words import LIFECYCLE, SETTINGS, group_error, named
from waconsole.whatsapp.sandbox.multipart import Part, parts_of, plain
from waconsole.whatsapp.sandbox.paging import page
from waconsole.whatsapp.sandbox.people import Group
from waconsole.whatsapp.sandbox.picture import picture_fault, picture_hash
from waconsole.whatsapp.sandbox.world import World

PAGE_MAX: Final = 1024
SUBJECT_MAX: Final = 128
DESCRIPTION_MAX: Final = 2048
GROUPS_MAX: Final = 10_000
PICTURE_BYTES_MAX: Final = 5 * MEGABYTE
STALE_CURSOR: Final = 131059
MODES: Final = ("auto_approve", "approval_required")


class GroupPaths:
    """The groups of our numbers."""

    def __init__(self, world: World, desk: GroupDesk) -> None:
        """What changes a group goes over the desk."""
        self._world = world
        self._desk = desk

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of groups answers; None when it is none. Raises GraphError."""
        if asked.node in self._world.account.numbers and asked.edge == "groups":
            return {"GET": self._list, "POST": self._create}.get(asked.method, lambda _: None)(asked)
        if asked.edge == "invite_link" and asked.method in ("GET", "POST"):
            return self._link(asked, self.known(asked.node))
        group = self._world.groups.get(asked.node)
        if group is None or asked.edge:
            return None
        if asked.method == "GET":
            return group_answer(group, asked.query)
        return {"POST": self._change, "DELETE": self._delete}.get(asked.method, lambda *_: None)(asked, group)

    def known(self, group_id: str) -> Group:
        """The group of an id. Raises GraphError."""
        group = self._world.groups.get(group_id)
        if group is None:
            raise GraphError(131041, f"There is no group {group_id}.")
        return group

    def _list(self, asked: Asked) -> Mapping[str, Any]:
        groups = [one for one in self._world.groups.values() if one.number == asked.node]
        shown, paging = page(asked, groups, lambda one: one.id, most=PAGE_MAX, stale=STALE_CURSOR)
        rows = [
            {"id": one.id, "subject": one.subject, "created_at": str(one.created_at // clock.SECOND)}
            for one in shown
        ]
        return {"data": {"groups": rows}, "paging": paging}

    def _create(self, asked: Asked) -> Mapping[str, Any]:
        request = asked.for_whatsapp("subject", "description", "join_approval_mode")
        subject = request.text("subject", longest=SUBJECT_MAX).strip()
        description = request.text("description", longest=DESCRIPTION_MAX, shortest=0, required=False)
        mode = request.word("join_approval_mode", *MODES, required=False) or MODES[0]
        if sum(one.number == asked.node for one in self._world.groups.values()) >= GROUPS_MAX:
            raise GraphError(131211, f"The number has {GROUPS_MAX} groups.")
        group_id = ids.group_id("group", self._world.seed, self._desk.taken)
        group = Group(
            group_id, subject, description, self._world.now(), number=asked.node, approval=mode == MODES[1]
        )
        request_id = self._desk.take(
            LIFECYCLE, "group_create", "", partial(self._created, group), number=asked.node
        )
        return {"messaging_product": "whatsapp", "request_id": request_id}

    def _created(self, group: Group) -> tuple[str, Mapping[str, Any]]:
        group.created_at = self._world.now()
        self._world.groups[group.id] = group
        return group.id, {
            "subject": group.subject,
            **({"description": group.description} if group.description else {}),
            "invite_link": group.link,
            "join_approval_mode": MODES[group.approval],
        }

    def _link(self, asked: Asked, group: Group) -> Mapping[str, Any]:
        if asked.method == "POST":
            asked.for_whatsapp()
            self._desk.refuse()
            group.links += 1
            return {"messaging_product": "whatsapp", "invite_link": group.link}
        return {"invite_link": group.link}

    def _change(self, asked: Asked, group: Group) -> Mapping[str, Any]:
        subject = description = None
        picture: Part | None = None
        if plain_mime(asked.content_type) == MULTIPART:
            parts = parts_of(asked.raw, asked.content_type)
            picture = parts.get("file")
            written = {key: plain(parts, key) for key in parts if key != "file"}
            request = Fields(written, "")
            request.word("messaging_product", "whatsapp")
        else:
            request = asked.for_whatsapp("subject", "description")
        request.only("messaging_product", "subject", "description")
        if "subject" in request:
            subject = request.text("subject", longest=SUBJECT_MAX).strip()
        if "description" in request:
            description = request.text("description", longest=DESCRIPTION_MAX, shortest=0)
        if subject is None and description is None and picture is None:
            raise GraphError(BAD, "There is nothing to change: subject, description or file.")
        work = partial(self._changed, group, subject, description, picture)
        request_id = self._desk.take(SETTINGS, "group_settings_update", group.id, work, number=group.number)
        return {"messaging_product": "whatsapp", "request_id": request_id}

    def _changed(
        self, group: Group, subject: str | None, description: str | None, picture: Part | None
    ) -> tuple[str, Mapping[str, Any]]:
        self.known(group.id)
        done: dict[str, Any] = {}
        if picture is not None:
            done["profile_picture"], fault = _pictured(picture)
            if fault:
                done["errors"] = [group_error(131201, "Not everything could be changed.")]
        if subject is not None:
            group.subject = subject
            done["group_subject"] = {"text": subject, "update_successful": True}
        if description is not None:
            group.description = description
            done["group_description"] = {"text": description, "update_successful": True}
        return group.id, done

    def _delete(self, asked: Asked, group: Group) -> Mapping[str, Any]:
        request_id = self._desk.take(
            LIFECYCLE, "group_delete", group.id, partial(self._deleted, group), number=group.number
        )
        return {"messaging_product": "whatsapp", "success": True, "request_id": request_id}

    def _deleted(self, group: Group) -> tuple[str, Mapping[str, Any]]:
        self.known(group.id)
        del self._world.groups[group.id]
        return group.id, {}


def _pictured(picture: Part) -> tuple[dict[str, Any], int]:
    """(what the webhook says of a picture, the code it is refused with or 0)."""
    fault = picture_fault(picture.body) if len(picture.body) <= PICTURE_BYTES_MAX else 131209
    said: dict[str, Any] = {
        "mime_type": plain_mime(picture.mime) or "image/jpeg",
        "sha256": picture_hash(picture.body),
        "update_successful": not fault,
    }
    if fault:
        said["errors"] = [
            group_error(fault, "A picture is a square JPEG of 192 pixels or more, and 5 MB or less.")
        ]
    return said, fault


def group_answer(group: Group, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The fields of a group that `query` asks for; without any only its id. Raises GraphError."""
    everything = {
        "messaging_product": "whatsapp",
        "subject": group.subject,
        "description": group.description,
        "participants": [named(one) for one in group.people],
        "join_approval_mode": MODES[group.approval],
        "suspended": group.suspended,
        "creation_timestamp": group.created_at // clock.SECOND,
        "total_participant_count": len(group.people),
    }
    wanted = [one for part in query.get("fields", []) for one in part.split(",") if one and one != "id"]
    if unknown := [one for one in wanted if one not in everything]:
        raise GraphError(BAD, f"Tried accessing nonexisting field ({unknown[0]}).")
    return {"id": group.id, **{one: everything[one] for one in wanted}}
