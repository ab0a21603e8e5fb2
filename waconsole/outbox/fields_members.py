"""What may be asked of members about what was sent to them. SQL over `p`, a visible member.

A push is a direct message of the purpose marketing that left us or may have, or one that a file tells of.
"""

from __future__ import annotations

from typing import Final

from waconsole.query.fields import SQL, Asked, Field, Relation, Scope, Subject


def _pushes(asked: Asked, scope: Scope) -> str:
    return (
        "SELECT d.member_id AS id, count(*) AS value FROM direct_send AS d"
        f" WHERE d.is_marketing = 1 AND {scope.within('d.sent_at', asked.window)} GROUP BY d.member_id"
    )


def _since(which: str) -> SQL:
    def sql(_: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        return (
            f"SELECT d.member_id AS id, {now} - {which}(d.sent_at) AS value FROM direct_send AS d"
            f" WHERE d.is_marketing = 1 AND d.sent_at <= {now} GROUP BY d.member_id"
        )

    return sql


SUBJECTS: Final[tuple[Subject, ...]] = ()
FIELDS: Final = (
    Field("member", "pushes", "how many marketing messages were sent to them directly", "number", "pushes(7d)<3",
          relation=Relation(_pushes), has_window=True),
    Field("member", "first_push", "the time since the first of them; never is infinitely long ago", "span",
          "first_push<=30d", relation=Relation(_since("min"), absent="never"), is_never=True),
    Field("member", "last_push", "the time since the latest of them; never is infinitely long ago", "span",
          "last_push>36h", relation=Relation(_since("max"), absent="never"), is_never=True),
)  # fmt: skip
