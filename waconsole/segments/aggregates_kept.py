"""Arrays of one number per member that were worked out, kept as long as there is room. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

from numpy.typing import NDArray

KEPT_BYTES_MIN: Final = 16 << 20
KEPT_ARRAYS: Final = 24
"""So many arrays of one number of 64 bits per member are kept, and no fewer than fit in the bytes above."""


class Kept:
    """What was worked out, the longest unused of it given up first."""

    def __init__(self, size: int) -> None:
        """`size` is one more than the highest member id."""
        self.size = size
        self._bytes_max = max(KEPT_BYTES_MIN, KEPT_ARRAYS * size * 8)
        self._bytes = 0
        self._values: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()

    def of(self, key: Hashable) -> NDArray[Any] | None:
        """What is kept under that key."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: NDArray[Any]) -> None:
        """Keep it, unless it is larger than all that may be kept."""
        if value.nbytes > self._bytes_max or key in self._values:
            return
        self._values[key] = value
        self._bytes += value.nbytes
        while self._bytes > self._bytes_max:
            _, gone = self._values.popitem(last=False)
            self._bytes -= gone.nbytes

    @property
    def byte_count(self) -> int:
        """How large all of it is."""
        return self._bytes
