"""Decide a past period again under a proposed policy, and tell what would change. Nothing is written.

A room that decides by a policy registers a `Replayer` for the policies' prefix (`catalogue.replayers()`). It decides the
period twice, once under what was in force and once under the proposed value, and tells the difference. It is called in
a read-only transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused, UsageError
from waconsole.policy import store, values
from waconsole.policy.service_setting import Checks


class Changed(NamedTuple):
    """One thing that would be decided otherwise: whom or what it is about, how it was and how it would be decided.

    `who` is a ref (a member's, a group's, a line's), never a name or a number; amounts are whole minor units.
    """

    who: str
    before: str
    after: str
    currency: str = ""
    before_minor: int = 0
    after_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What would change in a period: money, members and groups, each in a steady order; `seen` is how much was decided again."""

    seen: int
    money: tuple[Changed, ...] = ()
    members: tuple[Changed, ...] = ()
    groups: tuple[Changed, ...] = ()


class Proposed(NamedTuple):
    """The policy that is tried: its name and the value it would have, as a version holds it."""

    name: str
    value: Mapping[str, Any]


# (read-only transaction, the policy as proposed, from, to): instants in microseconds UTC, `to` not included.
Replayer = Callable[[Transaction, Proposed, int, int], Replayed]


def replay(
    tx: Transaction,
    name: str,
    words: Sequence[str],
    replayers: Mapping[str, Replayer],
    checks: Checks,
    *,
    begins: int,
    ends: int,
) -> tuple[Proposed, Replayed]:
    """What `words` for policy `name` would have changed from `begins` until `ends`.

    Raises Refused where no room decides by this policy yet, NotFound for a policy that is none.
    """
    if ends <= begins:
        raise UsageError("A period ends after it begins: --from, then --to.")
    rows = store.versions(tx, name)
    if not rows:
        raise NotFound(f"There is no policy called {name}: `waconsole policy list` names them.")
    fitting = [prefix for prefix in replayers if name.startswith(prefix)]
    if not fitting:
        known = ", ".join(f"{it}…" if it.endswith(".") else it for it in sorted(replayers))
        raise Refused(
            f"Nothing that was decided can be decided again by {name}: a replay knows {known} only."
        )
    base = store.in_force(tx, name, now=max(ends, min(row.valid_from for row in rows)))[0]
    value = values.read(name, base, words)
    for prefix, check in checks.items():
        if name.startswith(prefix):
            check(value)
    proposed = Proposed(name, value)
    return proposed, replayers[max(fitting, key=len)](tx, proposed, begins, ends)
