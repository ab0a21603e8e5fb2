"""A sandbox for a test, with a receiver."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from tests.whatsapp.sandbox.harness import Running, running


@pytest.fixture
def sandbox() -> AbstractAsyncContextManager[Running]:
    """A sandbox with quick statuses, posting to a receiver."""
    return running()
