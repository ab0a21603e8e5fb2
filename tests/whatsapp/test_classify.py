"""Every code of Meta's, and what it asks of us: typed once more from the pages, not from the table."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from waconsole.whatsapp import webhook
from waconsole.whatsapp.classify import (
    RULES,
    UNSENT,
    Rule,
    action_of,
    classify,
    classify_failure,
    rule_of,
)
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.events import StatusChanged
from waconsole.whatsapp.events_standing import ErrorTold

# code: (HTTP status it comes with, outcome of a send, action)
PAGE: dict[str, tuple[int, str, Action]] = {
    "0 190": (401, "refused", Action.STOP),
    "3 10 131005 200 210 299": (403, "refused", Action.STOP),
    "1": (400, "unknown", Action.UNKNOWN),
    "2 131016 133004": (503, "unknown", Action.UNKNOWN),
    "131000": (500, "unknown", Action.UNKNOWN),
    "4 80007": (400, "refused", Action.SLOW),
    "130429": (400, "refused", Action.SLOW),
    "131056": (400, "refused", Action.PAIR),
    "131048": (400, "refused", Action.STOP),
    "131064": (400, "refused", Action.PARK),
    "131057": (500, "refused", Action.RETRY),
    "133016": (400, "refused", Action.PARK),
    "368 131031": (403, "refused", Action.STOP),
    "130497": (403, "refused", Action.SUPPRESS),
    "131042 131044": (400, "refused", Action.STOP),
    "131026": (400, "refused", Action.PARK),
    "131047": (400, "refused", Action.TEMPLATE),
    "131049": (400, "refused", Action.SUPPRESS),
    "131050": (400, "refused", Action.SUPPRESS),
    "130472": (400, "refused", Action.PARK),
    "130403": (400, "refused", Action.PARK),
    "131021": (400, "refused", Action.FIX),
    "131030": (400, "refused", Action.FIX),
    "131062": (400, "refused", Action.PARK),
    "131063 131055 134100": (400, "refused", Action.PARK),
    "134101": (400, "refused", Action.RETRY),
    "137000": (400, "refused", Action.PARK),
    "33 100 131008 131009 135000": (400, "refused", Action.FIX),
    "131051": (400, "refused", Action.FIX),
    "131052": (400, "refused", Action.PARK),
    "131053": (400, "refused", Action.FIX),
    "132000 132012 132018": (400, "refused", Action.FIX),
    "132001": (404, "refused", Action.PARK),
    "132005 132007": (400, "refused", Action.PARK),
    "132015 132016": (400, "refused", Action.PARK),
    "132068 132069": (400, "refused", Action.PARK),
    "131037 131045 133010": (500, "refused", Action.STOP),
    "139100 139101 139102 139103": (400, "refused", Action.PARK),
    "131020 131041 131203 131207 131211 131212 131213 131214 131215": (400, "refused", Action.PARK),
    "131201": (206, "refused", Action.PARK),
    "131202 131204 131209 131210": (400, "refused", Action.FIX),
    "131059": (400, "refused", Action.RETRY),
    "131208": (429, "refused", Action.SLOW),
}
CASES = [(int(code), *case) for codes, case in PAGE.items() for code in codes.split()]
CAMPAIGN = {131048, 131064, 130497, 131063, 131055, 134100, 132000, 132012, 132018, 132001, 132005, 132007}
CAMPAIGN |= {132015, 132016, 132068, 132069}


def answer(code: object, **more: Any) -> bytes:
    error = {
        "message": "(#1) m",
        "code": code,
        "error_data": {"details": "why"},
        "fbtrace_id": "Afake",
        **more,
    }
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(("code", "status", "outcome", "action"), CASES)
def test_every_code_asks_for_its_action(code: int, status: int, outcome: str, action: Action) -> None:
    verdict = classify(status, answer(code))

    assert (verdict.outcome, verdict.action, verdict.code) == (outcome, action, code)
    assert (verdict.detail, verdict.trace) == ("why", "Afake")
    assert classify(400, answer(code)) == classify(503, answer(str(code)))  # never by the HTTP status


def test_the_table_knows_these_codes_and_no_other() -> None:
    assert set(RULES) == {code for code, *_ in CASES} | set(range(200, 300))
    assert {code for code, rule in RULES.items() if rule.campaign} == CAMPAIGN


def test_some_codes_say_how_long_to_wait() -> None:
    waits = {code: rule.wait_seconds for code, rule in RULES.items() if rule.wait_seconds}

    assert waits == {131057: 60.0, 134101: 600.0, 131049: 86_400.0}
    assert classify(500, answer(131057)).retry_after_seconds == 60.0


def test_what_may_have_been_goes_again_where_twice_is_no_harm() -> None:
    for code in (2, 131016, 133004, 131000):
        verdict = classify(503, answer(code), sending=False)
        assert (verdict.outcome, verdict.action) == ("refused", Action.RETRY)
    assert classify(400, answer(1), sending=False).action is Action.PARK


def test_a_code_nobody_knew_is_parked_unless_it_passes_or_may_have_been() -> None:
    assert (classify(400, answer(999999)).outcome, classify(400, answer(999999)).action) == (
        "refused",
        Action.PARK,
    )
    assert classify(400, answer(999999, is_transient=True)).action is Action.RETRY
    assert classify(500, answer(999999)).outcome == "unknown"
    assert 999999 not in RULES


def test_a_status_that_failed_has_been_decided() -> None:
    assert action_of(131047) is Action.TEMPLATE
    assert action_of(131000) is Action.PARK
    assert action_of(None) is action_of(5) is Action.PARK
    assert RULES[190] == Rule(Action.STOP)


def told_by(code: object) -> list[int | None]:
    """The code as a status and the errors beside all things tell it."""
    error = {"code": code, "title": "t", "error_data": {"details": "why"}}
    status = {
        "id": "wamid.A",
        "status": "failed",
        "timestamp": "1790000000",
        "recipient_id": "1",
        "errors": [error],
    }
    value = {"metadata": {"phone_number_id": "1"}, "statuses": [status], "errors": [error]}
    whole = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2", "changes": [{"field": "messages", "value": value}]}],
    }
    events = [item.event for item in webhook.items(json.dumps(whole).encode())]
    assert {type(event) for event in events} == {StatusChanged, ErrorTold}
    return [event.code for event in events if isinstance(event, StatusChanged | ErrorTold)]


def test_a_code_asks_the_same_wherever_it_stands() -> None:
    """Row by row: HTTP answer, status and `value.errors`; a number, or (Meta's group page) a word."""
    for code, status, _, action in CASES:
        there = Action.PARK if action is Action.UNKNOWN else action
        for told in (*told_by(code), *told_by(str(code))):
            assert (told, action_of(told)) == (code, there)
            assert rule_of(told).campaign == (code in CAMPAIGN)
        assert classify(status, answer(code)).action is action


@pytest.mark.parametrize(
    ("word", "held"),
    [
        ("accepted", ""), ("held_for_quality_assessment", "held_for_quality_assessment"), ("paused", "paused"),
        ("dancing", ""), (7, ""), (None, ""), ([], ""),
    ],
)  # fmt: skip
def test_a_template_may_be_taken_and_held(word: object, held: str) -> None:
    body = json.dumps({"messages": [{"id": "wamid.A", "message_status": word}]}).encode()

    assert classify(200, body) == Verdict("accepted", wamid="wamid.A", held=held)


def test_what_is_no_message_needs_no_id_even_once() -> None:
    assert classify(200, b'{"request_id": "R"}', sending=True, wants_id=False).outcome == "accepted"
    assert classify(500, b"", sending=True, wants_id=False).outcome == "unknown"


def test_an_answer_with_an_id_is_accepted() -> None:
    body = b'{"contacts": [], "messages": [{"id": "wamid.A+/=", "message_status": "accepted"}]}'

    assert classify(200, body) == Verdict("accepted", wamid="wamid.A+/=")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"<html>", b'{"messages": []}', b'{"messages": [{"id": 7}]}', b'{"messages": [{"id": ""}]}',
     b'{"messages": "x"}', b'{"success": true}', b"[" * 100_000, b'{"messages": [{"id": "a\\u0000"}]}'],
)  # fmt: skip
def test_an_answer_without_an_id_says_nothing_of_a_send(body: bytes) -> None:
    assert classify(200, body).outcome == "unknown"


