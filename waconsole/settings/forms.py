"""What form a setting's text must have, and how that is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SECRET: Final = "secret"
PORT_MAX: Final = 65535
URL_LENGTH_MAX: Final = 2048
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

WANTED: Final[Mapping[str, str]] = {
    "zone": "a time zone like Europe/Paris",
    "region": "a country's two letters, like FR",
    "url": "an https:// address, or http:// on this machine (127.0.0.1, localhost, ::1)",
    "digits": "its digits in quotes, as WhatsApp shows them",
    "version": "a version of the Graph API like v26.0",
    "host": "a host name or an address like 127.0.0.1",
    "port": f"a port from 1 to {PORT_MAX}",
    SECRET: "a text without line breaks",
}


def fits(form: str, text: str) -> bool:
    """Whether `text` is of a form of `WANTED`."""
    if form == "region":
        return len(text) == 2 and text.isascii() and text.isalpha()
    if form == "zone":
        return _is_zone(text)
    if form == "url":
        return _is_address(text)
    if form == "digits":
        return re.fullmatch(r"[0-9]{1,32}", text) is not None
    if form == "version":
        return re.fullmatch(r"v[0-9]{1,3}\.[0-9]{1,2}", text) is not None
    if form == "host":
        return re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", text) is not None
    return text.isascii() and text.isprintable()


def _is_zone(text: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_address(text: str) -> bool:
    """https to anywhere, http to this machine only: a token never crosses a network in clear."""
    if len(text) > URL_LENGTH_MAX or not text.isascii() or not text.isprintable() or " " in text:
        return False
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or "\\" in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
