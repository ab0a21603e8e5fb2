"""What an answer of a gateway asks of us, by its HTTP status and what it says of its session. Pure.

WAHA 2026.7.1: 401 for a wrong key, 404 where there is no such session, 422 while the phone is not linked
(with `status` and `expected`), 501 for what its engine cannot do, 500 for whatever WhatsApp or the engine
said no to. Its answers carry no code of WhatsApp's, so a 5xx of a send is never taken for a no.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.whatsapp.classify import UNSENT
from waconsole.whatsapp.driver import Action, Verdict

DETAIL_LENGTH_MAX: Final = 2000
WORKING: Final = "WORKING"
STARTING: Final = "STARTING"
STARTING_SECONDS: Final = 10.0
NOT_LINKED: Final = "The gateway's phone is not linked"
_LINK_ANEW: Final = "`waconsole gateway pair` links it anew."
_WHAT_TO_DO: Final[Mapping[str, str]] = {
    "NONE": "`waconsole gateway start`, then `waconsole gateway pair`.",
    "STOPPED": "`waconsole gateway start` starts it.",
    "STARTING": "it is starting, wait a moment.",
    "SCAN_QR_CODE": _LINK_ANEW,
    "PASSKEY_REQUIRED": "it asks for a passkey: open the gateway's own dashboard.",
    "PASSKEY_CONFIRMATION_REQUIRED": "it waits for a passkey to be confirmed: open the gateway's own dashboard.",
    "FAILED": "WhatsApp or somebody at the phone ended the link, or the number was banned. Look at the phone; if it"
    " works there, `waconsole gateway start`, then `waconsole gateway pair`.",
}
KEY_REFUSED: Final = "the gateway does not take the key: check gateway.api_key."
OVERLIMIT: Final = "rate-overlimit"  # WhatsApp's own word for too many questions about groups
OVERLIMIT_SECONDS: Final = 600.0

_ACTIONS: Final[Mapping[int, Action]] = {
    400: Action.FIX,
    401: Action.STOP,
    403: Action.STOP,
    404: Action.PARK,
    409: Action.PARK,
    413: Action.FIX,
    415: Action.FIX,
    422: Action.FIX,
    429: Action.SLOW,
    501: Action.FIX,
}


def classify(status: int, body: bytes, *, sending: bool) -> Verdict:
    """What became of a request that was answered with `status` and `body`.

    `sending` says that doing it twice would be seen by somebody: then what may have been done is `unknown`.
    """
    if 200 <= status < 300:
        return Verdict("accepted")
    if 300 <= status < 400:
        detail = f"HTTP {status}: the gateway sends us elsewhere, and its key does not go there. Check gateway.base_url."
        return Verdict("refused", action=Action.STOP, detail=detail)
    document = document_of(body)
    said = document if isinstance(document, dict) else {}
    detail = f"HTTP {status}: {_words(said) or 'no word of the gateway.'}"[:DETAIL_LENGTH_MAX]
    state = said.get("status")
    if status == 422 and isinstance(state, str) and state != WORKING:
        waits = state == STARTING
        return Verdict(
            "refused",
            action=Action.RETRY if waits else Action.STOP,
            detail=not_linked(state),
            retry_after_seconds=STARTING_SECONDS if waits else None,
        )
    if status == 401:
        return Verdict("refused", action=Action.STOP, detail=f"HTTP {status}: {KEY_REFUSED}")
    if status == 404 and not document:
        detail = f"HTTP {status}, and it was not a gateway that answered: check gateway.base_url."
        return Verdict("refused", action=Action.STOP, detail=detail)
    if status == 404 and "session" in detail.lower():
        return Verdict("refused", action=Action.STOP, detail=detail)
    if OVERLIMIT in detail and not sending:
        return Verdict("refused", action=Action.SLOW, detail=detail, retry_after_seconds=OVERLIMIT_SECONDS)
    action = _ACTIONS.get(status)
    if action is not None:
        return Verdict("refused", action=action, detail=detail)
    if status < 500 and status != 408:
        return Verdict("refused", action=Action.PARK, detail=detail)
    return _lost(detail) if sending else Verdict("refused", action=Action.RETRY, detail=detail)


def not_linked(state: str) -> str:
    """What it means that the session is in a state in which nothing leaves, and what to do about it."""
    return f"{NOT_LINKED} ({state}): {_WHAT_TO_DO.get(state, '`waconsole gateway status`.')}"


def classify_failure(error: BaseException, *, sending: bool) -> Verdict:
    """What became of a request that was not answered, by httpx's exception; never with a word of the request."""
    names = {kind.__name__ for kind in type(error).__mro__}
    detail = f"The gateway did not answer ({type(error).__name__})."
    if names & UNSENT:
        detail = f"The gateway cannot be reached ({type(error).__name__}): is it running at gateway.base_url?"
        return Verdict("unsent", action=Action.RETRY, detail=detail)
    return _lost(detail) if sending else Verdict("refused", action=Action.RETRY, detail=detail)


def document_of(body: bytes) -> Any:
    """The JSON of an answer; where it is none, its text as it stands (an invite code), None when it is empty."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    text = body[:DETAIL_LENGTH_MAX].decode("utf-8", "replace").strip()
    return text if text and not text.startswith("<") else None


def _words(said: Mapping[str, Any]) -> str:
    """What the gateway says of an error: `message` (a text or several), `error`, or its exception's own words."""
    found: list[str] = []
    exception = said.get("exception")
    inner = exception.get("message") if isinstance(exception, dict) else None
    for part in (said.get("message"), said.get("error"), inner, said.get("details")):
        several = part if isinstance(part, list) else [part]
        found += [one for one in several if isinstance(one, str) and one and one not in found]
    return "; ".join(found)


def _lost(detail: str) -> Verdict:
    return Verdict("unknown", action=Action.UNKNOWN, detail=detail)