def test_a_mark_needs_no_id() -> None:
    assert classify(200, b'{"success": true}', sending=False) == Verdict("accepted")
    assert classify(200, b'{"success": false}', sending=False).outcome == "refused"


@pytest.mark.parametrize(
    ("status", "outcome", "action"),
    [
        (500, "unknown", Action.UNKNOWN),
        (502, "unknown", Action.UNKNOWN),
        (504, "unknown", Action.UNKNOWN),
        (408, "unknown", Action.UNKNOWN),
        (429, "refused", Action.SLOW),
        (302, "refused", Action.STOP),
        (404, "refused", Action.STOP),
        (407, "refused", Action.STOP),
    ],
)
@pytest.mark.parametrize(
    "body", [b"<html>no</html>", b'{"error": "x"}', b'{"error": {"code": "x"}}', b'{"error":{}}']
)
def test_an_answer_that_is_not_whatsapps_never_burns_a_message(
    status: int, outcome: str, action: Action, body: bytes
) -> None:
    verdict = classify(status, body)

    assert (verdict.outcome, verdict.action, verdict.code) == (outcome, action, None)
    assert str(status) in verdict.detail
    if outcome == "unknown":
        assert classify(status, body, sending=False).action is Action.RETRY


REQUEST = httpx.Request("POST", "https://x.example")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (httpx.ConnectError, "unsent"),
        (httpx.ConnectTimeout, "unsent"),
        (httpx.PoolTimeout, "unsent"),
        (httpx.ProxyError, "unsent"),
        (httpx.UnsupportedProtocol, "unsent"),
        (httpx.ReadTimeout, "unknown"),
        (httpx.WriteTimeout, "unknown"),
        (httpx.RemoteProtocolError, "unknown"),
        (httpx.LocalProtocolError, "unknown"),
        (httpx.ReadError, "unknown"),
        (httpx.WriteError, "unknown"),
        (httpx.CloseError, "unknown"),
        (httpx.DecodingError, "unknown"),
        (TimeoutError, "unknown"),
        (OSError, "unknown"),
    ],
)
def test_only_what_surely_never_left_may_go_again(kind: type[Exception], outcome: str) -> None:
    verdict = classify_failure(kind("why"))

    assert verdict.outcome == outcome
    assert verdict.action is (Action.RETRY if outcome == "unsent" else Action.UNKNOWN)
    assert verdict.detail.startswith(kind.__name__)
    assert classify_failure(kind("why"), sending=False).action is Action.RETRY


def test_every_name_of_a_failure_is_one_of_httpx() -> None:
    assert all(issubclass(getattr(httpx, name), Exception) for name in UNSENT)


def test_a_fault_of_the_protocol_is_not_repeated() -> None:
    assert classify_failure(httpx.LocalProtocolError("Illegal header value b'Bearer EAA'")).detail == (
        "LocalProtocolError"
    )
