"""What a message that was accepted is answered with, in Meta's shape."""

from __future__ import annotations

from typing import Any

from waconsole.whatsapp.sandbox.people import Accepted


def accepted_answer(accepted: Accepted) -> dict[str, Any]:
    """The answer to a message that was accepted."""
    message: dict[str, Any] = {"id": accepted.id}
    contact: dict[str, Any] = {"input": accepted.send.input}
    if accepted.group is not None:
        message["group_id"] = contact["wa_id"] = accepted.group.id
    elif accepted.send.kind == "bsuid":
        contact["user_id"] = accepted.send.to
    else:
        contact["wa_id"] = accepted.send.to
    if accepted.send.type == "template":
        message["message_status"] = accepted.held or "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
