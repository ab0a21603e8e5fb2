"""Set a policy: one more version, sealed, with who set it, why and from when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import store
from waconsole.policy.model import ROOM, Version, version_of
from waconsole.policy.service_sealing import seal_standing, sealed, write

__all__ = ["seal_standing", "sealed", "set_version", "write"]


def set_version(
    tx: Transaction,
    name: str,
    value: Mapping[str, Any],
    *,
    says: str,
    reason: str,
    valid_from: int,
    set_by: Operator,
    now: int,
) -> int:
    """Write the next version of policy `name` and seal it; answers its number. One person's act, in force from `valid_from`.

    `value` are its fields and the words about it; `version` and `says` are put in here. Whether `set_by` may do so is
    the caller's to ask (`authority.authorize`). Raises Refused without a reason, and where the database asks for a
    second operator.
    """
    if not reason.strip():
        raise Refused("A policy is set for a reason: write --reason WHY.")
    number = store.latest_version(tx, name) + 1
    row = version_of(
        store.next_id(tx),
        name,
        value,
        version=number,
        says=says,
        valid_from=valid_from,
        set_by=set_by.ref,
        set_at=now,
        reason=reason.strip(),
    )
    write(tx, [row])
    record(tx, set_by, "set policy", row, now=now)
    return number


def record(tx: Transaction, operator: Operator, verb: str, row: Version, *, now: int) -> None:
    """Write into the act log that a version was set."""
    after = {"name": row.name, "version": row.version, "valid_from": row.valid_from}
    operators.record(tx, operator, verb, [Act(ROOM, row.id, {}, after)], now=now)
