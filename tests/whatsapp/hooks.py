"""Webhook bodies as WhatsApp would post them; every name, number and id is invented."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

NUMBER: Final = "100000000000001"
WABA: Final = "200000000000002"
AT: Final = 1_790_000_000
SECOND: Final = 1_000_000
ANA: Final = {"profile": {"name": "Ana"}, "wa_id": "15550001111", "user_id": "US.90000000000000001"}


def value_of(**parts: Any) -> dict[str, Any]:
    """The value of a change: our number and what is given."""
    metadata = {"display_phone_number": "15550009999", "phone_number_id": NUMBER}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def envelope(*values: dict[str, Any], field: str = "messages") -> bytes:
    """A body with one change for each value."""
    changes = [{"field": field, "value": value} for value in values]
    entry = {"id": WABA, "time": AT, "changes": changes}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def text_message(wamid: str = "wamid.FAKE0002", text: str = "hi", **more: Any) -> dict[str, Any]:
    """A text of Ana's."""
    return {
        "from": "15550001111",
        "from_user_id": "US.90000000000000001",
        "id": wamid,
        "timestamp": str(AT),
        "type": "text",
        "text": {"body": text},
        **more,
    }


def signature(body: bytes, secret: str) -> str:
    """What stands in X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
