"""The members behind a shop's phone numbers: found in bulk, made without consent when nobody has the number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from waconsole.database import runs
from waconsole.database.connection import Transaction
from waconsole.members import store as members
from waconsole.members import store_aliases, store_rows

KEPT_MAX: Final = 250_000
ORIGIN: Final = "import"


class Buyers:
    """The people of one import, by E.164 number."""

    def __init__(self, *, run_id: int, now: int, origin: str = ORIGIN) -> None:
        """`run_id` is the run that new members belong to until it is sealed; 0: none, they are seen at once."""
        self.run_id, self.now, self.origin = run_id, now, origin
        self._known: dict[str, tuple[int, int]] = {}

    def of(self, tx: Transaction, phones: Iterable[str]) -> dict[str, tuple[int, int]]:
        """(the row a number is of, the row that stands for it), of these numbers at least."""
        known = self._known
        missing = [phone for phone in dict.fromkeys(phones) if phone not in known]
        if not missing:
            return known
        if len(known) + len(missing) > KEPT_MAX:
            known.clear()
            missing = list(dict.fromkeys(phones))
        found = store_aliases.owners_of_phones(tx, missing)
        # Somebody another import has met and shows to nobody yet is seen from now on.
        if len(runs.open_runs(tx)) > (self.run_id != 0):
            for owner_id, _ in found.values():
                members.show_member(tx, owner_id)
        known.update(found)
        if new := [phone for phone in missing if phone not in found]:
            made = store_rows.add_people(tx, new, origin=self.origin, now=self.now, run_id=self.run_id)
            known.update({phone: (member_id, member_id) for phone, member_id in made.items()})
        return known

    def root_id(self, phone: str) -> int:
        """The row that stands for a number `of` has answered."""
        return self._known[phone][1]
