"""What tests of the outbox share."""

from __future__ import annotations

import pytest

from waconsole.sync import drain


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drain that runs once waits for no back-off."""
    monkeypatch.setattr(drain, "ONCE_WAIT_SECONDS_MAX", 0.0)
