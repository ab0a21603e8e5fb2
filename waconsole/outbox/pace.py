"""When may a message that certainly was not sent be tried again? Pure."""

from __future__ import annotations

from typing import Final

from waconsole.clock import SECOND

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0
DOUBLINGS_MAX: Final = 16  # 2^16 s is far beyond the longest: no larger power is worked out
PAIR_BASE: Final = 4  # Meta: wait 4^X seconds, X counting from 0 (error 131056)
PAIR_POWER_MAX: Final = 5  # 1,024 s
# Microseconds. Whoever is to wait longer met a clock that has been set back.
WAIT_MAX: Final = PAIR_BASE**PAIR_POWER_MAX * SECOND


def back_off(
    times: int,
    chance: float,
    at_least_seconds: float | None = None,
    *,
    longest_seconds: float = LONGEST_SECONDS,
) -> int:
    """How long to wait after `times` (1 …) tries in vain, in microseconds.

    Full jitter: any part (`chance`, 0 to 1) of a span that doubles up to `longest_seconds`, so that
    many who were stopped together do not come back together. `at_least_seconds` is what WhatsApp asked for.
    """
    span = min(longest_seconds, FIRST_SECONDS * 2.0 ** min(times, DOUBLINGS_MAX))
    seconds = max(span * chance, at_least_seconds or 0.0)
    return min(round(seconds * SECOND), WAIT_MAX)


def pair_back_off(times: int) -> int:
    """How long a recipient is left alone after `times` (1 …) refusals for the pair, in microseconds: 4^(times - 1) s."""
    return int(PAIR_BASE ** min(max(times - 1, 0), PAIR_POWER_MAX)) * SECOND
