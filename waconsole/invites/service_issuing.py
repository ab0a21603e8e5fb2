"""Let what invites earn go out by hand, where policy `referral.reward_issue` says so: a word, which settling follows.

Four eyes as for any money: nobody for themselves, nor for an invite they wrote by hand outside solo mode; up to the limit
of the day; not on a copy of a ledger. It can be undone until something was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import store_issuing
from waconsole.invites.model import HELD
from waconsole.invites.store_issuing import Waiting
from waconsole.invites.verdict import BY_HAND
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.authority import Matter
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy

ACT: Final = "invites.issue"
OBJECT: Final = "invite_issue"
POLICY: Final = "referral.reward_issue"
INVITES_AT_ONCE_MAX: Final = 10_000


class Refusal(NamedTuple):
    """An invite whose rewards stay, why, and the rule that says so."""

    invite: str
    reason: str
    rule: str = ""


@dataclass(slots=True)
class Issued:
    """What came of it: the invites whose rewards go out, and those that were refused."""

    done: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def is_by_hand(tx: Transaction, *, now: int) -> bool:
    """Whether what is due waits for a person."""
    return bool(policy.in_force(tx, POLICY, now=now)[0]["value"] == "by_hand")


def issue(tx: Transaction, actor: Operator, refs: Sequence[str], *, now: int) -> Issued:
    """Let the rewards of invites go out, each by itself; all of it is one stroke. Raises Refused for what concerns them all."""
    authority.authorize(tx, actor, ACT, now=now)
    if len(refs) > INVITES_AT_ONCE_MAX:
        raise Refused(f"At most {INVITES_AT_ONCE_MAX:,} invites are decided on at once.")
    found, acts = Issued(), list[Act]()
    for ref in dict.fromkeys(refs):
        try:
            acts.append(_issue(tx, actor, ref, now=now))
        except Refused as refused:
            found.refused.append(Refusal(ref, str(refused), getattr(refused, "rule", "")))
        else:
            found.done.append(ref)
    if acts:
        operators.record(tx, actor, "issue reward", acts, now=now)
    return found


def _issue(tx: Transaction, actor: Operator, ref: str, *, now: int) -> Act:
    one = store_issuing.waiting(tx, ref)
    if one is None:
        raise Refused("There is no such invite: `waconsole invites list` names them.")
    if (one.state, one.reason) != (HELD, BY_HAND):
        why = f" ({one.reason})" if one.reason else ""
        raise Refused(f"It waits for nobody's word: it is {one.state}{why}.")
    if (before := store_issuing.issued_by(tx, one.id)) is not None:
        raise Refused(f"{before[0]} let it go out already: the next `invites settle` gives it.")
    amounts = store_issuing.amounts(tx, one.id)
    solo = one.written_by == actor.id and authority.solo(tx, now=now) is not None
    _check(tx, actor, one, amounts, solo=solo, now=now)
    issue_id = store_issuing.add(tx, one.id, amounts, solo=solo, operator_id=actor.id, now=now)
    return Act(OBJECT, issue_id, {"withdrawn": 1, "invite": ref}, {"withdrawn": 0, "invite": ref})


def _check(
    tx: Transaction, actor: Operator, one: Waiting, amounts: dict[str, int], *, solo: bool, now: int
) -> None:
    for payee in (one.referrer_id, one.invitee_id):
        matter = Matter(payee_id=payee, proposed_by=one.written_by, recorded_solo=solo)
        authority.authorize(tx, actor, ACT, matter, now=now)
    for currency, minor in amounts.items():
        spent = store_issuing.issued_today(tx, actor.id, currency, at=now)
        matter = Matter(amount=Money(minor, currency), spent_today_minor=spent)
        authority.authorize(tx, actor, ACT, matter, now=now)


def restore(tx: Transaction, issue_id: int, values: dict[str, object], expected: dict[str, object]) -> bool:
    """Undo for such a word; False once something was given."""
    if store_issuing.is_withdrawn(tx, issue_id) is not bool(expected["withdrawn"]):
        return False
    store_issuing.set_withdrawn(tx, issue_id, bool(values["withdrawn"]))
    return True


RESTORES: Final[dict[str, operators.Restore]] = {OBJECT: restore}
