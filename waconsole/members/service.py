"""What operators decide about members: tags by hand, and the merging that is only suggested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.members import store
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.text import stored

TAG_CHARACTERS_MAX: Final = 64
SUGGESTIONS_MAX: Final = 1000


async def tag(
    database: Database, member_ids: Sequence[int], name: str, on: bool, *, operator: str | None, now: int
) -> int:
    """Put a tag on members or take it off; answers how many changed. Raises Refused for no or a long name."""
    name = stored(name.strip())
    if not name or len(name) > TAG_CHARACTERS_MAX or ";" in name:
        raise Refused(f"A tag has 1 to {TAG_CHARACTERS_MAX} characters and no semicolon.")

    def work(tx: Transaction) -> int:
        acting = operators.acting(tx, operator, now=now)
        acts: list[Act] = []
        for member_id in member_ids:
            store.member_by_id(tx, member_id)
            tagged_at = now if on else store.tagged_at(tx, member_id, name)
            changed = (
                store.add_tag(tx, member_id, name, now=now) if on else store.remove_tag(tx, member_id, name)
            )
            if changed:
                known = {"name": name, "tagged_at": tagged_at}
                acts.append(Act("tag", member_id, {**known, "on": int(not on)}, {**known, "on": int(on)}))
        if acts:
            operators.record(tx, acting, "tag" if on else "untag", acts, now=now)
        return len(acts)

    return await database.write(work)


def restore_tag(
    tx: Transaction, member_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for tags; False when the tag has been changed since."""
    name = str(values["name"])
    if (name in store.tags(tx, member_id)) != bool(expected["on"]):
        return False
    if values["on"]:
        store.add_tag(tx, member_id, name, now=int(str(values["tagged_at"])))
    else:
        store.remove_tag(tx, member_id, name)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"tag": restore_tag}


def namesakes(tx: Transaction) -> list[Row]:
    """Members of equal names, as suggestions: (name, members, refs). They are never merged by themselves."""
    return tx.rows(
        """
        SELECT max(name) AS name, count(*) AS members, group_concat(ref, ' ') AS refs
          FROM visible_member
         WHERE folded <> ''
         GROUP BY folded
        HAVING count(*) > 1
         ORDER BY count(*) DESC, name
         LIMIT :limit
        """,
        {"limit": SUGGESTIONS_MAX},
    )
