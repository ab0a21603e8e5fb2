"""The engine over columns held against SQL over the rows, on crowds at random that go on changing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import cache, partial
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tests.segments.crowds import NOW, Crowd, empty_ledger
from tests.segments.rules_at_random import Rules
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.query.fields import Vocabulary
from waconsole.segments import service_columns_sealing as sealing
from waconsole.segments.aggregates_by_person import laid_by_person
from waconsole.segments.service_asking import Asking, Question, Sql, read
from waconsole.segments.service_columns import Columns
from waconsole.segments.service_columns_sealing import seal_within

ZONES: Final[Sequence[tzinfo]] = (UTC, ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York"))
SHIFTS: Final = (0, 0, 0, SECOND, -SECOND, HOUR, -DAY, -30 * DAY, 5 * DAY)
MEMBERS, FACTS = 40, 60
CHUNK_ROWS, PIECE_ROWS = 8, 16
laid_in_pieces: Final = partial(laid_by_person, rows_max=PIECE_ROWS, persons_per_row=1000)
CHANGED_EACH, SEALED_EACH, ANEW_EACH, COUNTED_EACH = 10, 14, 20, 13


@cache
def vocabulary() -> Vocabulary:
    """The words of all rooms."""
    return catalogue.vocabulary()


def question(tx: Transaction, rule: str, *, now: int = NOW, zone: tzinfo = UTC) -> Question:
    """A rule, read and checked."""
    return read(tx, rule, Asking(vocabulary(), now, zone))


def by_rows(tx: Transaction, asked: Question) -> list[int]:
    """Whom a rule names, by SQL."""
    return Sql().matches(tx, asked).ids()


def differences(seed: int, trees: int) -> list[str]:
    """Rules for which the two engines name others, among so many trees over one crowd that goes on changing."""
    wrong: list[str] = []
    chance, rules = random.Random(seed), Rules(seed)
    with empty_ledger() as tx, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "CHUNK_ROWS", CHUNK_ROWS)  # few rows, and yet several chunks and pieces
        patch.setattr(sealing, "laid_by_person", laid_in_pieces)
        crowd = Crowd(tx, seed)
        crowd.add_members(MEMBERS)
        crowd.add_products()
        crowd.add_facts(FACTS)
        engine = Columns()
        for place in range(1, trees + 1):
            rule = rules.tree()
            asked = question(tx, rule, now=NOW + chance.choice(SHIFTS), zone=chance.choice(ZONES))
            if engine.matches(tx, asked).ids() != by_rows(tx, asked):
                wrong.append(f"seed {seed}, tree {place}, at {asked.now - NOW:+}: {rule}")
            _go_on(tx, crowd, place)
            if place % ANEW_EACH == 0:
                engine = Columns()
    return wrong


def _go_on(tx: Transaction, crowd: Crowd, place: int) -> None:
    if place % CHANGED_EACH == 0:
        crowd.change()
    if place % COUNTED_EACH == 0:
        crowd.seal_import()
    if place % SEALED_EACH == 0:
        seal_within(tx, now=NOW, rows_min=1)
