"""Requests and answers as WAHA has them: NestJS errors, UTF-8 JSON, bodies read strictly."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Receive, Send

from waconsole import clock
from waconsole.whatsapp.sandbox.asgi import Reply, whole

VERSION: Final = "2026.8.2"
ENVIRONMENT: Final[Mapping[str, Any]] = {
    "version": VERSION, "engine": "GOWS", "tier": "PLUS", "browser": None, "platform": "linux/x64",
    "worker": {"id": None},
}  # fmt: skip
BODY_BYTES_MAX: Final = 64 << 20
TEXT_MAX: Final = 65_536
PAGE_MAX: Final = 10_000
NAMES: Final = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable Entity",
    501: "Not Implemented",
}  # fmt: skip


class WahaError(Exception):
    """A refusal; its document is NestJS's, or for what the engine refuses the one of WAHA's own filter."""

    def __init__(self, http_status: int, message: str, own: Mapping[str, Any] | None = None) -> None:
        """`own` stands for the usual document where it is given."""
        super().__init__(message)
        self.http_status = http_status
        self.message = message
        self._own = own

    def document(self, asked: Asked | None, now: int) -> Mapping[str, Any]:
        """What the body says."""
        if self._own is not None:
            return self._own
        if self.http_status != 500:
            name = NAMES.get(self.http_status, "Error")
            return {"message": self.message, "error": name, "statusCode": self.http_status}
        asking = {} if asked is None else {"path": asked.path, "method": asked.method}
        return {
            "statusCode": 500, "timestamp": clock.iso(now), "version": dict(ENVIRONMENT), "request": asking,
            "exception": {"message": self.message, "name": "Error"},
        }  # fmt: skip


def engine_error(code: int, words: str) -> WahaError:
    """WhatsApp itself refuses something: it comes out of the engine as a 500, whatever the reason."""
    return WahaError(500, f"2 UNKNOWN: info query returned status {code}: {words}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `names` are the parts of the path that stand for something."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    raw: bytes
    accepts: str
    base: str
    names: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The JSON object of the body. Raises WahaError."""
        try:
            found = json.loads(self.raw or b"{}")
        except (ValueError, RecursionError) as error:
            raise WahaError(400, f"Unexpected token in JSON: {error}") from None
        if not isinstance(found, dict):
            raise WahaError(400, "The body must be an object")
        return found

    def first(self, key: str, otherwise: str = "") -> str:
        """The first value of a key in the address."""
        return self.query.get(key, [otherwise])[0]

    def whole(self, key: str, otherwise: int) -> int:
        """A whole number in the address. Raises WahaError."""
        written = self.first(key, str(otherwise))
        if not written.isascii() or not written.isdecimal() or len(written) > 12:
            raise WahaError(400, f"{key} must be a number conforming to the specified constraints")
        return int(written)

    def flag(self, key: str) -> bool | None:
        """True or false in the address; None when it is left out."""
        written = self.first(key)
        return {"true": True, "1": True, "false": False, "0": False}.get(written.lower())

    def page(self, rows: list[Any]) -> list[Any]:
        """The rows that `limit` and `offset` ask for."""
        offset = self.whole("offset", 0)
        return rows[offset : offset + self.whole("limit", PAGE_MAX)]


Act = Callable[[Asked], Any]
Route = tuple[str, str, int, Act]  # method, pattern under /api/, status of a good answer, what is done


def text(document: Mapping[str, Any], key: str, *, needed: bool = True, empty: bool = False) -> str:
    """A text of a body; empty when it may be left out and is. Raises WahaError."""
    value = document.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not (value or empty or not needed) or len(value) > TEXT_MAX:
        raise WahaError(400, f"{key} must be a string")
    return value


def flag(document: Mapping[str, Any], key: str) -> bool:
    """True or false of a body. Raises WahaError."""
    value = document.get(key)
    if not isinstance(value, bool):
        raise WahaError(400, f"{key} must be a boolean value")
    return value


def texts(document: Mapping[str, Any], key: str, most: int) -> tuple[str, ...]:
    """A list of texts of a body; none when it is left out. Raises WahaError."""
    value = document.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
        raise WahaError(400, f"each value in {key} must be a string")
    return tuple(value)


def attached(document: Mapping[str, Any], otherwise: str) -> tuple[str, str, bytes]:
    """(name, MIME type, bytes) of `file`; what lies behind a link is not fetched. Raises WahaError."""
    file = document.get("file")
    if not isinstance(file, dict):
        raise WahaError(400, "file must be an object")
    mime = text(file, "mimetype", needed=False) or otherwise
    name = text(file, "filename", needed=False)
    if "url" in file:
        url = text(file, "url")
        if not url.startswith(("http://", "https://")):
            raise WahaError(400, "file.url must be a URL address")
        return name, mime, url.encode("utf-8")
    data = file.get("data")
    if not isinstance(data, str) or not data:
        raise WahaError(400, "file.data must be a string")
    try:
        return name, mime, base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise WahaError(400, "file.data must be base64 encoded") from None


def as_json(document: object) -> bytes:
    """JSON as WAHA writes it: UTF-8, no escapes but what must be."""
    words = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return words.encode("utf-8", "surrogatepass")


async def body_of(receive: Receive) -> bytes:
    """The whole body. Raises WahaError when it is too large, Cut when the other side has gone."""
    return await whole(receive, BODY_BYTES_MAX, WahaError(413, "request entity too large"))


async def answer(send: Send, http_status: int, found: Any) -> None:
    """Answer with a document, with bytes, or with nothing (None)."""
    kind, body = "application/json; charset=utf-8", b""
    if isinstance(found, Reply):
        http_status = found.http_status if found.http_status != 200 else http_status
        body, kind = found.body or b"", found.content_type
    elif found is not None:
        body = as_json(found)
    headers = [(b"content-length", str(len(body)).encode("ascii"))]
    if body:
        headers.append((b"content-type", kind.encode("latin-1", "replace")))
    await send({"type": "http.response.start", "status": http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
