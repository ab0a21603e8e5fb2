"""What the rules of suspicion say now, and what the programmes ask of an order. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from waconsole import money
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.fraud.model import Rule
from waconsole.fraud.rules import MINIMUM, Minimums, Rules
from waconsole.money import Money
from waconsole.policy import store as policy

PROGRAMME: Final = "invites.programme."
PROGRAMMES_MAX: Final = 100_000


def rules(tx: Transaction, *, now: int) -> Rules:
    """The rules in force at `now`."""
    found = policy.all_in_force(tx, "fraud.", now=now)
    return Rules({name: Rule(name, version, value) for name, value, version in found})


def minimums(tx: Transaction, *, now: int) -> Minimums:
    """What every programme asked of an order, in all its versions up to `now`."""
    rows = tx.rows("SELECT id, name FROM known_programme ORDER BY id LIMIT :limit", {"limit": PROGRAMMES_MAX})
    names: dict[str, int] = {PROGRAMME + row["name"]: row["id"] for row in rows}
    found: dict[int, list[tuple[int, Money | None]]] = {}
    for one in policy.versions_beginning(tx, PROGRAMME):
        programme = names.get(one.name)
        if programme is not None and one.valid_from <= now:
            found.setdefault(programme, []).append(
                (one.valid_from // SECOND, _minimum(json.loads(one.value)))
            )
    for versions in found.values():
        versions.sort(key=lambda version: version[0])
    value, _ = policy.in_force(tx, MINIMUM, now=now)
    return Minimums(found, money.parse(value["value"]))


def _minimum(value: Mapping[str, object]) -> Money | None:
    text = value.get("minimum")
    if not isinstance(text, str):
        return None
    try:
        return money.parse(text)
    except Refused:
        return None
