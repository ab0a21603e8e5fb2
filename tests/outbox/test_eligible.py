"""The first reason against a message, and how long what was not sent waits: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from waconsole.clock import DAY, HOUR, MINUTE, SECOND, iso, parse_iso
from waconsole.errors import Refused
from waconsole.outbox import eligible as reasons
from waconsole.outbox.eligible import STATE_BY_REASON, Facts, Rules, eligible
from waconsole.outbox.outcome_words import reason_words, state_sentence
from waconsole.outbox.pace import WAIT_MAX, back_off, pair_back_off
from waconsole.outbox.quiet import hours, quiet_until, zone

MARGIN = 5 * MINUTE
RULES = Rules(MARGIN, caps=3, caps_span=7 * DAY, silent_caps=1, silent_caps_span=14 * DAY, gap=36 * HOUR)
OPEN = Facts("reply", reachable=True, consent=None, window_until=NOW + MARGIN + 1, expires_at=None)
CLOSED = replace(
    OPEN, purpose="service", window_until=NOW, kind="template", category="UTILITY", is_usable=True
)
PROMO = replace(CLOSED, purpose="marketing", category="MARKETING", consent="yes")
CAMPAIGN = replace(PROMO, by_itself=False)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        # never at all
        (OPEN, None),
        (replace(OPEN, expires_at=NOW), "expired"),
        (replace(OPEN, expires_at=NOW + 1), None),
        (replace(OPEN, expires_at=NOW, reachable=False, window_until=None), "expired"),
        (replace(OPEN, is_erased=True, reachable=False), "erased"),
        (replace(OPEN, reachable=False), "no_recipient"),
        # what the person said: a stop does not take away the right to an answer
        (replace(OPEN, consent="stop"), None),
        (replace(OPEN, purpose="transactional", consent="stop"), None),
        (replace(CLOSED, consent="stop"), None),
        (replace(CLOSED, consent="stop", by_itself=False), "stopped"),
        (replace(CLOSED, consent=None, by_itself=False), None),
        (replace(CLOSED, consent="stop", by_itself=False, purpose="transactional"), None),
        (replace(PROMO, consent="stop"), "stopped"),
        (replace(PROMO, consent="stop", window_until=NOW + HOUR), "stopped"),
        (replace(PROMO, consent="no"), "no_consent"),
        (replace(PROMO, consent=None), "no_consent"),
        (replace(PROMO, consent=None, window_until=NOW + HOUR, by_operator=True), None),
        (replace(PROMO, consent="stop", window_until=NOW + HOUR, by_operator=True), "stopped"),
        (replace(PROMO, consent=None, window_until=NOW + HOUR), "no_consent"),
        (replace(CAMPAIGN, consent=None, window_until=NOW + HOUR), "no_consent"),
        (replace(CLOSED, category="MARKETING"), "no_consent"),
        (replace(CLOSED, category="", category_now="MARKETING"), "no_consent"),
        (replace(OPEN, purpose="invitation", consent="stop", window_until=None), "stopped"),
        # what WhatsApp says of them
        (replace(PROMO, suppressed="marketing_limit", of_marketing=True), "suppressed"),
        (replace(CLOSED, suppressed="marketing_limit", of_marketing=True), None),
        (replace(OPEN, suppressed="country"), "suppressed"),
        # pauses
        (replace(OPEN, paused="panic"), "panic"),
        (replace(OPEN, paused="number", window_until=None), "number"),
        (replace(CAMPAIGN, paused="campaign"), "campaign"),
        # the window, by Meta's clock and a little less
        (replace(OPEN, window_until=NOW + MARGIN), "template_needed"),
        (replace(OPEN, window_until=NOW), "template_needed"),
        (replace(OPEN, window_until=None), "template_needed"),
        (replace(OPEN, window_until=None, driver="gateway"), None),
        (replace(PROMO, kind="text", category=""), "template_needed"),
        # templates
        (replace(CLOSED, is_usable=False), "template_status"),
        (replace(CLOSED, is_usable=None), None),
        (replace(CLOSED, category_now="UTILITY"), None),
        (replace(PROMO, category_now="UTILITY"), "template_category"),
        (replace(CLOSED, category_now="MARKETING", consent="yes"), "template_category"),
        # too much
        (replace(CLOSED, sent=(NOW - DAY, NOW - 2 * DAY)), None),
        (replace(CLOSED, sent=(NOW - DAY, NOW - 2 * DAY, NOW - 7 * DAY)), "capped"),
        (replace(CLOSED, sent=(NOW - DAY, NOW - 2 * DAY, NOW - 7 * DAY - 1)), None),
        (replace(CLOSED, sent=(NOW - 14 * DAY,), is_silent=True), "capped"),
        (replace(CLOSED, sent=(NOW - 14 * DAY - 1,), is_silent=True), None),
        (replace(CLOSED, sent=(NOW,) * 3, window_until=NOW + HOUR), None),
        (replace(CLOSED, sent=(NOW,) * 3, category="AUTHENTICATION"), None),
        (replace(CAMPAIGN, sent=(NOW,) * 3, window_until=NOW + HOUR), "capped"),
        (replace(CLOSED, purpose="transactional", sent=(NOW,) * 3, is_silent=True), None),
        (replace(CLOSED, purpose="transactional", sent=(NOW,) * 3, quiet_until=NOW + HOUR), "quiet_hours"),
        (replace(PROMO, marketing_sent_at=NOW - 36 * HOUR + 1), "gap"),
        (replace(PROMO, marketing_sent_at=NOW - 36 * HOUR), None),
        (replace(CLOSED, marketing_sent_at=NOW - HOUR), None),
        # too late in the day
        (replace(CLOSED, quiet_until=NOW + HOUR), "quiet_hours"),
        (replace(CLOSED, quiet_until=NOW + HOUR, window_until=NOW + HOUR), None),
        (replace(CLOSED, quiet_until=NOW + HOUR, category="AUTHENTICATION"), None),
        (replace(OPEN, quiet_until=NOW + HOUR, window_until=None, driver="gateway"), None),
        (replace(CAMPAIGN, quiet_until=NOW + HOUR, window_until=NOW + HOUR), "quiet_hours"),
        # who is not sought out
        (replace(CAMPAIGN, in_review=True, is_held_out=True), "review_open"),
        (replace(CAMPAIGN, is_held_out=True), "holdout"),
        (replace(PROMO, in_review=True, is_held_out=True), None),
        (replace(CLOSED, by_itself=False, in_review=True, is_held_out=True), None),
    ],
    ids=str,
)
def test_the_first_reason_counts(facts: Facts, reason: str | None) -> None:
    assert eligible(facts, NOW, RULES) == reason
    assert reason is None or reason in STATE_BY_REASON


@pytest.mark.parametrize("reason", [*STATE_BY_REASON, reasons.NEW_INSTALLATION, reasons.REPLACED])
def test_every_reason_has_words_and_a_sentence(reason: str) -> None:
    state = STATE_BY_REASON.get(reason, "held")
    assert reason_words(reason)
    assert state_sentence(state, reason).endswith(".")


@pytest.mark.parametrize(
    ("at", "where", "until"),
    [
        ("2026-11-26T19:59:59Z", "Europe/Paris", None),
        ("2026-11-26T20:00:00Z", "Europe/Paris", "2026-11-27T08:00:00Z"),
        ("2026-11-27T07:59:59Z", "Europe/Paris", "2026-11-27T08:00:00Z"),
        ("2026-11-27T08:00:00Z", "Europe/Paris", None),
        ("2026-10-24T20:00:00Z", "Europe/Paris", "2026-10-25T08:00:00Z"),  # the clocks go back in that night
        ("2026-03-28T21:00:00Z", "Europe/Paris", "2026-03-29T07:00:00Z"),  # and forward in this one
        ("2026-11-26T13:00:00Z", "Asia/Hong_Kong", "2026-11-27T01:00:00Z"),
    ],
)
def test_quiet_hours_are_those_of_the_place(at: str, where: str, until: str | None) -> None:
    found = quiet_until(parse_iso(at), ZoneInfo(where), *hours("21:00-09:00"))

    assert (None if found is None else iso(found)) == until


def test_hours_that_are_the_same_or_no_hours() -> None:
    assert quiet_until(NOW, ZoneInfo("UTC"), time(9), time(9)) is None
    assert quiet_until(parse_iso("2026-11-26T13:30:00Z"), ZoneInfo("UTC"), *hours("13:00-14:00")) is not None
    with pytest.raises(Refused, match="write them like 21:00-09:00"):
        hours("9 to 5")
    assert zone("", "Nowhere/At_All", "Asia/Tokyo").key == "Asia/Tokyo"
    assert zone("").key == "UTC"


def test_a_pair_waits_four_to_the_n_seconds() -> None:
    assert [pair_back_off(times) // SECOND for times in range(1, 9)] == [1, 4, 16, 64, 256, 1024, 1024, 1024]


def test_a_back_off_is_any_part_of_a_span_that_doubles_up_to_a_minute() -> None:
    assert [back_off(times, 1.0) // SECOND for times in (1, 2, 3, 4, 5, 6, 7, 1000)] == [
        2,
        4,
        8,
        16,
        32,
        60,
        60,
        60,
    ]
    assert [back_off(times, 0.0) for times in (1, 5, 1000)] == [0, 0, 0]
    assert back_off(3, 0.5) == 4 * SECOND


def test_what_whatsapp_asks_for_is_kept_to_and_bounded() -> None:
    assert back_off(1, 0.0, 90.0) == 90 * SECOND
    assert back_off(1, 0.0, 1e9) == WAIT_MAX
