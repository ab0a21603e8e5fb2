"""Columns that are asked of another instant in between, and forget nothing of this one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from waconsole.segments.masks import count
from waconsole.segments.service_columns import Columns


class PreviewColumns(Columns):
    """What an open preview asks: the same rule at every key, and now and then as it was at an instant before."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is worked out inside is not kept, and what was kept is still there afterwards."""
        kept, self._known = self._known, OrderedDict()
        try:
            yield
        finally:
            self._known = kept

    @property
    def everybody(self) -> int:
        """How many members can be asked about."""
        return count(self.population)
