"""`policy replay`: what another value would have changed in a period that is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.errors import UsageError
from waconsole.money import Money
from waconsole.policy.commands import instant
from waconsole.policy.model import plain
from waconsole.policy.service_reading import about, said
from waconsole.policy.service_replaying import Changed, Proposed, Replayed, Replayer, replay
from waconsole.policy.service_setting import Checks

SHOWN_MAX: Final = 100  # lines for a person; JSON has them all


def commands(replayers: Callable[[], Mapping[str, Replayer]], checks: Callable[[], Checks]) -> list[Command]:
    """The command; `replayers` gives how rooms decide again, `checks` what they say of a value."""

    async def work(database: Database, call: Invocation) -> Answer:
        begins, ends = instant(call.values["from"], "--from"), instant(call.values["to"], "--to")
        if begins is None or ends is None:
            raise UsageError("Name the period: --from and --to.")
        proposed, found = await database.stream(
            lambda tx: replay(
                tx, call.values["name"], call.values["value"], replayers(), checks(), begins=begins, ends=ends
            )
        )
        return _answer(proposed, found, begins, ends)

    return [
        Command(("policy", "replay"), "What another value would have changed in a past period; nothing is touched.", work, (
            Argument("name", "the policy's name"),
            Argument("value", "the value to try, as `policy set` takes it", many=True),
            Argument("--from", "where the period begins", required=True, metavar="ISO"),
            Argument("--to", "where it ends; this instant is not in it", required=True, metavar="ISO"),
        ), writes=False),
    ]  # fmt: skip


def _answer(proposed: Proposed, found: Replayed, begins: int, ends: int) -> Answer:
    shown = plain(proposed.value)
    totals = _totals(found)
    document: dict[str, Any] = {
        "name": proposed.name,
        "value": shown,
        **about(proposed.value),
        "from": iso(begins),
        "to": iso(ends),
        "seen": found.seen,
        "money": [_money(one) for one in found.money],
        "totals": totals,
        "members": [_row(one, "member") for one in found.members],
        "groups": [_row(one, "group") for one in found.groups],
    }
    lines = [
        f"{proposed.name} {said(shown, about(proposed.value))}: {found.seen:,} decisions of the period taken again."
    ]
    lines += [
        f"{one['currency']}: {Money(one['before_minor'], one['currency'])} →"
        f" {Money(one['after_minor'], one['currency'])}"
        for one in totals
    ]
    changes = [*found.money, *found.members, *found.groups]
    lines += [f"{one.who}: {_words(one)}" for one in changes[:SHOWN_MAX]]
    if len(changes) > SHOWN_MAX:
        lines.append(f"… and {len(changes) - SHOWN_MAX:,} more: --json has them all.")
    if not changes:
        lines.append("Nothing would have been decided otherwise.")
    return Answer(document, tuple(lines))


def _words(one: Changed) -> str:
    if one.currency:
        return f"{Money(one.before_minor, one.currency)} → {Money(one.after_minor, one.currency)}"
    return f"{one.before or 'nothing'} → {one.after or 'nothing'}"


def _money(one: Changed) -> dict[str, Any]:
    return {
        "line": one.who,
        "currency": one.currency,
        "before_minor": one.before_minor,
        "after_minor": one.after_minor,
        "difference_minor": one.after_minor - one.before_minor,
        "before": one.before,
        "after": one.after,
    }


def _row(one: Changed, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {kind: one.who, "before": one.before, "after": one.after}
    if one.currency:
        found |= {"currency": one.currency, "before_minor": one.before_minor, "after_minor": one.after_minor}
    return found


def _totals(found: Replayed) -> list[dict[str, Any]]:
    """What the money that changes sums up to, by currency."""
    sums: dict[str, list[int]] = {}
    for one in found.money:
        pair = sums.setdefault(one.currency, [0, 0])
        pair[0] += one.before_minor
        pair[1] += one.after_minor
    return [
        {
            "currency": currency,
            "before_minor": before,
            "after_minor": after,
            "difference_minor": after - before,
        }
        for currency, (before, after) in sorted(sums.items())
    ]
