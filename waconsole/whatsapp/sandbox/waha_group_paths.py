"""The gateway's paths of groups: which there are, what they are called, their rules and their link."""

from __future__ import annotations

from typing import Any, Final

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Reply
from waconsole.whatsapp.sandbox.picture import jpeg_size
from waconsole.whatsapp.sandbox.waha_cast import GROUP_MAX
from waconsole.whatsapp.sandbox.waha_doors import WahaDoors
from waconsole.whatsapp.sandbox.waha_people import LINK, Circle
from waconsole.whatsapp.sandbox.waha_sessions import Sessions
from waconsole.whatsapp.sandbox.waha_shapes import Shapes, group_info, raw_group
from waconsole.whatsapp.sandbox.waha_teller import WahaTeller
from waconsole.whatsapp.sandbox.waha_wire import (
    Asked,
    Route,
    WahaError,
    attached,
    engine_error,
    flag,
    text,
)
from waconsole.whatsapp.sandbox.waha_world import WahaWorld

SUBJECT_MAX: Final = 100
DESCRIPTION_MAX: Final = 2048
SECURITY: Final = "{session}/groups/{id}/settings/security/"


class WahaGroupPaths:
    """Groups of the linked phone."""

    def __init__(
        self, world: WahaWorld, sessions: Sessions, teller: WahaTeller, shapes: Shapes, doors: WahaDoors
    ) -> None:
        """All of them are shared with the controls."""
        self._world = world
        self._sessions = sessions
        self._teller = teller
        self._shapes = shapes
        self._doors = doors
        self._refreshed: int | None = None

    def routes(self) -> list[Route]:
        """Every path by method and pattern; what stands first is asked first."""
        one = "{session}/groups/{id}"
        return [
            ("GET", "{session}/groups", 200, self._list),
            ("POST", "{session}/groups", 201, self._create),
            ("GET", "{session}/groups/count", 200, self._count),
            ("POST", "{session}/groups/refresh", 200, self._refresh),
            ("GET", "{session}/groups/join-info", 200, self._join_info),
            ("POST", "{session}/groups/join", 200, self._join),
            ("GET", one, 200, lambda asked: self._shaped(self._known(asked))),
            ("DELETE", one, 200, self._delete),
            ("POST", f"{one}/leave", 200, self._leave),
            ("PUT", f"{one}/subject", 200, self._subject),
            ("PUT", f"{one}/description", 200, self._description),
            ("GET", f"{one}/picture", 200, self._picture),
            ("PUT", f"{one}/picture", 200, self._set_picture),
            ("DELETE", f"{one}/picture", 200, self._drop_picture),
            ("GET", f"{one}/invite-code", 200, self._code),
            ("POST", f"{one}/invite-code/revoke", 200, self._revoke),
            ("GET", SECURITY + "messages-admin-only", 200, lambda asked: {"adminsOnly": self._known(asked).announce}),
            ("PUT", SECURITY + "messages-admin-only", 200, self._announce),
            ("GET", SECURITY + "info-admin-only", 200, lambda asked: {"adminsOnly": self._known(asked).locked}),
            ("PUT", SECURITY + "info-admin-only", 200, self._lock),
            ("GET", SECURITY + "membership-approval", 200,
             lambda asked: {"newMembersApprovalRequired": self._known(asked).approval}),
            ("PUT", SECURITY + "membership-approval", 200, self._approval),
            ("GET", SECURITY + "member-add-mode", 200,
             lambda asked: {"membersCanAddNewMember": self._known(asked).adding}),
            ("PUT", SECURITY + "member-add-mode", 200, self._adding),
        ]  # fmt: skip

    # -- finding

    def _known(self, asked: Asked) -> Circle:
        self._sessions.working(asked.names["session"])
        return self._world.group(asked.names["id"])

    def _ruled(self, asked: Asked) -> Circle:
        self._sessions.working(asked.names["session"])
        return self._world.ruled(asked.names["id"])

    def _shaped(self, group: Circle, *, with_people: bool = True) -> dict[str, Any]:
        if self._world.faults.hits("gateway_other_shapes"):
            return group_info(group, with_people=with_people)
        return raw_group(group, with_people=with_people)

    def _list(self, asked: Asked) -> list[dict[str, Any]]:
        self._sessions.working(asked.names["session"])
        excluded = {one for part in asked.query.get("exclude", ()) for one in part.split(",")}
        groups = self._world.ours()
        by = asked.first("sortBy")
        if by:
            groups.sort(
                key=lambda one: one.subject if by == "subject" else one.id,
                reverse=asked.first("sortOrder") == "desc",
            )
        shown = asked.page(groups)
        return [self._shaped(one, with_people="participants" not in excluded) for one in shown]

    def _count(self, asked: Asked) -> dict[str, int]:
        self._sessions.working(asked.names["session"])
        return {"count": len(self._world.ours())}

    def _refresh(self, asked: Asked) -> bool:
        self._sessions.working(asked.names["session"])
        faults, now = self._world.faults, self._world.now()
        pause = round(faults.dials.gateway_refresh_pause_seconds * clock.SECOND)
        if faults.hits("gateway_overlimit") or (
            self._refreshed is not None and now < self._refreshed + pause
        ):
            raise engine_error(429, "rate-overlimit")
        self._refreshed = now
        return True

    # -- coming and going

    def _create(self, asked: Asked) -> dict[str, Any]:
        self._sessions.working(asked.names["session"])
        wanted = asked.document()
        subject = self._short(text(wanted, "name"), SUBJECT_MAX)
        people = wanted.get("participants", [])
        if not isinstance(people, list) or len(people) >= GROUP_MAX:
            raise WahaError(400, "participants must be an array")
        found = [self._world.person(text(one, "id")) for one in people if isinstance(one, dict)]
        group = self._world.create(subject)
        for one in found:
            group.roles.setdefault(one, "participant")
        self._teller.entered(group)
        return self._shaped(group)

    def _delete(self, asked: Asked) -> None:
        self._known(asked)
        raise WahaError(501, "The method is not implemented by the engine.")

    def _leave(self, asked: Asked) -> None:
        self._doors.leave(self._known(asked), self._world.us)

    def _join_info(self, asked: Asked) -> dict[str, Any]:
        self._sessions.working(asked.names["session"])
        group = self._world.behind(asked.first("code"))
        if group is None:
            raise engine_error(406, "not-acceptable")
        return self._shaped(group, with_people=False)

    def _join(self, asked: Asked) -> dict[str, str]:
        self._sessions.working(asked.names["session"])
        group = self._world.behind(text(asked.document(), "code"))
        if group is None:
            raise engine_error(406, "not-acceptable")
        if self._world.us not in group.roles:
            self._doors.follow(group, self._world.us, "invite_link")
        return {"id": group.id}

    # -- what a group is called

    def _may_describe(self, asked: Asked) -> Circle:
        group = self._known(asked)
        if group.locked and not group.is_admin(self._world.us):
            raise engine_error(403, "forbidden")
        return group

    def _short(self, said: str, most: int) -> str:
        if not said.strip():
            raise WahaError(400, "GOWS does not support empty group subject.")
        if len(said) > most:
            raise engine_error(406, "not-acceptable")
        return said

    def _subject(self, asked: Asked) -> None:
        group = self._may_describe(asked)
        group.subject = self._short(text(asked.document(), "subject", empty=True), SUBJECT_MAX)
        self._teller.changed(group, subject=group.subject)

    def _description(self, asked: Asked) -> None:
        group = self._may_describe(asked)
        group.description = self._short(text(asked.document(), "description", empty=True), DESCRIPTION_MAX)
        self._teller.changed(group, description=group.description)

    def _picture(self, asked: Asked) -> dict[str, str | None]:
        group = self._known(asked)
        url = f"{self._shapes.base}/api/files/default/{group.id.partition('@')[0]}.jpeg"
        return {"url": url if group.picture else None}

    def _set_picture(self, asked: Asked) -> dict[str, bool]:
        group = self._may_describe(asked)
        document = asked.document()
        _, _, body = attached(document, "image/jpeg")
        if "url" not in document["file"] and jpeg_size(body) is None:
            raise engine_error(406, "not-acceptable")
        group.picture = body
        return {"success": True}

    def _drop_picture(self, asked: Asked) -> dict[str, bool]:
        self._may_describe(asked).picture = b""
        return {"success": True}

    # -- the link

    def _said(self, group: Circle) -> str | Reply:
        """The code; as the engine has it the whole link, and as plain text."""
        if self._world.faults.hits("gateway_other_shapes"):
            return Reply(body=(LINK + group.code).encode("ascii"), content_type="text/html; charset=utf-8")
        return group.code

    def _code(self, asked: Asked) -> str | Reply:
        return self._said(self._ruled(asked))

    def _revoke(self, asked: Asked) -> str | Reply:
        group = self._ruled(asked)
        group.links += 1
        self._teller.changed(group, invite=LINK + group.code)
        return self._said(group)

    # -- its rules

    def _announce(self, asked: Asked) -> None:
        group = self._ruled(asked)
        group.announce = flag(asked.document(), "adminsOnly")
        self._teller.changed(group, membersCanSendMessages=not group.announce)

    def _lock(self, asked: Asked) -> None:
        group = self._ruled(asked)
        group.locked = flag(asked.document(), "adminsOnly")  # nothing tells of it: the engine does not either

    def _approval(self, asked: Asked) -> None:
        group = self._ruled(asked)
        group.approval = flag(asked.document(), "newMembersApprovalRequired")
        self._teller.changed(group, newMembersApprovalRequired=group.approval)

    def _adding(self, asked: Asked) -> None:
        self._ruled(asked).adding = flag(asked.document(), "membersCanAddNewMember")
