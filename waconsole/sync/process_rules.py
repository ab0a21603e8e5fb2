"""The rules that live messages meet, read from policy and kept ready while they are in force."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from waconsole.database.connection import Transaction
from waconsole.inbox.rules import rule_from_table
from waconsole.inbox.service_live import Drawing
from waconsole.inbox.triage import Triage
from waconsole.policy import store as policy
from waconsole.sync.intake_words import OptOut


@dataclass(frozen=True, slots=True)
class Rules:
    """What draws work items, and the words that end or resume marketing."""

    drawing: Drawing
    opt_out: OptOut


@dataclass(slots=True)
class _Ready:
    """The rules read last, and the policy rows they were read from."""

    of: tuple[int, int] | None = None
    rules: Rules | None = None


_ready = _Ready()


def rules_in_force(tx: Transaction, *, now: int) -> Rules:
    """The rules at `now`; read anew only when a policy row was added or came into force."""
    row = tx.one(
        "SELECT count(*) AS versions, coalesce(max(set_at), 0) AS latest FROM policy_version WHERE valid_from <= :now",
        {"now": now},
    )
    assert row is not None
    if _ready.rules is None or _ready.of != tuple(row):
        triage = [value for _, value, _ in policy.all_in_force(tx, "triage.", now=now)]
        opt_out = [
            (name, value, version) for name, value, version in policy.all_in_force(tx, "opt_out.", now=now)
        ]
        hours = policy.in_force(tx, "inbox.answer_target", now=now)[0]["hours"]
        _ready.rules = Rules(
            Drawing(_triage(json.dumps(triage, sort_keys=True)), hours), OptOut.of_policies(opt_out)
        )
        _ready.of = (row["versions"], row["latest"])
    return _ready.rules


@lru_cache(maxsize=4)
def _triage(tables: str) -> Triage:
    return Triage([rule_from_table(table) for table in json.loads(tables)])
