"""The operator's desk: what a pane is handed to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from waconsole.database.connection import Database
from waconsole.settings import Settings

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary


@dataclass(slots=True, eq=False)
class Desk:
    """The ledger, the settings, who acts, and the clock.

    `operator` is the name given with `--as` or signed in with, or None: it changes while panes stand; `clock` answers microseconds UTC; `zone` is
    the zone in which times are shown; `vocabulary` makes what the query language may ask, on first use.
    """

    database: Database
    settings: Settings
    operator: str | None
    clock: Callable[[], int]
    zone: tzinfo
    read_only: bool
    vocabulary: Callable[[], Vocabulary]
    test_clock: bool = False
