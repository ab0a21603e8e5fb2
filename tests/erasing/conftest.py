"""One ledger for every test here: filling it by every way in takes a second."""

from __future__ import annotations

import pytest

from tests.erasing import person
from tests.erasing.person import Scene


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The ledger with the person in it; who changes it works on a copy."""
    return person.run(tmp_path_factory.mktemp("scene"))
