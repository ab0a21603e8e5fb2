"""The paths of the Graph API: who may ask, what is asked, and the answer in Meta's own shape.

A plain ASGI application: a fault may cut the connection, and every request of a speed trial counts.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.types import Receive, Scope, Send

from waconsole import clock
from waconsole.settings.forms import LOOPBACK
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.answers import accepted_answer, group_answer, invite_link
from waconsole.whatsapp.sandbox.asgi import Cut, Hang, ServerError, body_of_request, cut, gone, respond
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.courier import Courier
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.forms import ReadMark, document_of, read_form
from waconsole.whatsapp.sandbox.members import Members
from waconsole.whatsapp.sandbox.pace import Pace
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.world import World

VERSIONS: Final = range(21, 27)  # v20.0 ended on 2026-09-24
PAGE: Final = 25
PAGE_MAX: Final = 1024

_VERSION: Final = re.compile(r"v([0-9]{1,3})\.0")
_NO_TOKEN: Final = "Invalid OAuth access token - Cannot parse access token"


class Graph:
    """The Graph API over a world."""

    def __init__(
        self, world: World, faults: Faults, teller: Teller, members: Members, courier: Courier
    ) -> None:
        """All of them are shared with the controls."""
        self._world = world
        self._faults = faults
        self._teller = teller
        self._members = members
        self._courier = courier
        self._pace = Pace()
        self._asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        self._asked += 1
        trace = ids.trace(self._world.seed, self._asked)
        try:
            raw = await body_of_request(receive)
            if self._faults.dials.latency_seconds:
                await asyncio.sleep(self._faults.dials.latency_seconds)
            document = await self._answered(scope, headers, raw)
            await respond(send, 200, document)
        except (GraphError, ServerError) as error:
            await respond(send, error.http_status, error.document(trace))
        except Hang:
            await gone(receive)
        except Cut:
            await cut(send)

    async def _answered(self, scope: Scope, headers: Mapping[bytes, str], raw: bytes) -> dict[str, Any]:
        version, *rest = [part for part in scope["path"].split("/") if part] or [""]
        found = _VERSION.fullmatch(version)
        if found is None or int(found[1]) not in VERSIONS:
            raise GraphError(2500, f"Unknown path components: {scope['path']}")
        self._admit(headers)
        if not rest:
            raise GraphError(2500, f"Unknown path components: {scope['path']}")
        node, edge, method = rest[0], "/".join(rest[1:]), scope["method"]
        query = parse_qs(scope["query_string"].decode("latin-1"))
        account = self._world.account
        if node == account.phone_number_id and edge == "messages" and method == "POST":
            return self._messages(raw, headers.get(b"content-type", ""))
        if node == account.phone_number_id and method == "GET" and edge in ("", "groups"):
            return self._groups(query) if edge else self._number()
        if node == account.waba_id and edge == "subscribed_apps":
            return await self._subscribed_apps(method, raw, headers.get(b"content-type", ""))
        if node == account.waba_id and edge in ("", "phone_numbers") and method == "GET":
            return {"data": [self._number()]} if edge else {"id": node, "name": account.name}
        if node in self._world.groups and method == "GET" and edge in ("", "invite_link"):
            group = self._world.groups[node]
            return invite_link(group) if edge else group_answer(group, query)
        raise GraphError(
            100, f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be "
            "loaded due to missing permissions, or does not support this operation.",
            by_graph=True, subcode=33,
        )  # fmt: skip

    def _admit(self, headers: Mapping[bytes, str]) -> None:
        scheme, _, token = headers.get(b"authorization", "").partition(" ")
        wanted = self._world.account.token  # a traceback with variables must not show it
        if scheme.lower() != "bearer" or not token.strip():
            raise GraphError(190, "An access token is required to request this resource.")
        given = token.strip().encode("latin-1")
        if wanted and not hmac.compare_digest(given, wanted.reveal().encode("utf-8")):
            raise GraphError(190, _NO_TOKEN)

    # -- sending

    def _messages(self, raw: bytes, content_type: str) -> dict[str, Any]:
        try:
            form = read_form(raw, content_type, country=self._world.account.country)
            if isinstance(form, ReadMark):
                return self._mark_read(form)
            recipient = "+" + form.to if form.kind == "phone" else form.to
            self._pace.check(recipient, self._faults.dials)
            if (code := self._faults.refusal(recipient)) is not None:
                raise GraphError(code, "As the dial says.")
            self._before()
            accepted = self._world.accept(form)
        except GraphError as error:
            self._world.refused[error.code] = self._world.refused.get(error.code, 0) + 1
            raise
        self._teller.accepted(accepted, heard=self._members.hear)
        self._after()
        return accepted_answer(accepted)

    def _before(self) -> None:
        if self._faults.hits("drop_before"):
            raise Cut
        if self._faults.hits("server_error_before"):
            raise ServerError(self._faults.dials.server_error_status)

    def _after(self) -> None:
        if self._faults.hits("drop_after"):
            raise Cut
        if self._faults.hits("hang_after"):
            raise Hang
        if self._faults.hits("server_error_after"):
            raise ServerError(self._faults.dials.server_error_status)

    def _mark_read(self, mark: ReadMark) -> dict[str, Any]:
        self._world.mark(mark.message_id, typing=mark.typing)
        return {"success": True}

    # -- everything else

    def _number(self) -> dict[str, Any]:
        account = self._world.account
        return {
            "id": account.phone_number_id,
            "verified_name": account.name,
            "display_phone_number": f"+{account.phone}",
            "quality_rating": "GREEN",
            "code_verification_status": "VERIFIED",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "is_official_business_account": True,
        }

    async def _subscribed_apps(self, method: str, raw: bytes, content_type: str) -> dict[str, Any]:
        if method == "GET":
            app = {"name": "waconsole", "id": "700000000000007"}
            return {"data": [{"whatsapp_business_api_data": app, "override_callback_uri": self._courier.url}]}
        if method != "POST":
            raise GraphError(100, f"Unsupported {method.lower()} request.", by_graph=True, subcode=33)
        if not raw:
            return {"success": True}
        wanted = document_of(raw, content_type)
        wanted.only("override_callback_uri", "verify_token")
        url = wanted.text("override_callback_uri", longest=2048)
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise GraphError(100, "Param override_callback_uri must be an https URL.")
        token = wanted.text("verify_token", longest=1024)
        challenge = str(int.from_bytes(ids.dice(self._world.seed, "challenge", self._asked)[:4], "big"))
        wrong = await self._courier.handshake(url, token, challenge)
        if wrong is not None:
            raise GraphError(2200, f"(#2200) Callback verification failed with the following errors: {wrong}")
        self._courier.subscribe(url)
        return {"success": True}

    def _groups(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        try:
            limit = int(query.get("limit", [str(PAGE)])[0])
        except ValueError:
            limit = 0
        if not 1 <= limit <= PAGE_MAX:
            raise GraphError(100, f"Param limit must be a number from 1 to {PAGE_MAX}.")
        groups = list(self._world.groups.values())
        after = query.get("after", [""])[0]
        start = next((place + 1 for place, one in enumerate(groups) if one.id == after), 0)
        rows = [
            {"id": one.id, "subject": one.subject, "created_at": str(one.created_at // clock.SECOND)}
            for one in groups[start : start + limit]
        ]
        cursors = {"before": rows[0]["id"], "after": rows[-1]["id"]} if rows else {}
        return {"data": {"groups": rows}, "paging": {"cursors": cursors}}
