"""Who may decide what: one matrix, acts by roles. What is not in it nobody may. Pure.

The roles are those of the community's rules: an owner may do all that four eyes allow, a moderator decides and pays
within the limits, an ambassador approves and rejects the lines of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OWNER, MODERATOR, AMBASSADOR = "owner", "moderator", "ambassador"
ROLES: Final = (OWNER, MODERATOR, AMBASSADOR)

_EVERYBODY: Final = frozenset(ROLES)
_STAFF: Final = frozenset({OWNER, MODERATOR})
_OWNERS: Final = frozenset({OWNER})

ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "cashback.propose": _STAFF,
        "cashback.approve": _EVERYBODY,
        "cashback.reject": _EVERYBODY,
        "cashback.hold": _STAFF,
        "cashback.ask": _STAFF,
        "cashback.split": _STAFF,
        "cashback.batch": _STAFF,
        "cashback.export": _STAFF,
        "cashback.reconcile": _STAFF,
        "cashback.undo": _EVERYBODY,
        "schemes.add": _OWNERS,
        "ambassadors.add": _OWNERS,
        "programmes.add": _OWNERS,
        "programmes.activate": _OWNERS,
        "programmes.end": _OWNERS,
        "codes.revoke": _STAFF,
        "coupons.add": _STAFF,
        "coupons.withdraw": _STAFF,
        "invites.correct": _STAFF,
        "invites.issue": _STAFF,
        "proofs.decide": _STAFF,
        "groups.invite": _STAFF,
        "fraud.release": _STAFF,
        "fraud.void": _STAFF,
        "fraud.freeze": _STAFF,
        "fraud.unfreeze": _STAFF,
        "fraud.block": _STAFF,
        "fraud.ask": _STAFF,
        "fraud.escalate": _STAFF,
        "fraud.snooze": _STAFF,
        "fraud.appeal": _STAFF,
        "fraud.undo": _STAFF,
        "fraud.rules": _OWNERS,
        "segments.save": _STAFF,
        "segments.send": _STAFF,
        "operators.add": _OWNERS,
        "operators.limit": _OWNERS,
        "operators.link": _OWNERS,
        "operators.passphrase": _OWNERS,
        "operators.retire": _OWNERS,
        "policy.set": _OWNERS,
        "policy.confirm": _STAFF,
        "member.erase": _OWNERS,
        "ledger.adopt": _OWNERS,
        "ledger.rotate_key": _OWNERS,
    }
)

# Not one's own: no line whose payee the operator is.
NOT_ONES_OWN: Final = frozenset(
    {
        "cashback.approve",
        "cashback.reject",
        "cashback.split",
        "cashback.undo",
        "invites.issue",
        "fraud.release",
        "fraud.unfreeze",
        "fraud.void",
        "fraud.block",
        "fraud.undo",
    }
)
# Not what one proposed oneself, outside solo mode.
NOT_ONES_PROPOSAL: Final = frozenset(
    {"cashback.approve", "invites.issue", "policy.confirm", "programmes.activate", "fraud.release"}
)
# Up to the limit of the day.
LIMITED: Final = frozenset({"cashback.approve", "invites.issue"})
# Not on a copy of a ledger, until an owner adopts it.
ADOPTED_ONLY: Final = frozenset(
    {
        "cashback.approve",
        "invites.issue",
        "cashback.batch",
        "cashback.export",
        "fraud.release",
        "programmes.activate",
    }
)
