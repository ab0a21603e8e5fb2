"""What an answer of the Cloud API asks of us: one table for answers, statuses and webhook errors.

The codes and what to do about them: Meta's error code page (2025-10-31) and Groups API pages
(2026-05-21). Decide on the code, never on the HTTP status (throttling comes as 400) or a title.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from waconsole.whatsapp.driver import Action, Verdict

if TYPE_CHECKING:
    from waconsole.whatsapp.shapes import ErrorShape

MINUTE: Final = 60.0
DAY: Final = 86_400.0
DETAIL_LENGTH_MAX: Final = 2000
WAMID_LENGTH_MAX: Final = 512
# `message_status` of a template that WhatsApp has taken and does not deliver yet: it looks at the first reactions.
HELD: Final = frozenset({"held_for_quality_assessment", "paused"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What an error code asks for.

    `campaign`: what is being sent to many must stop too. `wait_seconds`: not before that.
    """

    action: Action
    campaign: bool = False
    wait_seconds: float | None = None


_FIX, _PARK, _STOP, _SLOW = (Rule(it) for it in (Action.FIX, Action.PARK, Action.STOP, Action.SLOW))
_UNKNOWN, _RETRY, _SUPPRESS = (Rule(it) for it in (Action.UNKNOWN, Action.RETRY, Action.SUPPRESS))
_CAMPAIGN: Final = Rule(Action.PARK, campaign=True)
_CAMPAIGN_FIX: Final = Rule(Action.FIX, campaign=True)

RULES: Final[Mapping[int, Rule]] = {
    # the token and what it may do
    **dict.fromkeys((0, 190, 3, 10, 131005, *range(200, 300)), _STOP),
    # it may have been sent
    **dict.fromkeys((1, 2, 131016, 133004, 131000), _UNKNOWN),
    # too fast
    **dict.fromkeys((4, 80007, 130429, 131208), _SLOW),
    131056: Rule(Action.PAIR),
    131048: Rule(Action.STOP, campaign=True),  # quality: every further message makes it worse
    131064: _CAMPAIGN,
    131057: Rule(Action.RETRY, wait_seconds=MINUTE),  # the number is being moved to a higher rate
    # the account, its money, its number
    **dict.fromkeys((368, 131031, 131042, 131044, 131037, 131045, 133010), _STOP),
    133016: _PARK,
    130497: Rule(Action.SUPPRESS, campaign=True),  # this country is not allowed
    # the person
    **dict.fromkeys((131026, 130472, 130403, 131062, 137000), _PARK),
    131047: Rule(Action.TEMPLATE),
    131049: Rule(Action.SUPPRESS, wait_seconds=DAY),  # of marketing, for a day
    131050: _SUPPRESS,
    # the request itself
    **dict.fromkeys((131021, 131030, 33, 100, 131008, 131009, 135000, 131051, 131053), _FIX),
    131052: _PARK,
    # templates, campaigns, forms
    **dict.fromkeys((132000, 132012, 132018), _CAMPAIGN_FIX),
    **dict.fromkeys(
        (131063, 131055, 134100, 132001, 132005, 132007, 132015, 132016, 132068, 132069), _CAMPAIGN
    ),
    134101: Rule(Action.RETRY, wait_seconds=10 * MINUTE),  # a template is still on its way
    # the block list: an outcome for each person
    **dict.fromkeys(range(139100, 139104), _PARK),
    # groups: nobody else in it, not known, partly done, terms, suspended, gone, not allowed …
    **dict.fromkeys((131020, 131041, 131201, 131203, 131207, 131211, 131212, 131213, 131214, 131215), _PARK),
    **dict.fromkeys((131202, 131204, 131209, 131210), _FIX),
    131059: _RETRY,  # a page's place has expired: from the first page again
}

# httpx's failures by name. Before the request left, it may go again; after that nobody knows.
UNSENT: Final = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "InvalidURL"}
)


def rule_of(code: int | None) -> Rule:
    """What a code in a status, a message or a webhook's own errors asks for: there, what may have been is decided."""
    rule = RULES.get(code) if code is not None else None
    return rule if rule and rule.action is not Action.UNKNOWN else _PARK


