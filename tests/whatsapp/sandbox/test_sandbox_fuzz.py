"""Requests bent at random: each is answered in Meta's shape, and the sandbox lives on."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import MEMBER, NUMBER, WABA, Inside, inside, text_to
from tests.whatsapp.sandbox.test_sandbox_forms import GOOD, request_with
from tests.whatsapp.sandbox.test_sandbox_sending import SIZES, TEMPLATES

ROUNDS = 4000
GROUP = "R1JPVVAtRkFLRS0wMDE"
ASK = {"messaging_product": "whatsapp"}
JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, "", " ", "x", "\ud800", "\x00", "9" * 5000, "²", "１２", 10**400, [], {}, [[]],
    [None], {"a": 1}, [{"a": 1}], ["x"] * 300, {"type": "text"}, "header",
]  # fmt: skip
SENDS = [request_with(changes) for _, changes in GOOD]
SENDS += [text_to(MEMBER) | changes for _, changes, _ in SIZES + TEMPLATES]
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"{NUMBER}/groups", {**ASK, "subject": "x", "description": "y", "join_approval_mode": "auto_approve"}),
    ("POST", GROUP, {**ASK, "subject": "x"}),
    ("POST", f"{GROUP}/join_requests", {**ASK, "join_requests": ["x"]}),
    ("DELETE", f"{GROUP}/participants", {**ASK, "participants": [{"user": "+15550007777"}]}),
    ("POST", f"{NUMBER}/message_qrdls", {"prefilled_message": "x", "generate_qr_image": "SVG"}),
    ("POST", f"{NUMBER}/block_users", {**ASK, "block_users": [{"user": "+15550007777"}]}),
    ("POST", f"{WABA}/subscribed_apps", {"override_callback_uri": "http://127.0.0.1:9/x", "verify_token": "y"}),
    ("POST", f"{WABA}/message_templates", {
        "name": "p", "language": "de", "category": "UTILITY", "parameter_format": "NAMED", "components": [
            {"type": "HEADER", "format": "TEXT", "text": "{{a}}"}, {"type": "BODY", "text": "x {{b}}"},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "u", "url": "https://a/{{1}}"}]},
        ],
    }),
]  # fmt: skip
CONTROLS: list[tuple[str, dict[str, Any]]] = [
    (
        "say",
        {"from": MEMBER, "text": "x", "type": "text", "group": GROUP, "at": 1795165920, "referral": True},
    ),
    ("tap", {"from": MEMBER, "message": "x", "choice": "x"}),
    ("join", {"from": MEMBER, "group": GROUP, "link": "x"}),
    ("renumber", {"from": "+15550006666", "to": "+15550006667"}),
    ("template", {"name": "zz", "status": "PAUSED", "quality": "RED", "components": [{"type": "BODY"}]}),
    ("account", {"quality": "RED", "limit": "TIER_250", "event": "ACCOUNT_VIOLATION"}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in parts:
        yield from places(one, (*path, key))


def bent(value: Any, dice: random.Random) -> Any:
    """The same document with one place taken away, added or replaced."""
    path = dice.choice(list(places(value)))
    if not path:
        return dice.choice(JUNK)
    value = copy.deepcopy(value)
    place = value
    for key in path[:-1]:
        place = place[key]
    throw = dice.random()
    if throw < 0.15 and isinstance(place, dict):
        del place[path[-1]]
    elif throw < 0.25 and isinstance(place, dict):
        place[dice.choice(["extra", "type", "id", ""])] = dice.choice(JUNK)
    else:
        place[path[-1]] = dice.choice(JUNK)
    return value


async def ask(sandbox: Inside, dice: random.Random) -> None:
    throw = dice.random()
    method, path, body = "POST", f"/v26.0/{NUMBER}/messages", dice.choice(SENDS)
    if throw > 0.75:
        name, body = dice.choice(CONTROLS)
        path = f"/_sandbox/{name}"
    elif throw > 0.5:
        method, node, body = dice.choice(CALLS)
        path = f"/v26.0/{node}"
    for _ in range(dice.choice((1, 1, 2, 3))):
        body = bent(body, dice)
    raw = json.dumps(body).encode("ascii")
    headers = {"Content-Type": "application/json"}
    answer = await sandbox.client.request(method, path, content=raw, headers=headers)
    assert answer.status_code < 500, raw
    assert answer.status_code < 300 or answer.json()["error"], raw


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_asked_it_answers_and_lives_on(seed: int) -> None:
    dice = random.Random(seed)
    async with inside({"silent": True, "group_delay_seconds": 0, "template_review_seconds": 0}) as sandbox:
        await sandbox.say(group=GROUP)
        for _ in range(ROUNDS):
            await ask(sandbox, dice)
        sandbox.world.ahead = 0
        await sandbox.faults(silent=True)
        await sandbox.say(sender="+15550008888")
        wamid = await sandbox.send(to="+15550008888")
        await sandbox.until(
            lambda: any(it.get("id") == wamid and it.get("status") == "read" for it in sandbox.told())
        )
