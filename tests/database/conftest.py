"""Here a ledger is made as the program makes it: none is a copy."""

from __future__ import annotations

import pytest

from tests.ready_ledger import open_made
from waconsole import catalogue


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested is how a ledger comes to be."""
    monkeypatch.setattr(catalogue, "open_ledger", open_made)
