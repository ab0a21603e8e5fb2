"""Every dial of the sandbox: one table, read from a file, from the command line and from `POST /_sandbox/faults`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final

from waconsole.errors import Refused

SECONDS_MAX: Final = 86_400.0
COUNT_MAX: Final = 1_000_000
CODES_MAX: Final = 64

# What may stand for a dial of each type: (lowest, highest, in words).
TYPES: Final[Mapping[str, tuple[float, float, str]]] = {
    "share": (0.0, 1.0, "a share from 0 to 1"),
    "seconds": (0.0, SECONDS_MAX, f"seconds from 0 to {SECONDS_MAX:,.0f}"),
    "hours": (0.0, 8760.0, "hours from 0 to 8,760"),
    "count": (0, COUNT_MAX, f"a whole number from 0 to {COUNT_MAX:,}"),
    "code": (0, 999_999, "an error code of WhatsApp, or 0 for none"),
    "codes": (0.0, 1.0, 'codes with their shares, like {"131056": 0.1}'),
    "status": (500, 599, "an HTTP status from 500 to 599"),
    "flag": (0, 1, "true or false"),
    "text": (0, 256, "a text"),
    "verdict": (0, 0, "APPROVED, REJECTED or PENDING"),
}
VERDICTS: Final = ("APPROVED", "REJECTED", "PENDING")


def _dial(value: Any, kind: str, says: str) -> Any:
    return field(default=value, metadata={"type": kind, "says": says})


def _codes(says: str) -> Any:
    return field(default_factory=dict, metadata={"type": "codes", "says": says})


@dataclass(frozen=True, slots=True)
class Dials:
    """Every dial with what it stands at when nobody touches it."""

    # answers
    latency_seconds: float = _dial(0.0, "seconds", "every answer of the Graph paths waits so long")
    latency_jitter_seconds: float = _dial(
        0.0, "seconds", "by so much an answer comes sooner or later than that"
    )
    refuse_code: int = _dial(0, "code", "sends are refused with this error code")
    refuse_share: float = _dial(1.0, "share", "which share of the sends refuse_code meets")
    refuse_times: int = _dial(0, "count", "after so many refusals refuse_code rests; 0: never")
    refuse_to: str = _dial("", "text", "refuse_code meets only this recipient, written as in /accepted")
    refuse_codes: Mapping[str, float] = _codes(
        "further error codes, each with the share of the sends it refuses"
    )
    throughput_max: int = _dial(0, "count", "sends a second, above which 130429 answers; 0: any number")
    pair_limit: bool = _dial(
        False, "flag", "131056 above one message in 6 s to one recipient, after a burst of 45; who comes too "
        "early waits 4^n s more",
    )  # fmt: skip
    management_max: int = _dial(
        0,
        "count",
        "calls an hour for templates, groups and the rest, above which 80007 answers; 0: any number",
    )
    token_expired: bool = _dial(False, "flag", "every call is answered with 190")
    account_restricted: bool = _dial(False, "flag", "every send is answered with 368")
    # outcomes nobody knows
    drop_before: float = _dial(0.0, "share", "the connection is cut before the message is accepted")
    drop_after: float = _dial(0.0, "share", "the message is accepted, then the connection is cut")
    hang_after: float = _dial(0.0, "share", "the message is accepted, and the answer never comes")
    server_error_before: float = _dial(0.0, "share", "an HTTP 5xx answers and nothing is accepted")
    server_error_after: float = _dial(0.0, "share", "the message is accepted, then an HTTP 5xx answers")
    server_error_status: int = _dial(500, "status", "the HTTP status of the two above")
    change_drop_after: float = _dial(
        0.0, "share", "a change that is no message (a group, an upload, a template) is made, then the connection is cut"
    )  # fmt: skip
    # the service window, and what comes later
    window_hours: float = _dial(24.0, "hours", "how long the service window stays open")
    window_late: bool = _dial(
        False, "flag", "outside the window a send is accepted and fails later (131047), not at once"
    )
    fail_code: int = _dial(0, "code", "accepted messages get a failed status with this code")
    fail_share: float = _dial(1.0, "share", "which share of the messages fail_code meets")
    us_marketing_stopped: bool = _dial(
        False, "flag", "marketing templates to numbers of the United States fail later (131049)"
    )
    # statuses and answers of members
    sent_after_seconds: float = _dial(0.02, "seconds", "from accepted to the status sent")
    delivered_after_seconds: float = _dial(0.1, "seconds", "from accepted to delivered")
    read_after_seconds: float = _dial(0.6, "seconds", "from accepted to read")
    read_share: float = _dial(1.0, "share", "which share of the messages is read at all")
    answer_after_seconds: float = _dial(1.5, "seconds", "from read to the answer of a simulated member")
    silent: bool = _dial(False, "flag", "simulated members read and do not answer")
    # files
    media_url_seconds: float = _dial(300.0, "seconds", "how long the address of a file is good, by our clock")
    media_gone: float = _dial(0.0, "share", "the address of a file answers 404")
    media_spoiled: float = _dial(0.0, "share", "a file arrives with another last byte")
    link_broken: float = _dial(0.0, "share", "a message with a link is accepted and fails later (131053)")
    # templates
    templates_open: bool = _dial(
        False, "flag", "a template nobody knows is taken for an approved one, whatever fills it"
    )
    template_review_seconds: float = _dial(
        0.5, "seconds", "from a new or edited template to the word about it"
    )
    template_verdict: str = _dial("APPROVED", "verdict", "the word about it; PENDING: it never comes")
    template_held: float = _dial(
        0.0, "share", "a marketing template is answered held_for_quality_assessment, and goes out later"
    )
    template_held_seconds: float = _dial(1.0, "seconds", "how long it is held")
    template_held_fails: float = _dial(0.0, "share", "a template that was held fails at the end (132015)")
    template_paused: float = _dial(0.0, "share", "a template is answered paused, and fails later (132015)")
    # groups
    group_delay_seconds: float = _dial(0.3, "seconds", "from a group request to its webhook")
    group_never: float = _dial(0.0, "share", "a group request is neither carried out nor ever answered")
    group_untold: float = _dial(0.0, "share", "a group request is carried out, and its webhook never comes")
    group_fail_code: int = _dial(0, "code", "group requests end with this error in their webhook")
    group_refuse_code: int = _dial(0, "code", "group requests are refused at once with this error code")
    group_other_names: float = _dial(
        0.0, "share", "a group webhook has the other names that Meta's pages use, and codes as texts"
    )
    # webhooks
    webhook_hold: bool = _dial(False, "flag", "nothing is posted; it waits")
    webhook_delay_seconds: float = _dial(0.0, "seconds", "every update waits so long before it is posted")
    webhook_linger_seconds: float = _dial(
        0.0, "seconds", "a body waits so long for more updates to come into it"
    )
    webhook_duplicate: float = _dial(0.0, "share", "a body that was taken is posted once more")
    webhook_reorder: float = _dial(0.0, "share", "an update comes after later ones")
    webhook_missing: float = _dial(0.0, "share", "an update is never posted")
    webhook_bad_signature: float = _dial(
        0.0, "share", "a body is posted with a wrong signature, and never again"
    )
    webhook_batch_max: int = _dial(100, "count", "at most so many updates in one body (1 to 1,000)")
    # the gateway: what is on its own paths only
    gateway_latency_seconds: float = _dial(0.0, "seconds", "every answer of the gateway waits so long")
    gateway_drop_before: float = _dial(0.0, "share", "the gateway cuts before a message is accepted")
    gateway_drop_after: float = _dial(0.0, "share", "the gateway accepts the message, then cuts")
    gateway_hang_after: float = _dial(0.0, "share", "the gateway accepts the message and never answers")
    gateway_error_before: float = _dial(0.0, "share", "the gateway answers 500 and accepts nothing")
    gateway_error_after: float = _dial(0.0, "share", "the gateway accepts the message, then answers 500")
    gateway_change_drop_after: float = _dial(
        0.0, "share", "the gateway makes a change that is no message, then cuts"
    )
    gateway_repeat_twice: bool = _dial(
        False, "flag", "a message sent again with the same id goes out again; else it is the same message"
    )
    gateway_overlimit: float = _dial(
        0.0, "share", "reading or refreshing groups is answered rate-overlimit (429 in a 500)"
    )
    gateway_refresh_pause_seconds: float = _dial(
        0.0, "seconds", "refreshing groups sooner again than so is answered rate-overlimit"
    )
    gateway_other_shapes: float = _dial(
        0.0, "share", "where WAHA's documents and its GOWS engine differ, a shape is the other's"
    )
    gateway_history_late_seconds: float = _dial(
        0.0, "seconds", "a message stands in the gateway's history only so long after it was written"
    )
    gateway_start_seconds: float = _dial(
        0.05, "seconds", "from the start of the phone to its work, or to the QR code"
    )
    gateway_banned_after: int = _dial(
        0, "count", "after so many accepted messages WhatsApp ends the link to the phone (FAILED); 0: never"
    )
    gateway_group_people: int = _dial(
        120, "count", "how many the large group has at least, us among them; at most 1,024"
    )
    gateway_readers: int = _dial(
        3, "count", "so many of a group read what we write there, each with its message.ack.group"
    )
    gateway_event_missing: float = _dial(0.0, "share", "an event of the gateway is never told")
    gateway_event_duplicate: float = _dial(0.0, "share", "an event comes twice, with the same id")
    gateway_event_reorder: float = _dial(0.0, "share", "an event comes after later ones")
    gateway_event_delay_seconds: float = _dial(0.0, "seconds", "every event waits so long")
    gateway_socket_drop_every: int = _dial(
        0, "count", "in place of every so manieth event a socket is cut; 0: never"
    )
    gateway_socket_refused: bool = _dial(False, "flag", "no socket is opened")
    gateway_bad_signature: float = _dial(0.0, "share", "a webhook of the gateway has a wrong signature")

    def document(self) -> dict[str, Any]:
        """Every dial and where it stands."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def table() -> list[tuple[str, str, str, Any]]:
    """(name, type, meaning, where it stands untouched) of every dial."""
    untouched = Dials()
    return [
        (one.name, one.metadata["type"], one.metadata["says"], getattr(untouched, one.name))
        for one in fields(Dials)
    ]


