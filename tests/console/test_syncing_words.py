"""What the top line says of WhatsApp: words and a sign for every state."""

from __future__ import annotations

import pytest

from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.console.syncing_words import REASON_CELLS_MAX, Sight, age, sight_piece

NOW = 1_000 * DAY


def _words(sight: Sight) -> str:
    return "".join(cell.text for cell in sight_piece(sight, NOW).cells)


@pytest.mark.parametrize(
    ("sight", "words"),
    [
        (Sight("starting"), "◷ sync starts"),
        (Sight("on"), "◷ sync ready"),
        (Sight("on", exchanged_at=NOW - 2 * SECOND), "● online  sync 2 s"),
        (Sight("on", waiting=2, exchanged_at=NOW - 2 * SECOND), "● online  2 waiting"),
        (Sight("elsewhere", exchanged_at=NOW - 3 * MINUTE), "● online  sync elsewhere 3 min"),
        (Sight("on", waiting=3, unreached=True, exchanged_at=NOW - HOUR), "○ offline  3 waiting"),
        (Sight("on", unreached=True, exchanged_at=NOW - HOUR), "● online  sync 1 h"),
        (Sight("on", waiting=1, stopped="Session has expired"), "‖ number stopped: Session has expired  1 waiting"),
        (Sight("on", copied=3, exchanged_at=NOW - 2 * SECOND), "‖ copied ledger: 3 held  sync 2 s"),
        (Sight("on", paused=True, waiting=3, exchanged_at=NOW), "‖ paused  3 waiting"),
        (Sight("on", unknown=2, exchanged_at=NOW - 2 * SECOND), "● online  sync 2 s  ? 2 unknown"),
        (Sight("trouble", waiting=4), "‖ sync stands still  4 waiting"),
        (Sight("off", waiting=1, exchanged_at=NOW), "‖ sync off here  1 waiting"),
    ],
)  # fmt: skip
def test_every_state_has_a_sign_and_words(sight: Sight, words: str) -> None:
    assert _words(sight) == words


def test_a_reason_of_whatsapp_is_made_harmless_and_cut() -> None:
    words = _words(Sight("on", stopped="expired \x1b[31m" + "x" * 500))

    assert "\x1b" not in words
    assert len(words) < len("‖ number stopped: ") + REASON_CELLS_MAX + 2


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (-5 * SECOND, "0 s"),
        (9 * SECOND, "9 s"),
        (59 * SECOND, "50 s"),
        (MINUTE, "1 min"),
        (119 * MINUTE, "1 h"),
        (49 * HOUR, "2 d"),
    ],
)
def test_an_age_grows_coarser(span: int, words: str) -> None:
    assert age(span) == words
