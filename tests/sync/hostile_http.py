"""Requests nobody honest would send to the receiver, made from a seed: what they are, and what may be answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.sync.webhooks import SECRET, body, message, signature, text
from waconsole.whatsapp.webhook import BODY_BYTES_MAX

GATEWAY_KEY: Final = "gwhmac0123456789"
ANSWERS: Final = frozenset({200, 400, 401, 403, 404, 405, 408, 411, 413, 414, 421, 431, 501})
DEEP: Final = 100_000
WORDS: Final = (
    "",
    "0",
    "-1",
    "²",
    "1e3",
    "9" * 40,
    "sha256=",
    "\x00",
    "é",
    "\x7f",
    "%ud800",
    "a, b",
    "x" * 9_000,
)
NAMES: Final = (
    "content-length", "content-type", "content-encoding", "transfer-encoding", "expect", "host", "cookie", "range",
    "x-hub-signature-256", "x-hub-signature", "x-webhook-hmac", "x-webhook-hmac-algorithm", "forwarded",
    "x-forwarded-for", "upgrade", "te", "authorization", "x-" + "n" * 300,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """One request; `parts` are its body as it trickles in."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    parts: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.parts)


def gateway_signature(content: bytes) -> str:
    """What a gateway signs with."""
    return hmac.new(GATEWAY_KEY.encode(), content, hashlib.sha512).hexdigest()


def contents(dice: random.Random, place: int) -> bytes:
    """A body: from a good webhook to bytes that are nothing at all."""
    good = body(messages=[text(f"wamid.{place}", "hello")])
    odd = "\x00 \ud800 \u202e \x1b]52;c;AAAA\x07"
    return dice.choice(
        (
            good,
            good[: dice.randrange(len(good))],
            good.replace(b'"messages"', b'"messages": [1], "messages"', 1),
            good + good,
            b"\xef\xbb\xbf" + good,
            good.decode().encode("utf-16"),
            body(messages=[text(f"wamid.{place}\ud800", odd), message(odd, odd, {odd: odd}), {}, None, [], 7]),
            json.dumps({"entry": [{"changes": [{"field": odd, "value": {odd: [odd]}}]}]}).encode(),
            json.dumps({"event": "message.any", "session": odd, "payload": {"id": odd, "from": odd}}).encode(),
            b"[" * DEEP,
            b'{"entry":' * DEEP,
            b'{"entry":[{"changes":[{"field":"messages","value":{"messages":[' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"]}}]}]}",
            b'{"entry":[' + b"9" * 5_000 + b"]}",
            b'{"entry":[1e999, -0, NaN]}',
            b"",
            dice.randbytes(dice.randrange(1, 400)),
        )
    )  # fmt: skip


def request(dice: random.Random, place: int) -> Sent:
    """The request of that place; about half are signed as they should be."""
    content = contents(dice, place)
    path = dice.choice(
        ("/webhook", "/webhook", "/webhook", "/gateway", "/gateway", "/health", "/metrics", "/../x")
    )
    path += dice.choice(("", "", "", "?hub.mode=subscribe&hub.verify_token=%ff%00&hub.challenge=1", "?%%%=%"))
    headers: list[tuple[str, str]] = []
    if dice.random() < 0.6:
        headers.append(("x-hub-signature-256", signature(content, SECRET)))
        headers.append(("x-webhook-hmac", gateway_signature(content)))
    for _ in range(dice.randrange(4)):
        headers.append(
            (dice.choice(NAMES), dice.choice((*WORDS, signature(content).upper(), signature(content)[7:])))
        )
    dice.shuffle(headers)
    cuts = sorted(dice.randrange(len(content) + 1) for _ in range(dice.randrange(4)))
    edges = [0, *cuts, len(content)]
    parts = tuple(content[a:b] for a, b in pairwise(edges))
    method = dice.choice(("POST", "POST", "POST", "POST", "GET", "HEAD", "PUT", "OPTIONS"))
    return Sent(method, path, tuple(headers), parts)


def of_size(size: int) -> bytes:
    """A good webhook of exactly so many bytes."""
    content = body(messages=[text(f"wamid.size.{size}", "long")])
    return content + b" " * (size - len(content))


LARGEST: Final = BODY_BYTES_MAX
