"""Rows of an invites file become invites: the same row again is the same fact, an unknown programme is a reject.

A part of rows is written with one statement. That an invite is known is what the insert itself finds out, so an import
of new ones looks nothing up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.invites import store_invites
from waconsole.invites.model import InviteRow, invite_ref
from waconsole.members.model import folded
from waconsole.sync.invites_csv import InviteCells
from waconsole.sync.shop_buyers import ORIGIN, Buyers
from waconsole.sync.shop_rows import PlainFact

CONFIDENCE = "exact"  # a file says who invited whom; nothing of it was guessed


class InviteWriter:
    """Writes the invites of one run."""

    def __init__(self, *, run_id: int, now: int) -> None:
        """`run_id` is the run they are hidden under until it is sealed."""
        self.run_id, self.now = run_id, now
        self.people = Buyers(run_id=run_id, now=now)
        self._programmes: dict[str, tuple[int, str] | None] = {}

    def write(self, tx: Transaction, facts: Sequence[PlainFact]) -> tuple[int, list[tuple[PlainFact, str]]]:
        """Write some rows; answers how many were new, and those that are refused with the reason."""
        refused: list[tuple[PlainFact, str]] = []
        told: list[tuple[PlainFact, int, str]] = []
        for fact in facts:
            programme = self._programme(tx, fact)
            if programme is None:
                name = cast("InviteCells", fact.values).programme
                refused.append((fact, f"there is no programme {name}: make it first, then import this row"))
            else:
                told.append((fact, *programme))
        if not told:
            return 0, refused
        people = self.people.of(
            tx, [phone for fact, _, _ in told for phone in (fact.phone, _cells(fact).referrer)]
        )
        rows = [self._row(fact, programme_id, ref, people) for fact, programme_id, ref in told]
        new = store_invites.add_invites(
            tx, sorted(rows)
        )  # of two that tell one the same is kept, whatever stood first
        if new < len(rows):
            known = store_invites.invites_by_ref(tx, [row.ref for row in rows])
            refused += [
                (fact, reason)
                for (fact, _, _), row in zip(told, rows, strict=True)
                if (reason := _difference(known.get(row.ref), row))
            ]
        return new, refused

    def _programme(self, tx: Transaction, fact: PlainFact) -> tuple[int, str] | None:
        """(id, ref) of the programme a row names."""
        name = _cells(fact).programme
        if name not in self._programmes:
            self._programmes[name] = store_invites.programme_named(tx, folded(name))
        return self._programmes[name]

    def _row(
        self, fact: PlainFact, programme_id: int, programme: str, people: dict[str, tuple[int, int]]
    ) -> InviteRow:
        said = _cells(fact)
        return InviteRow(
            invite_ref(programme, said.referrer, fact.phone, said.invited_at, said.channel),
            programme_id,
            people[said.referrer][0],
            people[fact.phone][0],
            said.invited_at,
            said.arrived_at,
            said.channel,
            CONFIDENCE,
            said.address,
            said.payment,
            said.device,
            ORIGIN,
            self.now,
            self.run_id,
        )


def _cells(fact: PlainFact) -> InviteCells:
    return cast("InviteCells", fact.values)


def _difference(known: InviteRow | None, row: InviteRow) -> str:
    """Why a row is not the invite that is known, or nothing."""
    if known is None:  # another row says the same of the same two people under another number of theirs
        return ""
    if known.arrived_at != row.arrived_at:
        was = "no arrival" if known.arrived_at is None else f"an arrival at {iso(known.arrived_at)}"
        return f"that invite is known with {was}, not {iso(row.arrived_at or 0)}"
    for name in ("address", "payment", "device"):
        if getattr(known, name) != getattr(row, name):
            return f"that invite is known with another {name}"
    return ""
