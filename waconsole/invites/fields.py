"""What may be asked of members about invites: how many they made, and whether one names them. SQL over `p`, a member."""

from __future__ import annotations

from typing import Final

from waconsole.query.fields import Asked, Field, Relation, Scope, State, Subject


def _referrals(asked: Asked, scope: Scope) -> str:
    return (
        "SELECT e.referrer_id AS id, count(*) AS value FROM invite_edge AS e"
        f" WHERE {scope.within('e.invited_at', asked.window)} GROUP BY e.referrer_id"
    )


def _referred(scope: Scope) -> str:
    return (
        f"p.id IN (SELECT e.invitee_id FROM invite_edge AS e WHERE e.invited_at <= {scope.bind(scope.now)})"
    )


SUBJECTS: Final[tuple[Subject, ...]] = ()
FIELDS: Final = (
    Field("member", "referrals", "how many invites they made, whatever became of them", "number", "referrals(30d)>=3",
          relation=Relation(_referrals), has_window=True),
    Field("member", "is", "a state", "state", "is:referred", states={
        "referred": State("an invite names them as who was invited", _referred),
    }),
)  # fmt: skip