def read_dials(document: object) -> Dials:
    """The dials a document sets; what it does not name stands untouched.

    Raises Refused in one sentence for a name nobody knows (with the nearest) or a wrong value.
    """
    if not isinstance(document, dict):
        raise Refused('Faults are one JSON object, like {"drop_after": 0.1}.')
    kinds = {name: kind for name, kind, _, _ in table()}
    for name in document:
        if name not in kinds:
            near = get_close_matches(str(name), kinds, n=1, cutoff=0.5)
            hint = f": did you mean {near[0]}?" if near else f"; there are {', '.join(kinds)}."
            raise Refused(f"No fault is called {name}{hint}")
    return Dials(**{name: _value(name, kinds[name], raw) for name, raw in document.items()})


def read_words(words: list[str]) -> dict[str, Any]:
    """A document from words like `drop_after=0.1`, `refuse_codes={"131056":0.1}`. Raises Refused."""
    document: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Refused(
                f"A fault on the command line is NAME=VALUE, like drop_after=0.1, not {word[:100]}."
            )
        try:
            document[name] = json.loads(value)
        except (ValueError, RecursionError):
            document[name] = value
    return document


def _value(name: str, kind: str, raw: object) -> Any:
    lowest, highest, words = TYPES[kind]
    wrong = Refused(f"{name} takes {words}, not {json.dumps(raw)[:100]}.")
    if kind == "codes":
        return _shares(raw, wrong)
    if kind in ("text", "verdict"):
        if (
            not isinstance(raw, str)
            or (kind == "verdict" and raw not in VERDICTS)
            or len(raw) > max(highest, 16)
        ):
            raise wrong
        return raw
    if (kind == "flag") != isinstance(raw, bool):
        raise wrong
    if kind == "flag":
        return raw
    whole = kind in ("count", "code", "status")
    if not isinstance(raw, int if whole else (int, float)) or not lowest <= raw <= highest:
        raise wrong
    if name == "webhook_batch_max" and not 1 <= raw <= 1000:
        raise Refused(f"{name} takes a whole number from 1 to 1,000, not {raw}.")
    return raw if whole else float(raw)


def _shares(raw: object, wrong: Refused) -> dict[str, float]:
    if not isinstance(raw, dict) or len(raw) > CODES_MAX:
        raise wrong
    for code, share in raw.items():
        good = isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) <= 6
        if not good or isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise wrong
    return {code: float(share) for code, share in raw.items()}
