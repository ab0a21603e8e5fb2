"""The graph of invites in columns. Pure; loads numpy, so that nobody who only probes one invite comes here.

People are member ids of the row that stands for the person, instants whole seconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edges:
    """Every attempt, one place each in all columns: row id, who, whom, when, under which programme."""

    ids: Column
    referrers: Column
    invitees: Column
    invited: Column
    programmes: Column

    def __len__(self) -> int:
        """How many attempts there are."""
        return len(self.ids)
