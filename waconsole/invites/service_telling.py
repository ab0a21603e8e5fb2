"""What both sides of an invite are told of a reward: their own name, what they get, and nothing of what anybody bought.

The texts are policy (`rewards.…`), `referral.notified` says who is told, `referral.message_language` in which language.
Who sends them is the caller's: the outbox and threads are further up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.invites import store_rewards
from waconsole.invites.model import EACH, INVITEE, REFERRER
from waconsole.invites.rewards import COUPON, Reward
from waconsole.invites.settling import RewardRow
from waconsole.invites.terms import terms_of
from waconsole.members import store as members
from waconsole.policy import store as policy
from waconsole.shop import store_coupons
from waconsole.text import safe

NOTIFIED, LANGUAGE, DAYS = "referral.notified", "referral.message_language", "rewards.told_days"
BOTH, NOBODY, BY_MEMBER = "both", "nobody", "member"
ENGLISH: Final = "en"
THANKS: Final = "thanks"
NAMELESS: Final = (" {name}様", " {name}님", " {name}")  # taken out with the name
UNTOLD_MAX: Final = 10_000  # found at once: finding looks at every reward earned lately


class Letter(NamedTuple):
    """A text to a person, and the policy it comes from."""

    member: str
    text: str
    rule: str
    rule_version: int


def untold(tx: Transaction, *, now: int) -> list[Row]:
    """Some rewards that were earned lately and nobody was told of; none where nobody is to be told."""
    if policy.in_force(tx, NOTIFIED, now=now)[0]["value"] == NOBODY:
        return []
    days = int(policy.in_force(tx, DAYS, now=now)[0]["value"])
    return store_rewards.untold(tx, now - days * DAY, limit=UNTOLD_MAX)


def is_told(tx: Transaction, reward_id: int) -> bool:
    """Whether somebody else told of that reward meanwhile."""
    return store_rewards.is_told(tx, reward_id)


def letters(tx: Transaction, ref: str, *, now: int) -> list[Letter]:
    """What is written about a reward, to whom."""
    row = store_rewards.reward_by_ref(tx, ref)
    assert row is not None
    notified = policy.in_force(tx, NOTIFIED, now=now)[0]["value"]
    if row.side == INVITEE:
        return [_letter(tx, row, INVITEE, row.member_id, now=now)] if notified == BOTH else []
    found = [_letter(tx, row, REFERRER, row.member_id, now=now)]
    if notified == BOTH and row.slot == EACH and not _gives_both(tx, row):
        friend = store_rewards.sides_of(tx, row.invite_id)[INVITEE][0]
        found.append(_letter(tx, row, THANKS, friend, now=now))
    return found


def _gives_both(tx: Transaction, row: RewardRow) -> bool:
    return any(one.side == INVITEE for one in store_rewards.rewards_of(tx, row.invite_id))


def _letter(tx: Transaction, row: RewardRow, kind: str, member_id: int, *, now: int) -> Letter:
    member = members.member_by_id(tx, members.root_of(tx, member_id))
    by_member = policy.in_force(tx, LANGUAGE, now=now)[0]["value"] == BY_MEMBER
    spoken = (member.language if by_member else "").replace("_", "-").casefold().partition("-")[0] or ENGLISH
    known = {name for name, _, _ in policy.all_in_force(tx, f"rewards.{kind}_", now=now)}
    name = f"rewards.{kind}_{spoken}"
    if name not in known:
        name = f"rewards.{kind}_{ENGLISH}"
    value, version = policy.in_force(tx, name, now=now)
    said = {"name": member.name or "", "reward": told(tx, row), "programme": programme_name(row)}
    return Letter(member.ref, filled(str(value["value"]), said), name, version)


def programme_name(row: RewardRow) -> str:
    """The programme's name, as its policy bears it."""
    return row.rule.rpartition("programme.")[2]


def filled(text: str, said: Mapping[str, str]) -> str:
    """A text with its variables filled in; a name that nobody knows leaves no gap."""
    if not said["name"]:
        for gap in NAMELESS:
            text = text.replace(gap, "")
    for key, word in said.items():
        text = text.replace(f"{{{key}}}", safe(word))
    return text


def told(tx: Transaction, row: RewardRow) -> str:
    """A reward as a member reads it; a coupon with its code and until when."""
    reward = reward_of(tx, row)
    said = reward.told()
    if row.kind == COUPON and row.coupon_id is not None:
        coupon = store_coupons.coupon_by_id(tx, row.coupon_id)
        said = f"{said} ({coupon.code})"
    return said


def reward_of(tx: Transaction, row: RewardRow) -> Reward:
    """A reward in the words of its terms, with the amount it was given in."""
    terms = terms_of(policy.version(tx, row.rule, row.rule_version))
    slot = INVITEE if row.side == INVITEE else row.slot
    found = dict(terms.slots).get(slot) or Reward(kind=row.kind)
    return Reward(
        kind=row.kind, amount_minor=row.amount_minor, currency=row.currency, cost=found.cost, pool=found.pool,
        off=found.off, what=found.what,
    )  # fmt: skip


def mark_told(tx: Transaction, reward_id: int, reason: str, *, now: int) -> None:
    """Write down that a reward was told of, or why it could not be."""
    store_rewards.add_reward_step(tx, reward_id, "told", reason=reason, effective_at=now, now=now)


__all__ = ("Letter", "filled", "is_told", "letters", "mark_told", "reward_of", "told", "untold")
