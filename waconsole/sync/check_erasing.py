"""Whether erasures are whole, for `doctor`: nothing of the person left in the file, and who comes back is told. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from waconsole.database.check import Check, asked
from waconsole.database.connection import Transaction
from waconsole.members.store_erased import keys_missing
from waconsole.operators.store_erasing import undone


def erasing_checks(tx: Transaction) -> Iterator[Check]:
    """The checks of this room's erasures."""
    yield asked("erasures", lambda: _erasures(tx))


def _erasures(tx: Transaction) -> Check:
    left, missing = undone(tx), keys_missing(tx)
    if left:
        return Check(
            "erasures",
            True,
            f"{len(left)} erased, but what was deleted may still stand in the ledger's free pages: end what reads it,"
            " then any command goes on with it.",
            advice=True,
        )
    if missing:
        return Check(
            "erasures",
            True,
            f"The key {', '.join(missing)} is not on this machine: who was erased is not told when they come back,"
            " and a stop they said does not stand. Put its file back beside the chain's keys.",
            advice=True,
        )
    return Check("erasures", True, "Nothing of anybody erased is left in the file.")
