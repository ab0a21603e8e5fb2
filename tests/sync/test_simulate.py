"""A few simulated nights: processes die, the network loses, clocks jump, and every message arrives once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from benchmarks import simulate
from waconsole.whatsapp.cloud import client
from waconsole.whatsapp.driver import Action, Verdict

NIGHTS: Final = range(2, 5)
CAUGHT: Final = (7, 9)  # nights on which the careless driver doubles something


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A new ledger, as bytes."""
    return simulate.template(tmp_path_factory.mktemp("sim"))


def test_nothing_is_lost_or_doubled_whatever_the_night_brings(template: bytes, tmp_path: Path) -> None:
    nights = [simulate.live(seed, template, tmp_path) for seed in NIGHTS]

    assert [night for night in nights if not night.is_sound] == []
    assert sum(night.deaths for night in nights) > 30
    assert sum(night.attempts for night in nights) > len(nights) * simulate.MESSAGES


@pytest.mark.slow
def test_the_same_seed_is_the_same_night(template: bytes, tmp_path: Path) -> None:
    assert simulate.live(2, template, tmp_path) == simulate.live(2, template, tmp_path)
    assert simulate.live(2, template, tmp_path).trace != simulate.live(3, template, tmp_path).trace


@pytest.mark.slow
def test_a_driver_that_calls_a_lost_answer_unsent_is_caught(
    template: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsent = Verdict("unsent", action=Action.RETRY)
    monkeypatch.setattr(client, "classify_failure", lambda error, *, sending: unsent)

    assert sum(simulate.live(seed, template, tmp_path).doubled for seed in CAUGHT) > 0
