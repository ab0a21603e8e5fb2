"""What operators decide about members by hand: tags, and who bears an equal name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.members import service_merge, store
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.text import stored

TAG_CHARACTERS_MAX: Final = 64
SUGGESTIONS_MAX: Final = 1000


def tag_name(said: str) -> str:
    """A tag as it is kept. Raises Refused for none, a long one, or one that would be two in a file."""
    name = stored(said.strip())
    if not name or len(name) > TAG_CHARACTERS_MAX or ";" in name:
        raise Refused(f"A tag has 1 to {TAG_CHARACTERS_MAX} characters and no semicolon.")
    return name


async def tag(
    database: Database,
    member_ids: Sequence[int],
    name: str,
    on: bool,
    *,
    operator: str | None,
    now: int,
    expires_at: int | None = None,
) -> int:
    """Put a tag on members (until `expires_at`) or take it off; answers how many changed.

    What a rule put on stays until the rule takes it off. Raises Refused for no or a long name, and for an end that has passed.
    """
    name = tag_name(name)
    if expires_at is not None and expires_at <= now:
        raise Refused("A tag ends at an instant to come: choose a later one.")

    def work(tx: Transaction) -> int:
        acting = operators.acting(tx, operator, now=now)
        acts: list[Act] = []
        for named in member_ids:
            member_id = store.member_by_id(tx, named).id
            rows = [list(row) for row in store.own_tags(tx, member_id, name)]
            if not on and any(not row[1] for row in rows):
                raise Refused(
                    f"A rule puts {name} on, and takes it off: `waconsole segments tag {name} --drop` ends the rule."
                )
            if on and store.add_tag(tx, member_id, name, now=now, expires_at=expires_at):
                rows = [[member_id, 1, now, expires_at, 0]]
            elif on or not store.remove_tag(tx, member_id, name, now=now):
                continue
            known = {"name": name, "rows": rows}
            acts.append(Act("tag", member_id, {**known, "on": int(not on)}, {**known, "on": int(on)}))
        if acts:
            operators.record(tx, acting, "tag" if on else "untag", acts, now=now)
        return len(acts)

    return await database.write(work)


def restore_tag(
    tx: Transaction, member_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for tags; False when the tag has been changed since."""
    name, root = str(values["name"]), store.root_of(tx, member_id)
    if (name in store.tags(tx, root)) != bool(expected["on"]):
        return False
    rows = values.get("rows") or [[member_id, 1, int(str(values["tagged_at"]))]]
    assert isinstance(rows, list)
    if not values["on"]:
        return store.remove_own(tx, name, rows)
    store.put_back(tx, name, rows)
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"tag": restore_tag, **service_merge.RESTORES}


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
