"""How often a group hears of us in a day: a target, a number that is warned of, and one beyond which posts are not sent.

A post is a message of ours in a group that quotes nothing. All of them are counted; what answers somebody, and what a
transaction brings, is never stopped (policies `send.group_posts_*`, from the article on groups).
"""

from __future__ import annotations

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from waconsole.clock import instant, moment
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.outbox import store_group_posts
from waconsole.policy import bounds
from waconsole.policy import store as policy

STOPPED: Final = frozenset({"marketing", "invitation", "points"})
TARGET, WARN, STOP = "send.group_posts_target", "send.group_posts_warn", "send.group_posts_stop"


class Posts(NamedTuple):
    """A group by name, and how many posts it has had today, this one among them."""

    group: str
    today: int


def posts(tx: Transaction, outgoing_id: int, *, now: int) -> Posts | None:
    """The posts of the day up to this one, by the shop's calendar; None where it is none."""
    zone = ZoneInfo(facts.fact(tx, facts.SHOP_ZONE) or "UTC")
    day = moment(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    row = store_group_posts.posts(tx, outgoing_id, since=instant(day))
    return None if row is None else Posts(row["name"], row["today"])


def is_enough(tx: Transaction, outgoing_id: int, purpose: str, *, now: int) -> bool:
    """Whether this would be one post more than a group takes in a day."""
    if purpose not in STOPPED:
        return False
    found = posts(tx, outgoing_id, now=now)
    return found is not None and bool(bounds.holds(policy.in_force(tx, STOP, now=now)[0], found.today))


def advice(tx: Transaction, outgoing_id: int, *, now: int) -> str:
    """A sentence when a group has had more posts today than is good; "" otherwise."""
    found = posts(tx, outgoing_id, now=now)
    if found is None or not bounds.holds(policy.in_force(tx, WARN, now=now)[0], found.today):
        return ""
    target = policy.in_force(tx, TARGET, now=now)[0]["value"]
    return f"This is post {found.today} of the day in {found.group}: {target} are enough ({TARGET}), more tire people."
