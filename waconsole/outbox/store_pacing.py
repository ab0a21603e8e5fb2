"""The pace of numbers and the reach of portfolios, shared by every process that sends. Their only writer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.outbox.pacing import Rules, rules_of
from waconsole.policy import store as policy

SPANS_MAX: Final = 10_000
_POLICIES: Final = "sending."


class Pace(NamedTuple):
    """The row of a number; instants in microseconds UTC."""

    free_at: int = 0
    rest_until: int = 0
    slowed_at: int = 0
    last_campaign: str = ""


class Portfolio(NamedTuple):
    """What is known of a portfolio's messaging limit; `is_told` says that WhatsApp told it, None is unlimited."""

    limit_max: int | None = None
    is_told: bool = False


def rules(tx: Transaction, *, now: int) -> Rules:
    """The policies in force."""
    return _rules(policy.texts_in_force(tx, _POLICIES, now=now))


@lru_cache(maxsize=4)
def _rules(texts: tuple[tuple[str, str, int], ...]) -> Rules:
    """Asked several times a second while something is sent, for what seldom changes."""
    return rules_of({name.removeprefix(_POLICIES): json.loads(text) for name, text, _ in texts})


def pace(tx: Transaction, number_id: int) -> Pace:
    """How a number stands."""
    row = tx.one(
        "SELECT free_at, rest_until, slowed_at, last_campaign FROM pacing WHERE number_id = :id",
        {"id": number_id},
    )
    return Pace() if row is None else Pace(*row)


def move_on(tx: Transaction, number_id: int, *, free_at: int, last_campaign: str) -> None:
    """A bundle was taken: when the next message may leave, and whose turn it was."""
    tx.execute(
        """
        INSERT INTO pacing (number_id, free_at, last_campaign) VALUES (:id, :free_at, :last_campaign)
            ON CONFLICT (number_id) DO UPDATE SET free_at = excluded.free_at, last_campaign = excluded.last_campaign
        """,
        {"id": number_id, "free_at": free_at, "last_campaign": last_campaign},
    )


def rest(tx: Transaction, number_ids: Sequence[int], *, until: int, slowed_at: int) -> None:
    """WhatsApp said that these numbers are too fast: none of them sends until then, and slower for a while after."""
    tx.executemany(
        """
        INSERT INTO pacing (number_id, rest_until, slowed_at) VALUES (:id, :until, :slowed_at)
            ON CONFLICT (number_id) DO UPDATE SET rest_until = excluded.rest_until, slowed_at = excluded.slowed_at
        """,
        [{"id": number_id, "until": until, "slowed_at": slowed_at} for number_id in number_ids],
    )


def portfolio(tx: Transaction, ref: str) -> Portfolio:
    """What is known of a portfolio ("": the one of numbers whose portfolio nobody named)."""
    row = tx.one("SELECT limit_max, told_at FROM portfolio WHERE ref = :ref", {"ref": ref})
    return Portfolio() if row is None else Portfolio(row["limit_max"], row["told_at"] > 0)


def tell_limit(tx: Transaction, ref: str, limit_max: int | None, *, at: int) -> None:
    """WhatsApp told at `at` how many people a portfolio reaches in a day (None: any number); an earlier word changes nothing."""
    tx.execute(
        """
        INSERT INTO portfolio (ref, limit_max, told_at) VALUES (:ref, :limit_max, :at)
            ON CONFLICT (ref) DO UPDATE SET limit_max = excluded.limit_max, told_at = excluded.told_at
              WHERE portfolio.told_at <= excluded.told_at
        """,
        {"ref": ref, "limit_max": limit_max, "at": at},
    )


def reached(tx: Transaction, ref: str, *, after: int, through: int) -> tuple[int, int]:
    """(how many people a portfolio reached in the spans that begin after `after` up to `through`, where the first begins)."""
    row = tx.one(
        """
        SELECT coalesce(sum(people), 0) AS people, coalesce(min(since), 0) AS first FROM portfolio_reach
         WHERE portfolio = :ref AND since > :after AND since <= :through AND people > 0
        """,
        {"ref": ref, "after": after, "through": through},
    )
    assert row is not None
    return int(row["people"]), int(row["first"])


def count(tx: Transaction, ref: str, people: Mapping[int, int]) -> None:
    """Count so many people more (or fewer) in each span."""
    tx.executemany(
        """
        INSERT INTO portfolio_reach (portfolio, since, people) VALUES (:ref, :since, max(:people, 0))
            ON CONFLICT (portfolio, since) DO UPDATE SET people = max(people + :people, 0)
        """,
        [{"ref": ref, "since": since, "people": more} for since, more in people.items() if more],
    )


def forget(tx: Transaction, ref: str, *, before: int) -> None:
    """Let go of spans that count no longer."""
    tx.execute(
        "DELETE FROM portfolio_reach WHERE portfolio = :ref AND since < :before",
        {"ref": ref, "before": before},
    )
