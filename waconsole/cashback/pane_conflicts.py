"""Where two decided on one line: what the second one had wanted, and who was first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from waconsole.cashback import store_deciding
from waconsole.cashback.pane_detail import decision_word
from waconsole.database.connection import Row, Transaction
from waconsole.kit import ages
from waconsole.kit.reader import Line
from waconsole.text import _, safe


def unseen(tx: Transaction, operator_id: int) -> list[Row]:
    """What an operator met and has not looked at yet, the newest first."""
    return store_deciding.conflicts(tx, operator_id)


def lines(met: Sequence[Row], zone: tzinfo) -> list[Line]:
    """The lines of the sheet."""
    words = _("{line}  you wanted to {tried} it: {already} by {by}, {at}")
    return [
        Line(safe(words.format(
            line=one["line"], tried=one["tried"], already=decision_word(one["kind"]), by=one["by"],
            at=ages.exact(one["decided_at"], zone),
        )))
        for one in met
    ]  # fmt: skip
