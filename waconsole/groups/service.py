"""What operators decide about groups, and what can be done with each."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import store
from waconsole.groups.store import Group
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.whatsapp.capability import capability

DESCRIBED: Final = ("purpose", "kpi", "language", "timezone")
WORDS_CHARACTERS_MAX: Final = 400


def can(group: Group) -> dict[str, bool]:
    """What the group's driver can do there: read, post, delete, remove."""
    return capability(group.driver).as_dict()


async def describe(
    database: Database, name: str, words: Mapping[str, str], *, operator: str | None, now: int
) -> Group:
    """Set a group's purpose, KPI, language or zone; empty words change nothing. Raises Refused, NotFound."""
    if too_long := [key for key, word in words.items() if len(word) > WORDS_CHARACTERS_MAX]:
        raise Refused(f"The {too_long[0]} is longer than {WORDS_CHARACTERS_MAX} characters: shorten it.")
    if words.get("timezone"):
        try:
            zoneinfo.ZoneInfo(words["timezone"])
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused(
                f"There is no time zone {words['timezone']}: write one like Europe/Paris."
            ) from None

    def work(tx: Transaction) -> Group:
        acting = operators.acting(tx, operator, now=now)
        group = store.group_named(tx, name)
        before = {key: getattr(group, key) for key in DESCRIBED}
        store.describe(tx, group.id, **{key: words.get(key, "") for key in DESCRIBED})
        described = store.group_named(tx, group.ref)
        after = {key: getattr(described, key) for key in DESCRIBED}
        if after != before:
            operators.record(tx, acting, "describe", [Act("group", group.id, before, after)], now=now)
        return described

    return await database.write(work)


def restore_group(
    tx: Transaction, group_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a group's description; False when it has changed since."""
    group = store.group_by_id(tx, group_id)
    if {key: getattr(group, key) for key in DESCRIBED} != expected:
        return False
    store.set_description(tx, group_id, {key: str(values[key]) for key in DESCRIBED})
    return True


RESTORES: Final[dict[str, operators.Restore]] = {"group": restore_group}
