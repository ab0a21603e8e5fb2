"""Short links with a text: `message_qrdls`. The picture behind `qr_image_url` is not drawn."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD
from waconsole.whatsapp.sandbox.paging import PAGE, page
from waconsole.whatsapp.sandbox.world import World

CODES_MAX: Final = 2000
TEXT_MAX: Final = 140
CODE_LENGTH: Final = 14

_IMAGE: Final = re.compile(r"qr_image_url(?:\.format\((SVG|PNG)\))?")


class QrPaths:
    """The short links of our numbers."""

    def __init__(self, world: World) -> None:
        """There are none yet."""
        self._world = world
        self._all: dict[str, dict[str, str]] = {}
        self._made = 0

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of short links answers; None when it is none. Raises GraphError."""
        edge, _, code = asked.edge.partition("/")
        if asked.node not in self._world.account.numbers or edge != "message_qrdls":
            return None
        texts = self._all.setdefault(asked.node, {})
        if not code:
            return {"GET": self._list, "POST": self._write}.get(asked.method, lambda _: None)(asked)
        if asked.method not in ("GET", "DELETE") or code not in texts:
            return None
        if asked.method == "GET":
            return {"data": [self._shown(code, asked)]}
        del texts[code]
        return {"success": True}

    def _write(self, asked: Asked) -> Mapping[str, Any]:
        request, texts = asked.document(), self._all[asked.node]
        request.only("messaging_product", "prefilled_message", "generate_qr_image", "code")
        text = request.text("prefilled_message", longest=TEXT_MAX)
        picture = request.word("generate_qr_image", "SVG", "PNG", required=False)
        code = request.text("code", longest=CODE_LENGTH, required=False)
        if code and code not in texts:
            raise GraphError(BAD, f"There is no code {code}.")
        if not code:
            if len(texts) >= CODES_MAX:
                raise GraphError(BAD, f"The number has {CODES_MAX} codes: delete some first.")
            self._made += 1
            raw = base64.b32encode(ids.dice("qr", self._world.seed, self._made))
            code = raw.decode("ascii")[:CODE_LENGTH]
        texts[code] = text
        return self._row(code, asked, picture)

    def _list(self, asked: Asked) -> Mapping[str, Any]:
        only = asked.first("code")
        codes = [one for one in self._all[asked.node] if only in ("", one)]
        rows, paging = page(asked, codes, lambda one: one, most=PAGE, clamps=True)
        return {"data": [self._shown(one, asked) for one in rows], "paging": paging}

    def _shown(self, code: str, asked: Asked) -> dict[str, Any]:
        pictures = [found for part in asked.query.get("fields", []) for found in _IMAGE.finditer(part)]
        return self._row(code, asked, (pictures[0][1] or "SVG") if pictures else "")

    def _row(self, code: str, asked: Asked, picture: str) -> dict[str, Any]:
        row = {
            "code": code,
            "prefilled_message": self._all[asked.node][code],
            "deep_link_url": f"https://wa.me/message/{code}",
        }
        return row | ({"qr_image_url": f"{asked.base}/qr/{code}.{picture.lower()}"} if picture else {})