def action_of(code: int | None) -> Action:
    """The action of `rule_of`."""
    return rule_of(code).action


def classify(status: int, body: bytes, *, sending: bool = True, wants_id: bool | None = None) -> Verdict:
    """What became of a request that was answered with the HTTP `status` and `body`.

    `sending` says that doing it twice would be seen by somebody: then a failure on WhatsApp's side
    is `unknown`. Else it is refused and may go again. `wants_id`: a yes must name a message (as `sending`, if not said).
    """
    document = object_of(body)
    error = _error(document.get("error"))
    if error is not None:
        return _refused(status, error, sending)
    if 200 <= status < 300:
        return _accepted(status, document, sending if wants_id is None else wants_id)
    if status >= 500 or status == 408:
        detail = f"HTTP {status}, without a word of WhatsApp's."
        return _lost(detail) if sending else Verdict("refused", action=Action.RETRY, detail=detail)
    if status == 429:
        return Verdict("refused", action=Action.SLOW, detail="HTTP 429: too many requests.")
    # Graph always says its errors in JSON: a proxy, a sign-in page or a wrong address answered.
    detail = f"HTTP {status}, and it was not WhatsApp that answered: check cloud.base_url and the proxy."
    return Verdict("refused", action=Action.STOP, detail=detail)


def classify_failure(error: BaseException, *, sending: bool = True) -> Verdict:
    """What became of a request that was not answered, by httpx's exception."""
    names = {kind.__name__ for kind in type(error).__mro__}
    detail = type(error).__name__
    if "TransportError" in names and not names & {"ProtocolError"}:
        # What httpx says of the network; of the protocol it could repeat a header.
        detail = f"{detail}: {error}"[:DETAIL_LENGTH_MAX]
    if names & UNSENT:
        return Verdict("unsent", action=Action.RETRY, detail=detail)
    return _lost(detail) if sending else Verdict("refused", action=Action.RETRY, detail=detail)


def object_of(body: bytes) -> dict[str, object]:
    """The JSON object of an answer; {} when it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _error(found: object) -> ErrorShape | None:
    """The error of an answer; one that has no code is none that can be decided on."""
    if not isinstance(found, dict):
        return None
    from waconsole.whatsapp.shapes import ErrorShape

    try:
        error = ErrorShape.model_validate(found)
    except ValueError:
        return None
    return error if error.code is not None else None


def _accepted(status: int, document: Mapping[str, object], wants_id: bool) -> Verdict:
    messages = document.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    wamid = first.get("id") if isinstance(first, dict) else None
    if isinstance(wamid, str) and 0 < len(wamid) <= WAMID_LENGTH_MAX and wamid.isprintable():
        held = first.get("message_status") if isinstance(first, dict) else ""
        return Verdict("accepted", wamid=wamid, held=held if isinstance(held, str) and held in HELD else "")
    if wants_id:
        return _lost(f"HTTP {status}, and no id of a message.")
    if document.get("success") is False:
        return Verdict("refused", action=Action.PARK, detail="WhatsApp says it did not succeed.")
    return Verdict("accepted")


def _refused(status: int, error: ErrorShape, sending: bool) -> Verdict:
    code = error.code or 0
    rule = RULES.get(code)
    if rule is None:
        action = Action.RETRY if error.is_transient else Action.PARK
        rule = _UNKNOWN if status >= 500 and not error.is_transient else Rule(action)
    action = rule.action
    if action is Action.UNKNOWN and not sending:
        action = Action.PARK if code == 1 else Action.RETRY
    return Verdict(
        "unknown" if action is Action.UNKNOWN else "refused",
        action=action,
        code=code,
        detail=error.detail[:DETAIL_LENGTH_MAX],
        trace=error.fbtrace_id[:DETAIL_LENGTH_MAX],
        retry_after_seconds=rule.wait_seconds,
    )


def _lost(detail: str) -> Verdict:
    return Verdict("unknown", action=Action.UNKNOWN, detail=detail)
