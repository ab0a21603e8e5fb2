"""What was sent to whom of late, for the caps: our own from the rows, what was sent elsewhere from columns."""

from __future__ import annotations

import numpy as np

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.segments import store_waterfall
from waconsole.segments.columns import BASE, PUSH, bounded, seconds
from waconsole.segments.evaluate_facts import NotHeld
from waconsole.segments.service_asking import Engine
from waconsole.segments.service_columns import Columns
from waconsole.segments.service_columns_held import Stale
from waconsole.segments.store_waterfall import Sends

MARKETING = "marketing"


def sends(tx: Transaction, engine: Engine, *, since: int, until: int) -> Sends:
    """Every direct message that the caps count, between two instants that both belong, in no order."""
    if not isinstance(engine, Columns):
        return store_waterfall.sends(tx, since=since, until=until)
    try:
        elsewhere = _elsewhere(tx, engine, since=since, until=until)
    except (NotHeld, Stale):
        return store_waterfall.sends(tx, since=since, until=until)
    here = store_waterfall.sends(tx, since=since, until=until, elsewhere=False)
    return Sends(*(np.concatenate(pair) for pair in zip(here, elsewhere, strict=True)))


def _elsewhere(tx: Transaction, engine: Columns, *, since: int, until: int) -> Sends:
    """Raises NotHeld where a row does not fit into columns, Stale where somebody seals anew."""
    engine.refresh(tx)
    facts = engine._facts
    held = facts._fact(PUSH.name)
    marketing = facts.word(PUSH.part, MARKETING)
    first, last = bounded(seconds(since + SECOND - 1)), bounded(seconds(until))
    members, at, wins = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
    for number in held.parts:
        for strip in held.strips(tx, number):
            begin, end = strip.place_of(first), strip.place_of(last + 1)
            if begin == end:
                continue
            members.append(strip.who[begin:end].astype(np.int64))
            at.append((strip.at[begin:end].astype(np.int64) + BASE) * SECOND)
            wins.append(np.full(end - begin, number == marketing, np.bool_))
    return Sends(np.concatenate(members), np.concatenate(at), np.concatenate(wins))
