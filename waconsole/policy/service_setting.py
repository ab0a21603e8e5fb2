"""Set and copy: who may, and whether a second operator has to agree.

Only an owner sets. What concerns money, caps or solo mode becomes a proposal, and is a version once another operator
has confirmed it, or its own proposer in solo mode after the cooling-off. `send.*` is one owner's act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import authority
from waconsole.operators import store as operator_rows
from waconsole.operators.store import Operator
from waconsole.policy import library, service, store, values
from waconsole.policy.bounds import bound
from waconsole.policy.model import HOUR_SECONDS, META, REASON_CHARACTERS_MAX, SEND, SOLO, needs_second
from waconsole.policy.service_proposals import Outcome, propose

NO_REASON: Final = "No reason was given."  # who set it and when stands beside it
# What a room says of a value that is to be set for one of its policies; it raises Refused. By the policies' prefix.
Checks = Mapping[str, Callable[[Mapping[str, Any]], object]]


def set_value(
    tx: Transaction,
    actor: Operator,
    name: str,
    words: Sequence[str],
    checks: Checks,
    *,
    reason: str | None,
    valid_from: int | None,
    now: int,
) -> Outcome:
    """Set policy `name` to what `words` say, from `valid_from` (None: at once). Raises Refused, NotFound.

    What one owner sets alone needs no `reason`: None says that none was given. What another has to agree with needs one.
    """
    authority.authorize(tx, actor, "policy.set", now=now)
    base = _base(tx, name, at=max(valid_from or now, now))
    value = values.read(name, base, words)
    _check(tx, name, value, checks, now=now)
    return _put(tx, actor, name, base, value, reason=reason, valid_from=valid_from, now=now)


def copy(
    tx: Transaction,
    actor: Operator,
    preset: str,
    name: str,
    checks: Checks,
    *,
    reason: str,
    valid_from: int | None,
    now: int,
) -> Outcome:
    """Copy a preset of the library into policy `name`, which may be new. Raises Refused, NotFound."""
    authority.authorize(tx, actor, "policy.set", now=now)
    shelf = dict(library.shelf()) | {f"preset.{key}": one for key, one in library.bundled()}
    found = shelf.get(preset)
    if found is None:
        raise NotFound(f"There is no preset called {preset}: `waconsole policy presets` lists them.")
    known = store.latest_version(tx, name)
    base = _base(tx, name, at=max(valid_from or now, now)) if known else found
    value = {**found, "copied_from": preset}
    value.pop("version", None)
    if known and set(_fields(base)) != set(_fields(value)):
        raise Refused(
            f"{name} holds {_said(base)}, and {preset} holds {_said(value)}: copy it under another name."
        )
    if base.get("second"):
        value["second"] = True
    _check(tx, name, value, checks, now=now)
    return _put(tx, actor, name, base, value, reason=reason, valid_from=valid_from, now=now)


def _fields(value: Mapping[str, Any]) -> list[str]:
    return [key for key in value if key not in META]


def _said(value: Mapping[str, Any]) -> str:
    return ", ".join(_fields(value)[:4])


def _base(tx: Transaction, name: str, *, at: int) -> dict[str, Any]:
    """The value to change: the one in force at `at`, or the first there is."""
    rows = store.versions(tx, name)
    if not rows:
        raise NotFound(f"There is no policy called {name}: `waconsole policy list` names them.")
    at = max(at, min(row.valid_from for row in rows))
    found: dict[str, Any] = store.in_force(tx, name, now=at)[0]
    return found


def _check(tx: Transaction, name: str, value: Mapping[str, Any], checks: Checks, *, now: int) -> None:
    """What must hold between this policy and others, or in the room that uses it."""
    if name == SOLO:
        authority.check_solo(tx, value, now=now)
    for prefix, check in checks.items():
        if name.startswith(prefix):
            check(value)
    for mine, other, is_low in (("_low", "_high", True), ("_high", "_low", False)):
        if not name.endswith(mine) or "value" not in value:
            continue
        sibling = name.removesuffix(mine) + other
        if not store.latest_version(tx, sibling):
            continue
        theirs = store.in_force(tx, sibling, now=now)[0]
        if theirs.get("unit") != value.get("unit") or value.get("unit") == "money":
            continue
        low, high = (value, theirs) if is_low else (theirs, value)
        if bound(low) > bound(high):  # type: ignore[operator] # neither is an amount
            raise Refused(
                f"{name} would lie beyond {sibling}, which is {theirs['value']}: set that one first."
            )


def _put(
    tx: Transaction,
    actor: Operator,
    name: str,
    base: Mapping[str, Any],
    value: dict[str, Any],
    *,
    reason: str | None,
    valid_from: int | None,
    now: int,
) -> Outcome:
    """One more version, or a proposal where a second operator has to agree."""
    is_money = not name.startswith(SEND) and (needs_second(name, base) or needs_second(name, value))
    reason = _reason(NO_REASON if reason is None and not is_money else reason or "")
    says = str(value.pop("says", base.get("says", "")))
    for word in ("version", "reason", "date"):  # of the version before; the row holds its own
        value.pop(word, None)
    if name == SOLO and not _others(tx, actor, now=now):
        return _set_solo(tx, actor, value, says, reason=reason, valid_from=valid_from, now=now)
    if is_money:
        outcome = propose(tx, actor, name, value, says, reason=reason, valid_from=valid_from, now=now)
        return replace(outcome, others=tuple(_others(tx, actor, now=now)))
    begins = now if valid_from is None else valid_from
    number = service.set_version(
        tx, name, value, says=says, reason=reason, valid_from=begins, set_by=actor, now=now
    )
    return Outcome(name, number, value, begins, is_proposal=False)


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("A policy is set for a reason: write --reason WHY.")
    if len(reason) > REASON_CHARACTERS_MAX:
        raise Refused(f"A reason has at most {REASON_CHARACTERS_MAX:,} characters.")
    return reason


def _others(tx: Transaction, actor: Operator, *, now: int) -> list[str]:
    """Who else could confirm."""
    found = []
    for one in operator_rows.operators(tx):
        if one.id == actor.id:
            continue
        try:
            authority.authorize(tx, one, "policy.confirm", now=now)
        except Refused:
            continue
        found.append(one.name)
    return found


def _set_solo(
    tx: Transaction,
    actor: Operator,
    value: dict[str, Any],
    says: str,
    *,
    reason: str,
    valid_from: int | None,
    now: int,
) -> Outcome:
    """Whoever is alone sets solo mode alone: it begins after its own cooling-off, and ends at once."""
    begins = now if valid_from is None else valid_from
    if value.get("on") is True:
        begins = max(begins, now + int(value["cooling_off_hours"] * HOUR_SECONDS) * SECOND)
    number = service.set_version(
        tx, SOLO, value, says=says, reason=reason, valid_from=begins, set_by=actor, now=now
    )
    return Outcome(SOLO, number, value, begins, is_proposal=False)
