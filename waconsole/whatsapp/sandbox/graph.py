"""The paths of the Graph API: who may ask, what is asked, and the answer in Meta's own shape.

A plain ASGI application: a fault may cut the connection, and every request of a speed trial counts.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from waconsole.whatsapp.sandbox import files, ids
from waconsole.whatsapp.sandbox.account_paths import AccountPaths
from waconsole.whatsapp.sandbox.answers import accepted_answer
from waconsole.whatsapp.sandbox.asgi import (
    Asked,
    Cut,
    Hang,
    Reply,
    ServerError,
    body_of_request,
    cut,
    gone,
    reply,
    respond,
)  # fmt: skip
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.faults import Faults
from waconsole.whatsapp.sandbox.forms import ReadMark, read_form
from waconsole.whatsapp.sandbox.media import MediaPaths
from waconsole.whatsapp.sandbox.members import Members
from waconsole.whatsapp.sandbox.pace import Pace
from waconsole.whatsapp.sandbox.record import Record
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.world import World

VERSIONS: Final = range(21, 27)  # v20.0 ended on 2026-09-24

_VERSION: Final = re.compile(r"v([0-9]{1,3})\.0")
_NO_TOKEN: Final = "Invalid OAuth access token - Cannot parse access token"

Answer = Mapping[str, Any] | Reply
Path = Callable[[Asked], Answer | None]


class Graph:
    """The Graph API over a world."""

    def __init__(
        self, world: World, faults: Faults, teller: Teller, members: Members, record: Record,
        *, account: AccountPaths, media: MediaPaths, paths: Sequence[Path],
    ) -> None:  # fmt: skip
        """All of them are shared with the controls; the first of `paths` that answers does."""
        self._world = world
        self._faults = faults
        self._teller = teller
        self._members = members
        self._record = record
        self._account = account
        self._media = media
        self._paths = paths
        self._pace = Pace()  # of calls beside sending
        self._paces: dict[str, Pace] = {}  # of each number
        self._asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        self._asked += 1
        trace = ids.trace(self._world.seed, self._asked)
        try:
            raw = await body_of_request(receive, scope)
            if latency := self._faults.latency():
                await asyncio.sleep(latency)
            await reply(send, await self._answered(scope, headers, raw))
        except (GraphError, ServerError) as error:
            await respond(send, error.http_status, error.document(trace))
        except Hang:
            await gone(receive)
        except Cut:
            await cut(send)

    async def _answered(self, scope: Scope, headers: Mapping[bytes, str], raw: bytes) -> Answer:
        is_file = scope["path"] == files.PATH and scope["method"] == "GET"
        version, *rest = [part for part in scope["path"].split("/") if part] or [""]
        found = _VERSION.fullmatch(version)
        if not is_file and (found is None or int(found[1]) not in VERSIONS):
            raise GraphError(2500, f"Unknown path components: {scope['path']}")
        self._admit(headers)
        if not rest:
            raise GraphError(2500, f"Unknown path components: {scope['path']}")
        asked = Asked(
            scope["method"], rest[0], "/".join(rest[1:]), parse_qs(scope["query_string"].decode("latin-1")),
            headers.get(b"content-type", ""), raw, _base(scope, headers, self._world.files.base),
        )  # fmt: skip
        if is_file:
            return self._media.fetch(asked)
        is_number = asked.node in self._world.account.numbers
        if is_number and asked.edge == "messages" and asked.method == "POST":
            return self._messages(asked)
        self._pace.check_call(self._faults.dials)
        answer = await self._other(asked)
        if asked.method != "GET" and self._faults.hits("change_drop_after"):
            raise Cut
        return answer

    async def _other(self, asked: Asked) -> Answer:
        if asked.node == self._world.account.waba_id and asked.edge == "subscribed_apps":
            return await self._account.subscribed_apps(asked)
        for path in self._paths:
            answer = path(asked)
            if answer is not None:
                return answer
        raise GraphError(
            100, f"Unsupported {asked.method.lower()} request. Object with ID '{asked.node}' does not exist, cannot "
            "be loaded due to missing permissions, or does not support this operation.",
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
        if self._faults.dials.token_expired:
            raise GraphError(190, "Error validating access token: Session has expired.")

    # -- sending

    def _messages(self, asked: Asked) -> dict[str, Any]:
        try:
            form = read_form(asked.raw, asked.content_type, country=self._world.account.country)
            if isinstance(form, ReadMark):
                self._world.mark(form.message_id, typing=form.typing)
                return {"success": True}
            if self._faults.dials.account_restricted:
                raise GraphError(368, "The account is restricted.")
            recipient = "+" + form.to if form.kind == "phone" else form.to
            self._paces.setdefault(asked.node, Pace()).check(recipient, self._faults.dials)
            if (code := self._faults.refusal(recipient)) is not None:
                raise GraphError(code, "As the dial says.")
            self._before()
            accepted = self._world.accept(form, asked.node)
        except GraphError as error:
            self._world.refused[error.code] = self._world.refused.get(error.code, 0) + 1
            raise
        self._record.add(accepted)
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


def _base(scope: Scope, headers: Mapping[bytes, str], otherwise: str) -> str:
    """The address we were called by: what leads to a file leads back the same way."""
    host = headers.get(b"host", "")
    return (
        f"{scope.get('scheme', 'http')}://{host}" if re.fullmatch(r"[\w.:\[\]-]{1,255}", host) else otherwise
    )
