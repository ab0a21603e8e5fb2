"""The report on channels: what each way of coming in brought and cost, in one window."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from waconsole.clock import DAY, iso
from waconsole.database.connection import Transaction
from waconsole.invites import channels
from waconsole.invites import store_channels as store
from waconsole.invites import store_programmes as programmes
from waconsole.invites.channels import Channel, Part
from waconsole.members.model import folded
from waconsole.money import Money
from waconsole.policy import bounds as policies
from waconsole.policy import store as policy

LOW, HIGH = "groups.join_cost_low", "groups.join_cost_high"
LEAST: Final = "groups.entry_channels_min"
RATE_LOW, RATE_HIGH = "groups.join_rate_low", "groups.join_rate_high"
CONVERSION: Final = "groups.join_conversion_low"
POLICIES: Final = (LOW, HIGH, LEAST, RATE_LOW, RATE_HIGH, CONVERSION)
LEAVERS: Final = "invitations.leaver_days"


def report(tx: Transaction, *, programme: str | None, since: int | None, now: int) -> dict[str, Any]:
    """`{count, rows, window, programme, advice, policies}` of what was asked from `since` (else ever) to `now`.

    Joins are people; each counts for the earliest attempt of those they came after. A row of a costs file counts for the
    channel its kind names, unless one programme is asked for. Raises NotFound for a programme nobody knows.
    """
    programme_id = None
    if programme is not None:
        programme_id = programmes.programme_named(tx, programme).id
    found, begin = {}, since or 0
    days, leaver_version = policy.in_force(tx, LEAVERS, now=now)
    within = round(Fraction(str(days["value"])) * DAY)
    for row in store.attempts(tx, since=begin, now=now, programme_id=programme_id):
        found[row["channel"]] = Channel(row["channel"], row["attempts"], row["people"])
    for row in store.joins(tx, since=begin, now=now, programme_id=programme_id):
        one = found[row["channel"]]
        one.joins, one.orders, one.buyers = row["joins"], row["orders"], row["buyers"]
    for row in store.leavers(tx, since=begin, now=now, programme_id=programme_id, within=within):
        found[row["channel"]].leavers = Part(row["left"], row["stays"])
    _add_costs(tx, found, since=begin, now=now, programme_id=programme_id)
    rows = sorted(found.values(), key=lambda one: (-one.joins, one.name))
    values = {name: policy.in_force(tx, name, now=now) for name in POLICIES}
    target = {"low": policies.amount(values[LOW][0]), "high": policies.amount(values[HIGH][0])}
    band = values[RATE_LOW][0], values[RATE_HIGH][0]
    said = [channels.too_few(rows, int(values[LEAST][0]["value"]))]
    for one in rows:
        said += channels.advice(one, target["low"], target["high"], values[CONVERSION][0])
    return {
        "count": len(rows),
        "rows": [channels.document(one, target, channels.rate_verdict(one, *band)) for one in rows],
        "window": {"since": None if since is None else iso(since), "until": iso(now)},
        "programme": programme,
        "advice": [sentence for sentence in said if sentence],
        "policies": {**{name: version for name, (_, version) in values.items()}, LEAVERS: leaver_version},
    }


def _add_costs(
    tx: Transaction, found: dict[str, Channel], *, since: int, now: int, programme_id: int | None
) -> None:
    for row in store.given(tx, since=since, now=now, programme_id=programme_id):
        what = channels.COUPONS if row["is_coupon"] else channels.REWARDS
        found[row["channel"]].costs.append((what, Money(row["minor"], row["currency"])))
    if programme_id is not None:
        return
    for row in store.messages(tx, since=since, now=now):
        one = found[row["channel"]]
        one.unpriced += row["unpriced"]
        if row["currency"]:
            one.costs.append((channels.MESSAGES, Money(row["minor"], row["currency"])))
    by_folded: dict[str, Channel] = {}
    for one in found.values():
        if one.name:
            by_folded.setdefault(folded(one.name), one)
    for row in store.costs(tx, since=since, now=now):
        if (known := by_folded.get(folded(row["kind"]))) is not None:
            known.costs.append((channels.COSTS, Money(row["minor"], row["currency"])))
