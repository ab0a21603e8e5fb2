"""Policy's nouns: a version, a proposal, and what of them is sealed. Pure: no clock, no SQL, no screen.

A value is a table (JSON object). Its fields are what decisions read; beside them stand words about the value (`META`):
its unit and comparator, the least sample it needs, where it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from waconsole.chain.seal import body_hash

ROOM: Final = "policy"
VERSION, PROPOSAL, DECISION = "version", "proposal", "decision"
CONFIRM, WITHDRAW = "confirm", "withdraw"
BY_PRESET: Final = "preset"
SOLO: Final = "operators.solo"
SCHEMES: Final = "cashback.scheme."
PROGRAMMES: Final = "invites.programme."
SEND: Final = "send."
HOUR_SECONDS: Final = 3_600
REASON_CHARACTERS_MAX: Final = 1_000

# Words about a value that no decision reads; everything else in it is a field.
META: Final = frozenset(
    {
        *("version", "says", "unit", "comparator", "sample_min", "source", "date", "reason", "second"),
        *("least", "most", "choices", "articles", "uncertain", "copied_from"),
    }
)


class Version(NamedTuple):
    """One version of a policy, as its row holds it; instants in microseconds UTC. `value` is JSON."""

    id: int
    name: str
    version: int
    value: str
    says: str
    valid_from: int
    set_by: str
    set_at: int
    reason: str
    proposal_id: int | None
    confirmed_by: str | None
    solo: int
    second: int
    solo_seconds: int | None


class Proposal(NamedTuple):
    """What one operator wants to set and another has to confirm; `valid_from` None: from its confirmation."""

    id: int
    name: str
    version: int
    value: str
    says: str
    reason: str
    valid_from: int | None
    proposed_by: str
    proposed_at: int


class Decision(NamedTuple):
    """What was decided on a proposal: `confirm` or `withdraw`."""

    id: int
    proposal_id: int
    verb: str
    decided_by: str
    decided_at: int
    reason: str


def version_of(
    row_id: int,
    name: str,
    value: Mapping[str, Any],
    *,
    version: int,
    says: str,
    valid_from: int,
    set_by: str,
    set_at: int,
    reason: str,
    proposal_id: int | None = None,
    confirmed_by: str | None = None,
    solo: bool = False,
) -> Version:
    """A version as its row will hold it; what the database itself asks is read from the value here."""
    is_solo = name == SOLO and value.get("on") is True
    return Version(
        id=row_id,
        name=name,
        version=version,
        value=text_of(value, version=version, says=says),
        says=says,
        valid_from=valid_from,
        set_by=set_by,
        set_at=set_at,
        reason=reason,
        proposal_id=proposal_id,
        confirmed_by=confirmed_by,
        solo=int(solo),
        second=int(bool(value.get("second"))),
        solo_seconds=int(value["cooling_off_hours"] * HOUR_SECONDS) if is_solo else None,
    )


def text_of(value: Mapping[str, Any], *, version: int, says: str) -> str:
    """A value as its row keeps it: JSON, with its version and its sentence."""
    return json.dumps({**value, "version": version, "says": says}, ensure_ascii=False, sort_keys=True)


def sealed_versions(rows: Sequence[Version]) -> bytes:
    """The hash of a run of versions: every column of every row, in order."""
    return body_hash([column for row in rows for column in row])


def sealed_one(row: Proposal | Decision) -> bytes:
    """The hash of a proposal or a decision: every column."""
    return body_hash(row)


def fields_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """What decisions read of a value: all of it but the words about it."""
    return {key: entry for key, entry in value.items() if key not in META}


def plain(value: Mapping[str, Any]) -> Any:
    """The value as one number or word where it is one, else its fields."""
    fields = fields_of(value)
    if len(fields) == 1:
        key, only = next(iter(fields.items()))
        if key == "value" or not isinstance(only, dict | list):
            return only
    return fields


def needs_second(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a second operator confirms a change: money, caps and solo mode.

    A preset says so (`second = true`); what a scheme pays is money whatever it says. `send.*` is one owner's act.
    """
    if name.startswith(SEND):
        return False
    return bool(value.get("second")) or name == SOLO or name.startswith(SCHEMES)
