"""Sweep: look through every invite for what does not fit, and put what is found on the review desk.

Nobody needs to be named for it: a rule decides. It reads in one snapshot, and writes in short steps that each let
others go first. What was found before and has not changed is not written again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from waconsole.database.connection import Database, Transaction
from waconsole.fraud import store_findings, store_marks, store_probe, store_swept

if TYPE_CHECKING:
    from waconsole.fraud.service_findings import Planned

STEP: Final = 20  # items: below 10 ms
AT_ONCE: Final = 400  # in one transaction, unless somebody waits


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to: every undecided item as JSON, and how long each stage took in milliseconds."""

    items: list[dict[str, Any]]
    ms: dict[str, float]
    new: int = 0
    grown: int = 0
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What one invite shows as it comes in: its referrer makes haste, it closes a ring, somebody invited themselves."""

    is_hasty: bool = False
    closes_ring: bool = False
    is_self: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return self.is_hasty or self.closes_ring or self.is_self


@dataclass(slots=True)
class Watch:
    """How long the stages of a sweep took."""

    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what happens inside to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.ms[name] = round(self.ms.get(name, 0.0) + (time.perf_counter() - began) * 1e3, 3)


async def sweep(database: Database, *, now: int) -> Swept:
    """Find everything that looks wrong with invites up to `now`, keep it for review, and freeze whom a rule freezes.

    The same finding is the same item in every sweep. A decided item stays decided until its evidence grows; one that
    nobody decided on, and that later facts speak against, is let go. Raises Refused where somebody would be frozen and
    the key of the ledger is not here.
    """
    from waconsole.fraud import service_findings  # numpy loads with it

    watch = Watch()
    with watch.stage("total"):
        seen = await database.read(lambda tx: store_marks.facts_key(tx, now=now))
        planned, gone = await database.stream(partial(service_findings.plan, watch=watch, now=now))
        with watch.stage("write"):
            new, grown, frozen = await _write(database, planned, now=now)
            await database.write(lambda tx: _end(tx, gone, seen, now=now))
        with watch.stage("list"):
            items = await database.stream(store_swept.items)
    order = ("load", "graph", "velocity", "clusters", "signals", "write", "list", "total")
    return Swept(items, {name: watch.ms.get(name, 0.0) for name in order}, new, grown, frozen)


def _end(tx: Transaction, gone: Sequence[int], seen: str, *, now: int) -> None:
    if gone:
        store_findings.leave(tx, gone, now=now)
    store_marks.put_mark(tx, seen, now=now)


async def _write(database: Database, planned: Sequence[Planned], *, now: int) -> tuple[int, int, int]:
    """All of it, step by step; answers how many are new, how many grew, and how many people were frozen."""
    from waconsole.fraud.service_findings import keep

    new = grown = frozen = 0

    def some(tx: Transaction, start: int) -> tuple[int, list[tuple[bool, bool, int]]]:
        done: list[tuple[bool, bool, int]] = []
        for begin in range(start, min(start + AT_ONCE, len(planned)), STEP):
            done += [keep(tx, one, now=now) for one in planned[begin : begin + STEP]]
            if tx.somebody_waits():
                break
        return start + len(done), done

    start = 0
    while start < len(planned):
        start, done = await database.write(partial(some, start=start))
        new += sum(one[0] for one in done)
        grown += sum(one[1] for one in done)
        frozen += sum(one[2] for one in done)
    return new, grown, frozen


def check_edge(tx: Transaction, invite_id: int) -> Checked:
    """Look at one invite as it comes in; a sweep puts on the desk what it shows.

    Costs a few index reads, at most 250 µs: the attempts around it in event time, and a walk up from its referrer.
    """
    one = store_probe.edge(tx, invite_id)
    if one is None:
        return Checked()
    is_self = one.referrer == one.invitee
    return Checked(store_probe.is_hasty(tx, one), not is_self and store_probe.is_below(tx, one), is_self)
