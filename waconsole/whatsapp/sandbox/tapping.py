"""What comes back when somebody taps on a message of ours: a button, a row of a list, a quick reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.admission import components_of
from waconsole.whatsapp.sandbox.people import Accepted


def tapped(message: Accepted, choice: str) -> tuple[str, dict[str, Any]]:
    """(type, body) of the answer; `choice` is an id, a payload, a title or the words of a button. Raises Refused."""
    choices = _choices(message)
    for said, kind, body in choices:
        if choice in said:
            return kind, body
    if not choices:
        raise Refused("That message has nothing to tap on.")
    raise Refused(f"choice is one of {', '.join(said[0] for said, _, _ in choices)}.")


def _choices(message: Accepted) -> list[tuple[tuple[str, ...], str, dict[str, Any]]]:
    body = message.send.body
    if message.send.type == "template":
        return _quick_replies(message)
    if message.send.type != "interactive" or not isinstance(body, Mapping):
        return []
    action = body["action"]
    if body["type"] == "button":
        replies = [one["reply"] for one in action["buttons"]]
        return [((it["id"], it["title"]), "interactive", _reply("button_reply", it)) for it in replies]
    if body["type"] == "list":
        rows = [row for section in action["sections"] for row in section["rows"]]
        return [((it["id"], it["title"]), "interactive", _reply("list_reply", it)) for it in rows]
    return []


def _reply(kind: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, kind: dict(chosen)}


def _quick_replies(message: Accepted) -> list[tuple[tuple[str, ...], str, dict[str, Any]]]:
    payloads = {
        int(one["index"]): one["parameters"][0]["payload"]
        for one in components_of(message.send)
        if one["type"] == "button" and one["sub_type"] == "quick_reply" and one.get("parameters")
    }
    found: list[tuple[tuple[str, ...], str, dict[str, Any]]] = []
    for index, button in enumerate(message.template.buttons if message.template else ()):
        if str(button.get("type", "")).upper() == "QUICK_REPLY":
            words = str(button.get("text", ""))
            payload = payloads.get(index, words)
            found.append(((payload, words), "button", {"payload": payload, "text": words}))
    return found
