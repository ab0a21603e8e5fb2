"""The paths of files: upload, look up, fetch, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import MULTIPART, Asked, Reply
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD
from waconsole.whatsapp.sandbox.files import check_upload, plain_mime
from waconsole.whatsapp.sandbox.multipart import parts_of, plain
from waconsole.whatsapp.sandbox.world import World


class MediaPaths:
    """Files of our numbers: the account's."""

    def __init__(self, world: World) -> None:
        """The files are the world's."""
        self._world = world

    def answer(self, asked: Asked) -> Mapping[str, Any] | Reply | None:
        """What a path of files answers; None when it is none. Raises GraphError."""
        world = self._world
        if asked.node in world.account.numbers:
            return self._upload(asked) if asked.edge == "media" and asked.method == "POST" else None
        if asked.edge or asked.node not in world.files or asked.method not in ("GET", "DELETE"):
            return None
        number = asked.first("phone_number_id")
        kept = world.files.find(asked.node, world.now())
        if kept is None or (number and number not in world.account.numbers):
            return None
        if asked.method == "DELETE":
            world.files.delete(kept.id)
            return {"success": True}
        until = world.now() + round(world.faults.dials.media_url_seconds * clock.SECOND)
        return {
            "messaging_product": "whatsapp",
            "url": world.files.address(kept, asked.base, until),
            "mime_type": kept.mime,
            "sha256": kept.digest.hex(),
            "file_size": len(kept.body),
            "id": kept.id,
        }

    def _upload(self, asked: Asked) -> Mapping[str, Any]:
        if plain_mime(asked.content_type) != MULTIPART:
            raise GraphError(BAD, "The parameter file is required.")
        parts = parts_of(asked.raw, asked.content_type)
        for name in parts:
            if name not in ("messaging_product", "file", "type", "ttl_minutes"):
                raise GraphError(BAD, f'Unexpected key "{name}".')
        if plain(parts, "messaging_product") != "whatsapp":
            raise GraphError(BAD, "The parameter messaging_product is required.")
        file = parts.get("file")
        if file is None or not file.filename:
            raise GraphError(BAD, "The parameter file is required.")
        mime = file.mime or plain(parts, "type")
        said = plain_mime(plain(parts, "type"))
        if "/" not in mime or ("/" in said and said != plain_mime(mime)):
            raise GraphError(BAD, "Param type must be the MIME type of the file.")
        check_upload(mime, file.body)
        return {"id": self._world.files.add_ours(mime, file.body, self._world.now()).id}

    def fetch(self, asked: Asked) -> Reply:
        """The bytes behind an address; 404 when it is too old or was never given."""
        world = self._world
        kept = world.files.behind(asked.first("mid"), asked.first("ext"), asked.first("hash"), world.now())
        if kept is None or world.faults.hits("media_gone"):
            return Reply(http_status=404, body=b"", content_type="text/plain")
        body = kept.body
        if world.faults.hits("media_spoiled"):
            body = body[:-1] + bytes([body[-1] ^ 1])
        return Reply(body=body, content_type=kept.mime)
