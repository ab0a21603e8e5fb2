"""The far side of a driver: a server on loopback, opened with the test."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from tests.whatsapp.graph import Graph, serving


@pytest.fixture
def graph() -> AbstractAsyncContextManager[Graph]:
    """A server that accepts everything, until it is told otherwise."""
    return serving(Graph())
