"""Programmes, their steps and the versions of their terms; rows that are added and never changed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites.terms import PREFIX, Version, terms_of
from waconsole.members.model import folded
from waconsole.policy import store as policy

ASKED, ACTIVATED, ENDED = "asked", "activated", "ended"
DRAFT, ACTIVE = "draft", "active"
PROGRAMMES_MAX: Final = 10_000
STEPS_MAX: Final = 100_000
BUYERS_MAX: Final = 1_000_000


class Programme(NamedTuple):
    """A programme's row; its terms are the versions of the policy `policy`."""

    id: int
    ref: str
    name: str
    operator_id: int
    added_at: int

    @property
    def policy(self) -> str:
        """The policy that holds its terms."""
        return f"{PREFIX}{self.name}"

    @property
    def budget_account(self) -> str:
        """The account its rewards are paid from."""
        return f"budget:invites:{self.ref}"


class Step(NamedTuple):
    """A step of a programme: `asked`, `activated` (a version of its terms earns from then on) or `ended`."""

    id: int
    programme_id: int
    step: str
    rule_version: int
    exposure: str
    is_over: int
    operator_id: int
    asked_by: int | None
    solo: int
    reason: str
    recorded_at: int


_PROGRAMME: Final = "SELECT id, ref, name, operator_id, added_at FROM programme"
_STEP: Final = f"SELECT {', '.join(Step._fields)} FROM programme_step"


def ref_of(name: str) -> str:
    """A programme's ref, made from its name."""
    return "pg-" + hashlib.sha256(folded(name).encode("utf-8", "replace")).hexdigest()[:12]


def next_id(tx: Transaction, table: str) -> int:
    """The id the next row of one of these tables gets."""
    return int(tx.value(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))


def _add(tx: Transaction, sql: str, row: Sequence[object]) -> None:
    try:
        tx.execute(sql, row)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def add_programme(tx: Transaction, row: Programme) -> None:
    """Write a programme. Raises Refused with what the tables say against it."""
    _add(
        tx,
        "INSERT INTO programme (id, ref, name, folded, operator_id, added_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.ref, row.name, folded(row.name), row.operator_id, row.added_at),
    )


def add_step(tx: Transaction, row: Step) -> None:
    """Write a step of a programme. Raises Refused with what the tables say against it."""
    marks = ", ".join("?" * len(row))
    _add(tx, f"INSERT INTO programme_step ({', '.join(Step._fields)}) VALUES ({marks})", row)


def programmes(tx: Transaction) -> list[Programme]:
    """Every programme, oldest first."""
    return [Programme(*row) for row in tx.rows(f"{_PROGRAMME} ORDER BY id LIMIT ?", (PROGRAMMES_MAX,))]


def programme_of(tx: Transaction, name: str) -> Programme | None:
    """The programme of that name (any case, any width) or ref, or None."""
    row = tx.one(f"{_PROGRAMME} WHERE folded = ? OR ref = ?", (folded(name), name.strip()))
    return None if row is None else Programme(*row)


def programme_named(tx: Transaction, name: str) -> Programme:
    """The programme of that name or ref. Raises NotFound, with those there are."""
    found = programme_of(tx, name)
    if found is None:
        known = ", ".join(one.name for one in programmes(tx)) or "none yet"
        raise NotFound(
            f"There is no programme {name}: there is {known}. `waconsole invites programme create` makes one."
        )
    return found


def steps(tx: Transaction, programme_id: int) -> list[Step]:
    """Every step of a programme, oldest first."""
    rows = tx.rows(f"{_STEP} WHERE programme_id = ? ORDER BY id LIMIT ?", (programme_id, STEPS_MAX))
    return [Step(*row) for row in rows]


def ended_at(tx: Transaction, programme_id: int) -> int | None:
    """When a programme was ended; None while it was not."""
    found = tx.value(
        "SELECT recorded_at FROM programme_step WHERE programme_id = ? AND step = 'ended'", (programme_id,)
    )
    return None if found is None else int(found)


def versions(tx: Transaction, programme: Programme) -> list[Version]:
    """Every version of a programme's terms, oldest first, whether it earns or not. Raises Refused for one that says none."""
    return [
        Version(one.version, one.valid_from, one.set_at, terms_of(json.loads(one.value)))
        for one in policy.versions(tx, programme.policy)
    ]


def earning_versions(tx: Transaction, programme: Programme) -> list[Version]:
    """The versions that were activated: what happened is earned under one of these, and under nothing else."""
    active = {one.rule_version for one in steps(tx, programme.id) if one.step == ACTIVATED}
    return [one for one in versions(tx, programme) if one.version in active]


def value_of(tx: Transaction, programme: Programme) -> tuple[Mapping[str, Any], int]:
    """The newest version's value, and its number."""
    number = policy.latest_version(tx, programme.policy)
    return policy.version(tx, programme.policy, number), number


def state_of(taken: Sequence[Step], version: int) -> str:
    """Where a version stands by its programme's steps: `draft`, `asked`, `active` or `ended`."""
    if any(one.step == ENDED for one in taken):
        return ENDED
    own = {one.step for one in taken if one.rule_version == version}
    return ACTIVE if ACTIVATED in own else ASKED if ASKED in own else DRAFT


def counts(tx: Transaction, programme_id: int) -> dict[str, int]:
    """How many invites of a programme stand in each state."""
    rows = tx.rows(
        """
        SELECT state, count(*) AS number FROM invite_standing WHERE programme_id = :programme GROUP BY 1 ORDER BY 1
        """,
        {"programme": programme_id},
    )
    return {row["state"]: row["number"] for row in rows}


def referrers(tx: Transaction, programme_id: int) -> int:
    """How many people take part in a programme: they hold a code of it, or invited somebody."""
    return int(
        tx.value(
            """
            SELECT count(*)
              FROM (SELECT r.root_id FROM code AS c JOIN member_root AS r ON r.id = c.member_id
                     WHERE c.programme_id = :id
                     UNION
                    SELECT referrer_id FROM invite_edge WHERE programme_id = :id) AS taking_part
            """,
            {"id": programme_id},
        )
    )


def members_who_could_refer(tx: Transaction) -> int:
    """How many people are known by a phone number: each could be given a code."""
    return int(
        tx.value(
            """
            SELECT count(DISTINCT member_id)
              FROM alias
             WHERE kind = 'phone' AND group_id = 0 AND seen_until IS NULL
            """
        )
    )


def spent_by_buyer(tx: Transaction, currency: str, *, now: int) -> list[int]:
    """What each buyer spent in a currency up to `now`, net of refunds known then, in minor units."""
    rows = tx.rows(
        """
        SELECT sum(o.total_minor
                   - (SELECT coalesce(sum(f.amount_minor), 0) FROM visible_refund AS f
                       WHERE f.order_id = o.id AND f.refunded_at <= :now)) AS spent
          FROM visible_order AS o
         WHERE o.currency = :currency AND o.ordered_at <= :now
         GROUP BY o.member_id
         LIMIT :limit
        """,
        {"currency": currency, "now": now, "limit": BUYERS_MAX},
    )
    return [int(row["spent"]) for row in rows]
