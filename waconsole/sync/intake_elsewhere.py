"""Rows that tell what was sent or said elsewhere: the same row again is the same fact, and no conversation hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.groups import store as groups
from waconsole.groups.model import group_ref
from waconsole.inbox import store_elsewhere as messages
from waconsole.outbox import store_elsewhere as pushes
from waconsole.sync.shop_buyers import ORIGIN, Buyers
from waconsole.sync.shop_rows import PlainFact

Refusal = tuple[PlainFact, str]


class PushWriter:
    """Writes the pushes of one run."""

    def __init__(self, *, run_id: int, now: int) -> None:
        """`run_id` is the run they are hidden under until it is sealed."""
        self.run_id, self.now = run_id, now
        self.people = Buyers(run_id=run_id, now=now)

    def write(self, tx: Transaction, facts: Sequence[PlainFact]) -> tuple[int, list[Refusal]]:
        """Write some rows; answers how many were new, and nothing that is refused."""
        people = self.people.of(tx, [fact.phone for fact in facts])
        rows: list[pushes.PushRow] = []
        for fact in facts:
            sent_at, purpose = cast("tuple[int, str]", fact.values)
            rows.append(pushes.PushRow(people[fact.phone][0], sent_at, purpose, self.now, self.run_id))
        return pushes.add_pushes(tx, rows), []


class InboundWriter:
    """Writes the messages of one run, and the groups nobody knew of; a trial makes none."""

    def __init__(self, *, run_id: int, now: int, dry: bool = False) -> None:
        """`run_id` is the run they are hidden under until it is sealed."""
        self.run_id, self.now, self.dry = run_id, now, dry
        self.people = Buyers(run_id=run_id, now=now)
        self._groups: dict[str, int | str | None] = {"": None}

    def write(self, tx: Transaction, facts: Sequence[PlainFact]) -> tuple[int, list[Refusal]]:
        """Write some rows; answers how many were new, and those whose group's name is borne by several."""
        people = self.people.of(tx, [fact.phone for fact in facts])
        rows: list[messages.SaidRow] = []
        refused: list[Refusal] = []
        for fact in facts:
            said_at, name = cast("tuple[int, str]", fact.values)
            group = self._group(tx, name)
            if isinstance(group, str):
                refused.append((fact, group))
            else:
                member_id = people[fact.phone][0]
                rows.append(messages.SaidRow(member_id, said_at, group, self.now, self.run_id))
        return messages.add_said(tx, rows), refused

    def _group(self, tx: Transaction, name: str) -> int | str | None:
        """The id of the group of that name, made where nobody knows it; or why there is none."""
        if name not in self._groups:
            try:
                group = groups.group_by_name(tx, name)
            except NotFound as error:
                self._groups[name] = str(error)
                return self._groups[name]
            if group is not None:
                self._groups[name] = group.id
            elif self.dry:
                return None
            else:
                self._groups[name] = groups.add_group(
                    tx, ref=group_ref(name), name=name, driver="human", origin=ORIGIN, now=self.now
                )
        return self._groups[name]
