"""Whatever is decided and taken back, in any order: the tables, the rules and the verification stay of one mind."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cashback.earnings import first_bad
from tests.fraud.desk import NOW, decide, desk_ledger, gate, item, kept_from, operator, person, undo
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import Undone
from waconsole.fraud import service_deciding, service_standings, store_verify
from waconsole.fraud.deciding import OUTCOMES, DecisionRow, standing_of
from waconsole.fraud.service_standings import Frozen

WORDS = st.sampled_from([*OUTCOMES, "appeal", "undo", "undo", "grow", "rule"])
STEPS = st.lists(st.tuples(WORDS, st.sampled_from(["kim", "zoe"]), st.sampled_from(["a", "b"])), max_size=12)


def step(tx: Transaction, word: str, name: str, ref: str, now: int) -> None:
    """One thing somebody does, or that happens by itself; what is refused changes nothing."""
    if word == "undo":
        try:
            undo(tx, name, now=now)
        except Undone:
            return
    elif word == "grow":
        tx.execute(
            "UPDATE review SET stamp = stamp || 'x', state = CASE state WHEN 'decided' THEN 'open' ELSE state END WHERE ref = ?",
            (ref,),
        )
    elif word == "rule":
        review_id = tx.value("SELECT id FROM review WHERE ref = ?", (ref,))
        frozen = Frozen(review_id, person(tx, 2 if ref == "a" else 4), "velocity", 1, NOW - HOUR)
        service_standings.freeze(tx, [frozen], now=now)
    elif word == "appeal":
        service_deciding.appeal(tx, operator(tx, name), ref, "mistake", "x", now=now)
    else:
        decide(tx, name, word, ref, now=now, until=now + DAY if word == "snooze" else None)


def check(tx: Transaction) -> None:
    """An item stands as its decisions say, and whoever is not decided to be let go is not paid."""
    history: dict[int, list[DecisionRow]] = {}
    for _, row in store_verify.history(tx, 0):
        history.setdefault(row.review_id, []).append(row)
    for review_id, stamp, stands in store_verify.items(tx, 0):
        assert standing_of(history.get(review_id, []), stamp) == stands
        first = 2 if tx.value("SELECT ref FROM review WHERE id = ?", (review_id,)) == "a" else 4
        outcome = tx.value("SELECT outcome FROM review_decision WHERE id = ?", (stands.decision_id,))
        is_let_go = stands.state == "decided" and outcome in ("release", "unfreeze")
        assert (gate(tx, first, first + 1) == {"release"}) == is_let_go
        if is_let_go:
            assert person(tx, first) not in kept_from(tx)


@settings(max_examples=18, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_walk_ends_where_its_decisions_say(steps: list[tuple[str, str, str]]) -> None:
    with desk_ledger() as tx:
        item(tx, "a", [2, 3])
        item(tx, "b", [4, 5])
        for place, (word, name, ref) in enumerate(steps):
            step(tx, word, name, ref, NOW + place * SECOND)
            check(tx)
        assert first_bad(tx) is None
