"""The key `T` in the Sync pane: a template in the place of a message whose window has closed, as in the outbox."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from waconsole.outbox.pane_convert import ConvertingActs
from waconsole.sync.pane_sync_acts import SyncActs
from waconsole.text import _


class SyncConvert(ConvertingActs, SyncActs):
    """Converting, one message at a time."""

    ACTS: ClassVar[frozenset[str]] = SyncActs.ACTS | {"convert"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("T", "convert", _("Template"), id="sync.convert",
                tooltip=_("Send a template in the place of a message whose service window has closed.")),
    ]  # fmt: skip
