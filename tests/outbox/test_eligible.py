"""The first reason against a message, and how long what was not sent waits: pure rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conftest import NOW
from waconsole.clock import SECOND
from waconsole.outbox.eligible import STATE_BY_REASON, Facts, eligible
from waconsole.outbox.pace import WAIT_MAX, back_off, pair_back_off

OPEN = Facts("reply", reachable=True, consent=None, window_until=NOW + 1, expires_at=None)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (OPEN, None),
        (replace(OPEN, consent="stop"), None),  # a stop does not take away the right to an answer
        (replace(OPEN, window_until=NOW), "template_needed"),
        (replace(OPEN, window_until=None), "template_needed"),
        (replace(OPEN, reachable=False), "no_recipient"),
        (replace(OPEN, expires_at=NOW), "expired"),
        (replace(OPEN, expires_at=NOW + 1), None),
        (replace(OPEN, expires_at=NOW, reachable=False, window_until=None), "expired"),
        (replace(OPEN, purpose="marketing"), "no_consent"),
        (replace(OPEN, purpose="marketing", consent="no"), "no_consent"),
        (replace(OPEN, purpose="marketing", consent="stop"), "stopped"),
        (replace(OPEN, purpose="marketing", consent="yes"), None),
        (replace(OPEN, purpose="marketing", consent="yes", window_until=None), "template_needed"),
        (replace(OPEN, purpose="invitation", consent="stop", window_until=None), "stopped"),
        (replace(OPEN, purpose="transactional", consent="stop"), None),
    ],
    ids=str,
)
def test_the_first_reason_counts(facts: Facts, reason: str | None) -> None:
    assert eligible(facts, NOW) == reason
    assert reason is None or reason in STATE_BY_REASON


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
